import { h } from "./dom.js";
import { icon, mark } from "./icons.js";
import { previewCard } from "./prejoin/preview_card.js";

/**
 * In front of the door: what is being waited for, and how one looks meanwhile.
 * @param {import("./context.js").Context} context
 * @param {import("./call/call_screen.js").Call} call
 * @returns {import("./context.js").Screen}
 */
export function waitingScreen(context, { client, devices, session }) {
  const { t } = context;
  const preview = previewCard(context, devices);
  // What is switched here goes with the person into the call.
  const sync = () => {
    for (const kind of /** @type {const} */ (["microphone", "camera"])) {
      const track = devices.tracks[kind];
      if ((client.local.get(kind)?.track ?? null) !== track)
        void client.setTrack(kind, track, track === null);
    }
  };
  devices.addEventListener("change", sync);
  const leave = h(
    "button",
    {
      type: "button",
      class: "button",
      testid: "leave-button",
      on: { click: () => void client.leave() },
    },
    icon("leave"),
    t("waiting.leave"),
  );
  const element = h(
    "main",
    { class: "page waiting" },
    h(
      "div",
      { class: "waiting-words", testid: "waiting-message", role: "status" },
      h("div", { class: "turning" }, mark()),
      h("h1", { class: "title-1", tabIndex: -1 }, t("waiting.title")),
      h("p", { class: "lead" }, t("waiting.text", { host: session.host_name })),
      h("p", { class: "hint" }, t("waiting.stay")),
    ),
    h("div", { class: "waiting-preview" }, preview.element, leave),
  );
  const destroy = () => {
    devices.removeEventListener("change", sync);
    preview.destroy();
  };
  return { element, destroy };
}
