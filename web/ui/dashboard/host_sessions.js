import { activeRow } from "./active_row.js";
import { pastRow } from "./past_row.js";
import { rowsSection } from "./rows_section.js";
import { isRunning } from "./session_words.js";

const PAST_SHOWN = 8;

/** @typedef {import("../../api.js").Session} Session */

/**
 * @param {import("../context.js").Context} context
 * @param {Session[]} sessions newest first @param {() => Promise<void>} onChange
 */
export function activeSessions(context, sessions, onChange) {
  const { t } = context;
  const running = sessions.filter((session) => isRunning(session));
  return rowsSection(t, {
    title: t("sessions.active"),
    rows: running.map((session) => activeRow(context, session, onChange)),
    empty: t("sessions.none_active"),
  });
}

/** @param {import("../context.js").Context} context @param {Session[]} sessions newest first */
export function pastSessions(context, sessions) {
  const { t } = context;
  const over = sessions.filter((session) => !isRunning(session));
  return rowsSection(t, {
    title: t("sessions.past"),
    rows: over.map((session) => pastRow(context, session)),
    empty: t("sessions.none_past"),
    shown: PAST_SHOWN,
  });
}
