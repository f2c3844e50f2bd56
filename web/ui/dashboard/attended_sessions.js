import { h } from "../dom.js";
import { icon } from "../icons.js";
import { momentText } from "../moments.js";
import { overRow } from "./past_row.js";
import { rowsSection } from "./rows_section.js";
import { sessionHeading } from "./session_heading.js";
import { isRunning } from "./session_words.js";

const PAST_SHOWN = 8;

/** @typedef {import("../../api.js").AttendedSession} AttendedSession */

/**
 * Sessions a patient is in, with the way back into them.
 * @param {import("../context.js").Context} context @param {AttendedSession[]} sessions newest first
 */
export function openSessions(context, sessions) {
  const { t } = context;
  const running = sessions.filter((session) => isRunning(session));
  return rowsSection(t, {
    title: t("attended.open"),
    rows: running.map((session) => openRow(context, session)),
    empty: t("attended.none_open"),
  });
}

/** @param {import("../context.js").Context} context @param {AttendedSession[]} sessions */
export function attendedSessions(context, sessions) {
  const { t } = context;
  const over = sessions.filter((session) => !isRunning(session));
  return rowsSection(t, {
    title: t("sessions.past"),
    rows: over.map((one) => overRow(context, one, [t("prejoin.with", { host: one.host_name })])),
    empty: t("attended.none_past"),
    shown: PAST_SHOWN,
  });
}

/** @param {import("../context.js").Context} context @param {AttendedSession} session */
function openRow({ t, language }, session) {
  const facts = [
    t("prejoin.with", { host: session.host_name }),
    t("sessions.until", { time: momentText(language, session.expires_at) }),
  ];
  const enter = h(
    "a",
    { class: "button button-primary", href: new URL(session.share_url).pathname },
    icon("door"),
    t("share.enter"),
  );
  return h(
    "li",
    { class: "row", testid: "active-session" },
    sessionHeading(session, facts, { dot: "live-dot" }),
    h("div", { class: "row-actions" }, enter),
  );
}
