/** Light or dark: the system's choice until the person makes one. */

/** @param {import("./preferences.js").Preferences} preferences */
export function applyTheme(preferences) {
  const theme = preferences.get("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** @returns {boolean} */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {import("./preferences.js").Preferences} preferences */
export function toggleTheme(preferences) {
  preferences.set("theme", isDark() ? "light" : "dark");
  applyTheme(preferences);
}
