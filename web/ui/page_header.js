import { openAccount } from "./account/account_dialog.js";
import { h } from "./dom.js";
import { LANGUAGE_NAMES } from "./i18n.js";
import { icon, mark } from "./icons.js";
import { iconButton } from "./parts.js";
import { isDark, toggleTheme } from "./theme.js";

/** @param {import("./context.js").Context} context @returns {HTMLElement} */
export function pageHeader(context) {
  const { t, profile } = context;
  return h(
    "header",
    { class: "page-header" },
    h("a", { class: "brand", href: "/" }, mark(), h("span", {}, "Roda")),
    h(
      "div",
      { class: "page-header-tools" },
      languageSelect(context),
      themeButton(context),
      profile ? accountButton(context) : null,
      profile ? logoutButton(context) : null,
    ),
  );
}

/** @param {import("./context.js").Context} context @returns {HTMLSelectElement} */
export function languageSelect({ t, language, setLanguage }) {
  const select = h(
    "select",
    { class: "select-quiet", "aria-label": t("page.language"), testid: "language-select" },
    Object.entries(LANGUAGE_NAMES).map(([tag, name]) =>
      h("option", { value: tag, selected: tag === language, lang: tag }, name),
    ),
  );
  select.addEventListener("change", () =>
    setLanguage(/** @type {import("./i18n.js").Language} */ (select.value)),
  );
  return select;
}

/** @param {import("./context.js").Context} context @returns {HTMLButtonElement} */
function themeButton({ t, preferences }) {
  const make = () =>
    iconButton(isDark() ? "sun" : "moon", t(isDark() ? "page.light" : "page.dark"), {
      on: {
        click: () => {
          toggleTheme(preferences);
          const next = make();
          button.replaceWith(next);
          button = next;
          next.focus();
        },
      },
    });
  let button = make();
  return button;
}

/** @param {import("./context.js").Context} context */
function accountButton(context) {
  return iconButton("account", context.t("account.title"), {
    testid: "account-button",
    on: { click: () => openAccount(context) },
  });
}

/** @param {import("./context.js").Context} context */
function logoutButton({ t, api, setProfile, announce }) {
  const logOut = async () => {
    try {
      await api.logout();
      setProfile(null);
      if (location.pathname !== "/") location.assign("/");
    } catch (error) {
      announce(t("error.failed"));
      console.warn("Log-out failed", error);
    }
  };
  return h(
    "button",
    {
      type: "button",
      class: "button button-quiet",
      testid: "logout",
      on: { click: () => void logOut() },
    },
    icon("door"),
    t("page.logout"),
  );
}
