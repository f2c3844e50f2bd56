import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { errorPlace, field, switchField, whileBusy } from "../parts.js";

const MIN_LENGTH = 8;
const MAX_LENGTH = 200;

/**
 * Change the password: the old one once, the new one once, both to be looked at.
 * @param {import("../context.js").Context} context
 * @param {string} email for the browser, which may keep the password
 * @returns {HTMLFormElement}
 */
export function passwordForm({ api, t }, email) {
  const user = h("input", {
    type: "email",
    autocomplete: "username",
    value: email,
    hidden: true,
    readOnly: true,
  });
  const current = h("input", {
    type: "password",
    testid: "current-password",
    autocomplete: "current-password",
    required: true,
  });
  const wanted = h("input", {
    type: "password",
    testid: "new-password",
    autocomplete: "new-password",
    required: true,
    minLength: MIN_LENGTH,
    maxLength: MAX_LENGTH,
  });
  const shown = h("input", {});
  shown.addEventListener("change", () => {
    for (const input of [current, wanted]) input.type = shown.checked ? "text" : "password";
  });
  const errors = errorPlace(t);
  const done = h("div", { role: "status" });
  const submit = h(
    "button",
    { type: "submit", class: "button button-primary", testid: "change-password" },
    t("account.change"),
  );
  const change = async () => {
    errors.clear();
    replace(done);
    await api.changePassword(current.value, wanted.value);
    form.reset();
    for (const input of [current, wanted]) input.type = "password";
    const words = h("p", {}, t("account.changed"));
    replace(done, h("div", { class: "notice notice-done" }, icon("check"), words));
  };
  const form = h(
    "form",
    {
      class: "stack",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void whileBusy(submit, change, errors.show);
        },
      },
    },
    user,
    field(t("account.current"), current),
    field(t("account.new"), wanted, t("account.new_hint", { min: MIN_LENGTH })),
    switchField(t("account.show"), shown),
    errors.element,
    done,
    h("div", {}, submit),
  );
  return form;
}
