import { h, uniqueId } from "./dom.js";
import { iconButton } from "./parts.js";

/**
 * A modal dialog with a heading and a button that closes it. Escape closes it too, and focus goes
 * back to where it was.
 * @param {import("./i18n.js").Translate} t
 * @param {string} title @param {...(import("./dom.js").Child | import("./dom.js").Child[])} content
 * @returns {HTMLDialogElement}
 */
export function modalDialog(t, title, ...content) {
  const id = uniqueId("dialog-title");
  const close = iconButton("close", t("dialog.close"), { on: { click: () => dialog.close() } });
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": id },
    h("div", { class: "dialog-head" }, h("h2", { id, class: "title-3" }, title), close),
    ...content,
  );
  return dialog;
}

/**
 * Open a dialog made for this once; it leaves the page when it is closed.
 * @param {HTMLDialogElement} dialog @param {HTMLElement} [first] has the focus
 */
export function openOnce(dialog, first) {
  dialog.addEventListener("close", () => dialog.remove());
  document.getElementById("app")?.append(dialog);
  dialog.showModal();
  first?.focus();
}
