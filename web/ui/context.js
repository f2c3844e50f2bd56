/**
 * What every screen is given.
 *
 * @callback Announce says it to screen readers, and shows it shortly
 * @param {string} message empty takes away what is still shown
 * @param {{ spokenOnly?: boolean }} [options] for what the screen shows already
 * @returns {void}
 *
 * @typedef {object} Context
 * @property {import("../api.js").RodaApi} api
 * @property {import("./i18n.js").Translate} t
 * @property {import("./i18n.js").Language} language
 * @property {import("./preferences.js").Preferences} preferences
 * @property {import("../api.js").Profile | null} profile who is logged in
 * @property {(profile: import("../api.js").Profile | null) => void} setProfile
 * @property {(language: import("./i18n.js").Language) => void} setLanguage
 * @property {Announce} announce
 *
 * @typedef {object} Screen
 * @property {HTMLElement} element
 * @property {() => void} [destroy] called when another screen takes its place
 */

export {};
