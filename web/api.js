import { Rest } from "./client/rest.js";

/**
 * @typedef {{ id: string, email: string, full_name: string, role: string }} Profile
 * @typedef {{
 *   id: string, session_name: string, share_url: string, host_name: string, is_active: boolean,
 *   state: "active" | "locked" | "full" | "ended" | "expired", expires_at: string,
 *   created_at: string, ended_at: string | null,
 *   end_reason: "host" | "operator" | "empty" | "expired" | null,
 * }} AttendedSession
 * @typedef {AttendedSession & {
 *   session_token: string, therapist_id: string, max_participants: number, participants: number,
 *   waiting_room_enabled: boolean, recording_enabled: boolean, locked: boolean,
 * }} Session
 * @typedef {{ id: string, user_id: string | null, participant_name: string }} Participant
 * @typedef {{
 *   session_name: string, max_participants?: number, duration_minutes?: number,
 *   waiting_room_enabled?: boolean, recording_enabled?: boolean,
 * }} NewSession
 * @typedef {{
 *   session_name: string, host_name: string, state: string, waiting_room_enabled: boolean,
 *   expires_at?: string,
 * }} Preview what a holder of the link may know
 * @typedef {{ id: string, full_name: string, role: string }} Person
 * @typedef {{
 *   id: string, patient: Person, therapist: Person, status: string, created_at: string,
 *   updated_at: string, patient_id: string, therapist_id: string,
 * }} CareRow
 * @typedef {CareRow & { subject: string, message: string }} Inquiry
 * @typedef {CareRow & { title: string, description: string }} TreatmentPlan
 * @typedef {{
 *   id: string, occurred_at: string, event: string, session_id: string | null,
 *   actor_id: string | null, participant_id: string | null, detail: string,
 * }} AuditEvent
 * @typedef {{
 *   connection_id: string, participant_id: string, name: string, role: "host" | "participant",
 *   opened_at: string, door: "websocket" | "whip" | "whep",
 *   state: "waiting" | "entering" | "in_room" | "lost" | "closed",
 *   transports: Partial<Record<import("./client/protocol.js").TransportName,
 *     import("./client/protocol.js").TransportStateName>>,
 *   tracks: import("./client/protocol.js").Track[],
 *   status: import("./client/protocol.js").ConnectionStatus | null,
 *   timeline: import("./client/protocol.js").TimelineEntry[],
 *   stats: import("./client/protocol.js").ConnectionStats | null,
 * }} ConnectionInfo
 * @typedef {import("./client/protocol.js").Registration} Registration
 */

/** The REST calls of `/api/v1`. Every method rejects with `RodaError`. */
export class RodaApi {
  #rest;

  /**
   * @param {object} [options]
   * @param {string} [options.baseUrl] where the server is; the page's own origin by default
   * @param {string} [options.language] BCP 47 tag the server words its errors in
   * @param {typeof fetch} [options.fetch]
   */
  constructor(options = {}) {
    this.#rest = new Rest(options);
  }

  get language() {
    return this.#rest.language;
  }

  set language(language) {
    this.#rest.language = language;
  }

  /** @param {string} email @param {string} password @returns {Promise<Profile>} */
  async login(email, password) {
    return (await this.#rest.call("POST", "/auth/login", { email, password })).profile;
  }

  /** @returns {Promise<void>} */
  async logout() {
    await this.#rest.call("POST", "/auth/logout");
  }

  /** End every log-in of this account, in every browser and program. @returns {Promise<void>} */
  async logoutEverywhere() {
    await this.#rest.call("POST", "/auth/logout-everywhere");
  }

  /**
   * Ends every other log-in of the account.
   * @param {string} currentPassword @param {string} newPassword @returns {Promise<void>}
   */
  async changePassword(currentPassword, newPassword) {
    const body = { current_password: currentPassword, new_password: newPassword };
    await this.#rest.call("POST", "/auth/password", body);
  }

  /** @returns {Promise<Profile | null>} null when nobody is logged in */
  async me() {
    return (await this.#rest.call("GET", "/me?optional=true")).profile;
  }

  /** @param {NewSession} session @returns {Promise<Session>} */
  createSession(session) {
    return this.#rest.call("POST", "/sessions", session);
  }

  /** @returns {Promise<Session[]>} the caller's own, newest first */
  async listSessions() {
    return (await this.#rest.call("GET", "/sessions")).sessions;
  }

  /** @returns {Promise<AttendedSession[]>} of others, which the caller is or was in; newest first */
  async listAttendedSessions() {
    return (await this.#rest.call("GET", "/sessions/attended")).sessions;
  }

  /** @param {string} id a session's @returns {Promise<Participant[]>} all of them, for its host */
  async listParticipants(id) {
    const path = `/sessions/${encodeURIComponent(id)}/participants`;
    return (await this.#rest.call("GET", path)).participants;
  }

  /**
   * @param {string} id a session's
   * @returns {Promise<ConnectionInfo[]>} those there are and those lately gone, for its host
   */
  async listConnections(id) {
    const path = `/sessions/${encodeURIComponent(id)}/connections`;
    return (await this.#rest.call("GET", path)).connections;
  }

  /** @param {string} id @param {number} minutes @returns {Promise<Session>} */
  extendSession(id, minutes) {
    return this.#rest.call("POST", `/sessions/${encodeURIComponent(id)}/extend`, { minutes });
  }

  /** @param {string} id @returns {Promise<void>} */
  async endSession(id) {
    await this.#rest.call("POST", `/sessions/${encodeURIComponent(id)}/end`);
  }

  /** @param {string} token @returns {Promise<Preview>} */
  previewSession(token) {
    return this.#rest.call("GET", `/sessions/by-token/${encodeURIComponent(token)}`);
  }

  /**
   * Take, or take again, a place in the session. Safe to repeat: the same person gets the same
   * participant and a fresh connect token.
   * @param {string} token @param {string} name empty for people who are logged in
   * @returns {Promise<Registration>}
   */
  register(token, name) {
    const body = name ? { participant_name: name } : {};
    return this.#rest.call(
      "POST",
      `/sessions/by-token/${encodeURIComponent(token)}/participants`,
      body,
    );
  }

  /** @returns {Promise<Inquiry[]>} those that name the caller, newest first, with both people */
  async listInquiries() {
    const answer = await this.#rest.call("GET", "/patient-inquiries?expand=patient,therapist");
    return answer.patient_inquiries;
  }

  /** @returns {Promise<TreatmentPlan[]>} those that name the caller, newest first, with both people */
  async listTreatmentPlans() {
    const answer = await this.#rest.call("GET", "/treatment-plans?expand=patient,therapist");
    return answer.treatment_plans;
  }

  /**
   * @param {{ patient_id: string, therapist_id: string, subject: string, message: string }} inquiry
   * @returns {Promise<void>}
   */
  async addInquiry(inquiry) {
    await this.#rest.call("POST", "/patient-inquiries", inquiry);
  }

  /**
   * @param {{ patient_id: string, therapist_id: string, title: string, description: string }} plan
   * @returns {Promise<void>}
   */
  async addTreatmentPlan(plan) {
    await this.#rest.call("POST", "/treatment-plans", plan);
  }

  /** @param {string} id @param {string} status open, answered or closed @returns {Promise<void>} */
  async setInquiryStatus(id, status) {
    await this.#rest.call("PATCH", `/patient-inquiries/${encodeURIComponent(id)}`, { status });
  }

  /**
   * @param {string} id @param {string} status draft, active, completed or cancelled
   * @returns {Promise<void>}
   */
  async setPlanStatus(id, status) {
    await this.#rest.call("PATCH", `/treatment-plans/${encodeURIComponent(id)}`, { status });
  }

  /** @returns {Promise<Person[]>} whom the caller knows by a session, an inquiry or a plan */
  async listPeople() {
    return (await this.#rest.call("GET", "/people")).people;
  }

  /** @param {string} id @returns {Promise<AuditEvent[]>} newest first; for the host and admins */
  async auditTrail(id) {
    return (await this.#rest.call("GET", `/sessions/${encodeURIComponent(id)}/audit`)).audit_events;
  }
}
