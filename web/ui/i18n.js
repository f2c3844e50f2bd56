import en from "../i18n/en.js";
import es from "../i18n/es.js";
import ptBR from "../i18n/pt-BR.js";

/**
 * @typedef {keyof typeof en} Key
 * @typedef {"pt-BR" | "en" | "es"} Language
 * @typedef {(key: Key, values?: Record<string, string | number>) => string} Translate
 */

/** @type {Record<Language, Record<Key, string>>} */
export const CATALOGUES = { "pt-BR": ptBR, en, es };

/** Each language by its own name, as the switch shows it. @type {Record<Language, string>} */
export const LANGUAGE_NAMES = { "pt-BR": "Português", en: "English", es: "Español" };

/**
 * The first language the reader asks for that the page speaks.
 * @param {readonly string[]} wanted BCP 47 tags, best first
 * @returns {Language}
 */
export function chooseLanguage(wanted) {
  const byPrefix = /** @type {Record<string, Language>} */ ({ pt: "pt-BR", en: "en", es: "es" });
  for (const tag of wanted) {
    const found = byPrefix[tag.toLowerCase().split("-")[0] ?? ""];
    if (found) return found;
  }
  return "en";
}

/**
 * @param {Language} language
 * @returns {Translate} fills `{name}` places; a value `n` picks the `_one` form where there is one
 */
export function translator(language) {
  const catalogue = CATALOGUES[language];
  const plural = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const one = /** @type {Key} */ (`${key}_one`);
    const singular = typeof values.n === "number" && plural.select(values.n) === "one";
    const text = singular && one in catalogue ? catalogue[one] : catalogue[key];
    return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
  };
}

/** @param {string} key @returns {key is Key} */
export function isKey(key) {
  return key in en;
}
