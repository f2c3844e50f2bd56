import { h } from "../dom.js";
import { icon, mark } from "../icons.js";
import { linkBox } from "../share_link.js";

/**
 * The link of a session just started: to copy, to scan, to enter.
 * @param {import("../context.js").Context} context
 * @param {import("../../api.js").Session} session
 * @returns {HTMLElement}
 */
export function shareCard(context, session) {
  const { t } = context;
  const path = `/s/${encodeURIComponent(session.session_token)}`;
  const enter = h(
    "a",
    { class: "button button-primary", href: path, testid: "enter-session" },
    icon("door"),
    t("share.enter"),
  );
  return h(
    "section",
    { class: "card share-card", "aria-label": t("share.title") },
    h(
      "div",
      { class: "share-head" },
      mark(),
      h(
        "div",
        {},
        h("h2", { class: "title-3" }, t("share.title")),
        h("p", {}, session.session_name),
      ),
    ),
    h("p", { class: "hint" }, t("share.hint")),
    linkBox(context, shareAddress(session), session.id),
    enter,
  );
}

/** @param {import("../../api.js").Session} session */
export function shareAddress(session) {
  const path = `/s/${encodeURIComponent(session.session_token)}`;
  return new URL(session.share_url || path, location.href).href;
}
