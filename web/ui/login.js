import { h } from "./dom.js";
import { mark } from "./icons.js";
import { errorPlace, field, whileBusy } from "./parts.js";

/**
 * @param {import("./context.js").Context} context
 * @returns {import("./context.js").Screen}
 */
export function loginScreen({ api, t, setProfile }) {
  const email = h("input", {
    type: "email",
    name: "email",
    testid: "login-email",
    autocomplete: "username",
    required: true,
  });
  const password = h("input", {
    type: "password",
    name: "password",
    testid: "login-password",
    autocomplete: "current-password",
    required: true,
  });
  const errors = errorPlace(t);
  const submit = h(
    "button",
    { type: "submit", class: "button button-primary button-wide", testid: "login-submit" },
    t("login.submit"),
  );
  const logIn = async () => {
    errors.clear();
    setProfile(await api.login(email.value.trim(), password.value));
  };
  const form = h(
    "form",
    {
      class: "card login-card",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void whileBusy(submit, logIn, errors.show);
        },
      },
    },
    h("h2", { class: "title-3" }, t("login.title")),
    errors.element,
    field(t("login.email"), email),
    field(t("login.password"), password),
    submit,
    h("p", { class: "hint" }, t("login.guests")),
  );
  const promise = h(
    "div",
    { class: "login-promise" },
    mark(),
    h("h1", { class: "title-1", tabIndex: -1 }, t("login.headline")),
    h("p", { class: "lead" }, t("login.lead")),
  );
  return { element: h("main", { class: "page login" }, promise, form) };
}
