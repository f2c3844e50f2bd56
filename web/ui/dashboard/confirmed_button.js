import { h } from "../dom.js";
import { whileBusy } from "../parts.js";

/**
 * A button that asks once more in place before it acts.
 * @param {{ label: string, question: string }} words
 * @param {object} reactions
 * @param {() => Promise<unknown>} reactions.act
 * @param {() => void} reactions.onAsk
 * @param {(error: unknown) => void} reactions.onError
 */
export function confirmedButton({ label, question }, { act, onAsk, onError }) {
  const button = h(
    "button",
    { type: "button", class: "button button-quiet button-small button-danger-text" },
    label,
  );
  let asked = false;
  button.addEventListener("click", () => {
    if (asked) {
      void whileBusy(button, act, onError);
      return;
    }
    asked = true;
    button.textContent = question;
    onAsk();
  });
  button.addEventListener("blur", () => {
    asked = false;
    button.textContent = label;
  });
  return button;
}
