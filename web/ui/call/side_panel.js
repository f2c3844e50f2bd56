import { h } from "../dom.js";
import { iconButton } from "../parts.js";
import { linkBox } from "../share_link.js";
import { chatBox } from "./chat.js";
import { linesBox } from "./lines_box.js";
import { peopleList } from "./people.js";
import { timelineView } from "./timeline_view.js";

const WIDE = "(min-width: 68.75rem)";

/**
 * Beside the pictures: people, chat, and the timeline of the join.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 * @param {object} options
 * @param {(error: unknown) => void} options.onError
 * @param {() => void} options.onToggle
 */
export function sidePanel(context, call, { onError, onToggle }) {
  const { t, preferences } = context;
  const people = peopleList(context, call, onError);
  const chat = chatBox(context, call, onError);
  const timeline = timelineView(context, call.client);
  const lines = linesBox(context, call);
  const close = iconButton("close", t("panel.close"), {
    class: "icon-button panel-close",
    on: { click: () => toggle() },
  });
  const invite = h("details", { class: "invite" }, h("summary", {}, t("panel.invite")));
  const showLink = () => {
    const sessionId = call.client.room.session?.session_id ?? "";
    invite.append(linkBox(context, shareAddress(call.token), sessionId));
  };
  invite.addEventListener("toggle", showLink, { once: true });
  const element = h(
    "aside",
    { class: "side-panel", "aria-label": t("panel.label") },
    close,
    people.element,
    invite,
    lines.element,
    chat.element,
    timeline.element,
  );
  const wide = matchMedia(WIDE);
  // A narrow window has no room beside the pictures: there the panel opens over them, on demand.
  const settle = () => {
    element.hidden = preferences.get("panel") === "closed" || !wide.matches;
  };
  const onWidth = () => {
    settle();
    onToggle();
  };
  wide.addEventListener("change", onWidth);
  settle();
  let seen = call.client.room.chat.length;
  const toggle = () => {
    element.hidden = !element.hidden;
    if (wide.matches) preferences.set("panel", element.hidden ? "closed" : "");
    if (!element.hidden) close.focus();
    onToggle();
  };
  return {
    element,
    toggle,
    isOpen: () => !element.hidden,
    destroy() {
      wide.removeEventListener("change", onWidth);
      lines.destroy();
    },
    update() {
      invite.hidden = call.client.room.me?.role !== "host";
      people.update();
      lines.update();
      chat.update();
    },
    updateTimeline: () => timeline.update(),
    /** @returns {number} chat messages that came while the panel was closed */
    unread() {
      if (!element.hidden) seen = call.client.room.chat.length;
      return Math.max(0, call.client.room.chat.length - seen);
    },
  };
}

/** @param {string} token */
function shareAddress(token) {
  return new URL(`/s/${encodeURIComponent(token)}`, location.href).href;
}
