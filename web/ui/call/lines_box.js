import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { linesView } from "../lines/lines_view.js";

/**
 * How everyone's line does, for who started the session and may see it: opened on demand.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 */
export function linesBox(context, { client }) {
  const place = h("div", {});
  const element = h(
    "details",
    { class: "invite lines-box", testid: "call-lines", hidden: true },
    h("summary", {}, icon("signal"), context.t("lines.title")),
    place,
  );
  /** @type {ReturnType<typeof linesView> | null} */
  let view = null;
  const close = () => {
    view?.stop();
    view = null;
    replace(place);
  };
  element.addEventListener("toggle", () => {
    close();
    const sessionId = client.room.session?.session_id;
    if (!element.open || !sessionId) return;
    view = linesView(context, sessionId);
    replace(place, view.element);
    view.start();
  });
  return {
    element,
    update() {
      element.hidden = !client.room.me?.owner;
    },
    destroy: close,
  };
}
