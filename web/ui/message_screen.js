import { RodaError } from "../client/errors.js";
import { h } from "./dom.js";
import { errorWords } from "./error_words.js";
import { mark } from "./icons.js";

/**
 * One calm sentence, what to do, and the ways on: for links that do not work and calls that ended.
 * @param {object} content
 * @param {string} content.title
 * @param {string} content.text
 * @param {boolean} [content.isError] read out at once
 * @param {string} [content.code] for support
 * @param {HTMLElement[]} content.actions
 * @returns {import("./context.js").Screen}
 */
export function messageScreen({ title, text, actions, code = "", isError = false }) {
  const card = h(
    "div",
    { class: "card message-card", ...(isError ? { testid: "error-message", role: "alert" } : {}) },
    mark(),
    h("h1", { class: "title-2", tabIndex: -1 }, title),
    h("p", { class: "lead" }, text),
    h("div", { class: "actions" }, actions),
    code ? h("p", { class: "hint code" }, code) : null,
  );
  return { element: h("main", { class: "page message" }, card) };
}

/**
 * @param {import("./context.js").Context} context @param {unknown} error
 * @param {HTMLElement[]} actions
 */
export function errorScreen({ t }, error, actions) {
  const { message, remedy } = errorWords(error, t);
  const code = error instanceof RodaError ? error.code : "failed";
  return messageScreen({ title: message, text: remedy, actions, code, isError: true });
}
