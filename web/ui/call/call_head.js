import { h } from "../dom.js";
import { icon, mark } from "../icons.js";

const TICK_MS = 10_000;

/**
 * The line over the call: which session, how long yet, and what everyone must know of it.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 */
export function callHead({ t }, { client, session }) {
  const name = h("h1", { class: "call-name", tabIndex: -1 }, session.session_name);
  const left = h("span", { class: "call-left" });
  const locked = h("span", { class: "chip", hidden: true }, icon("lock"), t("call.locked"));
  const recording = h("span", { class: "chip chip-recording", hidden: true }, t("call.recording"));
  const update = () => {
    const info = client.room.session;
    if (!info) return;
    name.textContent = info.session_name;
    locked.hidden = !info.locked;
    recording.hidden = !info.recording;
    const minutes = Math.max(0, Math.ceil((Date.parse(info.expires_at) - Date.now()) / 60_000));
    const hours = Math.floor(minutes / 60);
    left.textContent = hours
      ? t("call.left_hours", { hours, minutes: minutes % 60 })
      : t("call.left_minutes", { minutes });
  };
  const timer = setInterval(update, TICK_MS);
  return {
    element: h("header", { class: "call-head" }, mark(), name, recording, locked, left),
    update,
    destroy: () => clearInterval(timer),
  };
}
