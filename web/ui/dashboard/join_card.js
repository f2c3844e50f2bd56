import { h } from "../dom.js";
import { icon } from "../icons.js";
import { field } from "../parts.js";
import { tokenOfLink } from "./link_token.js";

/**
 * For who holds a link as text, from a message or a piece of paper.
 * @param {import("../context.js").Context} context
 * @returns {HTMLElement}
 */
export function joinCard({ t }) {
  const link = h("input", {
    type: "text",
    inputMode: "url",
    autocomplete: "off",
    required: true,
    testid: "paste-link",
  });
  link.addEventListener("input", () => link.setCustomValidity(""));
  const enter = () => {
    const token = tokenOfLink(link.value);
    if (token) {
      location.assign(`/s/${encodeURIComponent(token)}`);
      return;
    }
    link.setCustomValidity(t("join.no_link"));
    link.reportValidity();
  };
  return h(
    "form",
    {
      class: "card join-card",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          enter();
        },
      },
    },
    h("h2", { class: "title-3" }, t("join.title")),
    field(t("join.link"), link, t("join.hint")),
    h("button", { type: "submit", class: "button button-primary" }, icon("door"), t("join.enter")),
  );
}
