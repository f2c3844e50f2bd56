import { RodaError } from "../client/errors.js";
import { isKey } from "./i18n.js";

/**
 * The sentence and remedy of a failure: the server's where it worded them, else the page's own
 * by code.
 * @param {unknown} error
 * @param {import("./i18n.js").Translate} t
 * @returns {{ message: string, remedy: string }}
 */
export function errorWords(error, t) {
  const code = error instanceof RodaError ? error.code : "failed";
  if (error instanceof RodaError && error.message) {
    return { message: error.message, remedy: error.remedy };
  }
  const message = `error.${code}`;
  const remedy = `error.${code}.remedy`;
  if (isKey(message) && isKey(remedy)) return { message: t(message), remedy: t(remedy) };
  return { message: t("error.failed"), remedy: t("error.failed.remedy") };
}
