import { h } from "./dom.js";

const SHOWN_MS = 5000;

/**
 * @param {HTMLElement} place a polite live region
 * @returns {import("./context.js").Announce}
 */
export function announcer(place) {
  return (message, { spokenOnly = false } = {}) => {
    if (!message) {
      place.replaceChildren();
      return;
    }
    const toast = h("p", { class: spokenOnly ? "visually-hidden" : "toast" }, message);
    place.append(toast);
    setTimeout(() => toast.remove(), SHOWN_MS);
  };
}
