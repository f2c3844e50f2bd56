import { h } from "../dom.js";
import { historyButton } from "./history.js";
import { sessionHeading } from "./session_heading.js";
import { overState, overWords, spanText } from "./session_words.js";

/** @typedef {import("../context.js").Context} Context */

/**
 * A session of the host's that is over: when it was, and why it is over.
 * @param {Context} context @param {import("../../api.js").Session} session
 * @returns {HTMLElement}
 */
export function pastRow(context, session) {
  const extra = h("div", { class: "row-extra" });
  const actions = h("div", { class: "row-actions" }, historyButton(context, session, extra));
  return overRow(context, session, [], actions, extra);
}

/**
 * @param {Context} context @param {import("../../api.js").AttendedSession} session
 * @param {string[]} facts said first @param {...HTMLElement} more
 * @returns {HTMLElement}
 */
export function overRow({ t, language }, session, facts, ...more) {
  const words = [...facts, spanText(language, session), overWords(t, session)];
  return h(
    "li",
    { class: "row", testid: "past-session" },
    sessionHeading(session, words, { chip: h("span", { class: "chip" }, overState(t, session)) }),
    ...more,
  );
}
