import { isKey } from "../i18n.js";

/**
 * @typedef {import("../../api.js").AuditEvent} AuditEvent
 * @typedef {(id: string | null) => string | undefined} NameOf by the id of a profile or participant
 */

/**
 * The trail holds ids; the session's participants and its host say whose they are.
 * @param {Pick<import("../../api.js").Session, "therapist_id" | "host_name">} session
 * @param {import("../../api.js").Participant[]} participants
 * @returns {NameOf}
 */
export function namesOf(session, participants) {
  const names = new Map(participants.map((one) => [one.id, one.participant_name]));
  for (const { user_id, participant_name } of participants) {
    if (user_id) names.set(user_id, participant_name);
  }
  names.set(session.therapist_id, session.host_name);
  return (id) => (id === null ? undefined : names.get(id));
}

/**
 * One event as a sentence. What this page does not know yet is shown by its code.
 * @param {import("../i18n.js").Translate} t @param {AuditEvent} event @param {NameOf} nameOf
 * @returns {string}
 */
export function auditWords(t, event, nameOf) {
  const special = `history.${event.event}.${event.detail}`;
  const plain = `history.${event.event}`;
  const key = event.detail && isKey(special) ? special : plain;
  if (!isKey(key)) return event.event;
  return t(key, {
    who: nameOf(event.actor_id) ?? t("history.someone"),
    whom: nameOf(event.participant_id) ?? t("history.someone"),
    n: Number(event.detail) || 0,
  });
}
