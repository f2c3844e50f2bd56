import { h, uniqueId } from "./dom.js";
import { errorWords } from "./error_words.js";
import { icon } from "./icons.js";

/** Small pieces that several screens use. */

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control
 * @param {string} [hint]
 */
export function field(label, control, hint = "") {
  control.id ||= uniqueId("field");
  const note = hint ? h("p", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
}

/** @param {string} label @param {HTMLInputElement} control a checkbox @param {string} [hint] */
export function switchField(label, control, hint = "") {
  control.type = "checkbox";
  control.setAttribute("role", "switch");
  control.className = "switch";
  const words = h("span", { class: "switch-words" }, h("span", {}, label));
  if (hint) words.append(h("span", { class: "hint" }, hint));
  return h("label", { class: "switch-field" }, words, control);
}

/**
 * A place for errors: empty until `show`, read out at once.
 * @param {import("./i18n.js").Translate} t
 */
export function errorPlace(t) {
  const element = h("div", { class: "error-place", role: "alert" });
  return {
    element,
    /** @param {unknown} error */
    show(error) {
      const { message, remedy } = errorWords(error, t);
      element.replaceChildren(
        h(
          "div",
          { class: "notice notice-error", testid: "error-message" },
          icon("alert"),
          h("div", {}, h("strong", {}, message), remedy ? h("p", {}, remedy) : null),
        ),
      );
    },
    clear: () => element.replaceChildren(),
  };
}

/**
 * Run an action from a button, which is busy meanwhile.
 * @param {HTMLButtonElement} button @param {() => Promise<unknown>} action
 * @param {(error: unknown) => void} onError
 */
export async function whileBusy(button, action, onError) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (error) {
    onError(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * @param {import("./icons.js").IconName} name @param {string} label
 * @param {import("./dom.js").Props} [props]
 */
export function iconButton(name, label, props = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, ...props },
    icon(name),
  );
}

/** A person's initials on a colour that is theirs. @param {string} name @returns {HTMLElement} */
export function avatar(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  const initials = ends.map((word) => [...(word ?? "")][0] ?? "").join("");
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  const classes = `avatar avatar-${sum % 6}`;
  return h("span", { class: classes, "aria-hidden": "true" }, initials.toUpperCase());
}
