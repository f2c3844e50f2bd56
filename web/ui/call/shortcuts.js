/**
 * Single keys, while nothing is being typed.
 * @typedef {"microphone" | "camera" | "screen" | "hand" | "panel"} Action
 */

/** @type {readonly { key: string, action: Action, label: import("../i18n.js").Key }[]} */
export const SHORTCUTS = [
  { key: "m", action: "microphone", label: "shortcuts.microphone" },
  { key: "v", action: "camera", label: "shortcuts.camera" },
  { key: "s", action: "screen", label: "shortcuts.screen" },
  { key: "h", action: "hand", label: "shortcuts.hand" },
  { key: "p", action: "panel", label: "shortcuts.panel" },
];

/**
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "repeat">} event
 * @param {boolean} typing the focus is in a field
 * @returns {Action | null}
 */
export function shortcutOf({ key, ctrlKey, metaKey, altKey, repeat }, typing) {
  if (typing || repeat || ctrlKey || metaKey || altKey) return null;
  return SHORTCUTS.find((shortcut) => shortcut.key === key.toLowerCase())?.action ?? null;
}

/** @param {EventTarget | null} target @returns {boolean} */
export function isTyping(target) {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, dialog") !== null
  );
}
