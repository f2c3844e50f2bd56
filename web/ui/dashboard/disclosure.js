import { h, replace } from "../dom.js";
import { icon } from "../icons.js";

const OPENED = "roda-opened";

/**
 * A button that opens something in a place which several buttons share: one at a time.
 * @param {HTMLElement} place
 * @param {{ icon: import("../icons.js").IconName, words: string, show: () => unknown }} content
 *   `show` fills the place
 * @returns {HTMLButtonElement}
 */
export function disclosure(place, { icon: name, words, show }) {
  const button = h(
    "button",
    { type: "button", class: "button button-quiet button-small", "aria-expanded": "false" },
    icon(name),
    words,
  );
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  button.addEventListener("click", () => {
    const opens = !isOpen();
    place.dispatchEvent(new CustomEvent(OPENED));
    if (!opens) return;
    button.setAttribute("aria-expanded", "true");
    void show();
  });
  place.addEventListener(OPENED, () => {
    button.setAttribute("aria-expanded", "false");
    replace(place);
  });
  return button;
}
