import { h } from "./dom.js";

const SHOWN_MS = 5000;

/**
 * @param {HTMLElement} place a polite live region
 * @returns {(message: string) => void} says it to screen readers, and shows it for a while
 */
export function announcer(place) {
  return (message) => {
    const toast = h("p", { class: "toast" }, message);
    place.append(toast);
    setTimeout(() => toast.remove(), SHOWN_MS);
  };
}
