import { h } from "../dom.js";
import { icon } from "../icons.js";

const EDGE_PX = 8;

/**
 * A button that opens a short list of further actions.
 * @param {string} label @param {...HTMLElement} entries
 * @returns {HTMLDetailsElement}
 */
export function actionMenu(label, ...entries) {
  const summary = h(
    "summary",
    { class: "icon-button", "aria-label": label, title: label },
    icon("more"),
  );
  const list = h("div", { class: "menu-entries" }, entries);
  const menu = h("details", { class: "menu" }, summary, list);
  const close = () => {
    menu.open = false;
  };
  menu.addEventListener("toggle", () => {
    if (menu.open) place(list, summary.getBoundingClientRect());
  });
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(/** @type {Node | null} */ (event.relatedTarget))) close();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    close();
    summary.focus();
  });
  list.addEventListener("click", close);
  return menu;
}

/**
 * Under the button, or over it where there is no room: fixed, as the list it stands in scrolls.
 * @param {HTMLElement} list @param {DOMRect} button
 */
function place(list, button) {
  const { width, height } = list.getBoundingClientRect();
  const below = button.bottom + height + EDGE_PX <= innerHeight;
  list.style.left = `${Math.max(EDGE_PX, button.right - width)}px`;
  list.style.top = `${below ? button.bottom : Math.max(EDGE_PX, button.top - height)}px`;
}
