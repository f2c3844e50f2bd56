import { modalDialog, openOnce } from "../dialog.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { errorPlace, whileBusy } from "../parts.js";
import { passwordForm } from "./password_form.js";

/**
 * Who one is logged in as, the password, and the end of every log-in.
 * @param {import("../context.js").Context} context
 */
export function openAccount(context) {
  const { api, t, profile, setProfile, announce } = context;
  if (!profile) return;
  const errors = errorPlace(t);
  const everywhere = h(
    "button",
    { type: "button", class: "button", testid: "logout-everywhere" },
    t("account.everywhere"),
  );
  const here = h("button", { type: "button", class: "button" }, icon("door"), t("page.logout"));
  /** @param {() => Promise<void>} end @param {string} words */
  const logOut = async (end, words) => {
    await end();
    dialog.close();
    setProfile(null);
    announce(words);
    if (location.pathname !== "/") location.assign("/");
  };
  const endAll = () => logOut(() => api.logoutEverywhere(), t("account.everywhere_done"));
  const endThis = () => logOut(() => api.logout(), "");
  everywhere.addEventListener("click", () => void whileBusy(everywhere, endAll, errors.show));
  here.addEventListener("click", () => void whileBusy(here, endThis, errors.show));
  const form = passwordForm(context, profile.email);
  const dialog = modalDialog(
    t,
    t("account.title"),
    h(
      "div",
      {},
      h("strong", {}, profile.full_name),
      h("p", { class: "hint" }, `${profile.email} · ${roleWords(t, profile.role)}`),
    ),
    h("h3", { class: "panel-title" }, t("account.password")),
    form,
    h("h3", { class: "panel-title" }, t("account.logins")),
    h("p", { class: "hint" }, t("account.everywhere_hint")),
    errors.element,
    h("div", { class: "dialog-actions" }, everywhere, here),
  );
  openOnce(dialog);
}

/** @param {import("../i18n.js").Translate} t @param {string} role */
function roleWords(t, role) {
  const known = /** @type {const} */ (["therapist", "patient", "admin"]);
  const found = known.find((one) => one === role);
  return found ? t(`role.${found}`) : role;
}
