import { h } from "../dom.js";

/**
 * What a session's row says of it, whoever looks.
 * @param {{ session_name: string }} session
 * @param {string[]} facts
 * @param {{ dot?: "live-dot" | "live-dot busy", chip?: HTMLElement | null }} [marks]
 */
export function sessionHeading({ session_name }, facts, { dot, chip = null } = {}) {
  return h(
    "div",
    { class: "row-what" },
    dot ? h("span", { class: dot }) : null,
    h("div", {}, h("strong", {}, session_name), chip, h("p", { class: "hint" }, facts.join(" · "))),
  );
}
