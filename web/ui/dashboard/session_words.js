/** What is said of a session: pure, so that it can be tested word by word. */

/** @typedef {import("../../api.js").AttendedSession} AttendedSession */
/** @typedef {import("../i18n.js").Translate} Translate */

/** @param {AttendedSession} session @param {number} [now] Unix milliseconds */
export function isRunning(session, now = Date.now()) {
  return session.is_active && Date.parse(session.expires_at) > now;
}

/** @param {AttendedSession} session why it is over @returns {"host" | "operator" | "empty" | "expired"} */
function endReason({ end_reason, state }) {
  return end_reason ?? (state === "ended" ? "operator" : "expired");
}

/** @param {Translate} t @param {AttendedSession} session of the past */
export function overWords(t, session) {
  return t(`sessions.over.${endReason(session)}`);
}

/** @param {Translate} t @param {AttendedSession} session of the past: ended, or out of time */
export function overState(t, session) {
  return t(endReason(session) === "expired" ? "sessions.state.expired" : "sessions.state.ended");
}

/**
 * When it was: from when to when, the date once.
 * @param {string} language BCP 47 @param {AttendedSession} session of the past
 */
export function spanText(language, session) {
  const form = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const start = Date.parse(session.created_at);
  const end = Date.parse(session.ended_at ?? session.expires_at);
  return form.formatRange(start, Math.max(start, end));
}

/** @param {Translate} t @param {import("../../api.js").Session} session a running one: its facts */
export function factsOf(t, session) {
  const people = { n: session.participants, most: session.max_participants };
  const facts = [t("sessions.people", people)];
  if (session.waiting_room_enabled) facts.push(t("start.waiting"));
  if (session.recording_enabled) facts.push(t("start.recording"));
  return facts;
}
