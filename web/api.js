import { RodaError } from "./client/errors.js";

/**
 * @typedef {{ id: string, email: string, full_name: string, role: string }} Profile
 * @typedef {{
 *   id: string, session_name: string, session_token: string, share_url: string,
 *   therapist_id: string, is_active: boolean, expires_at: string, created_at?: string,
 *   ended_at?: string | null, state?: string, max_participants?: number,
 *   participant_count?: number, waiting_room_enabled?: boolean, recording_enabled?: boolean,
 * }} Session
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
 * @typedef {import("./client/protocol.js").Registration} Registration
 */

const REQUEST_TIMEOUT_MS = 15_000;

/** The REST calls of `/api/v1`. Every method rejects with `RodaError`. */
export class RodaApi {
  #base;
  #fetch;

  /**
   * @param {object} [options]
   * @param {string} [options.baseUrl] where the server is; the page's own origin by default
   * @param {string} [options.language] BCP 47 tag the server words its errors in
   * @param {typeof fetch} [options.fetch]
   */
  constructor({ baseUrl = "", language = "en", fetch = globalThis.fetch.bind(globalThis) } = {}) {
    this.#base = `${baseUrl.replace(/\/$/, "")}/api/v1`;
    this.language = language;
    this.#fetch = fetch;
  }

  /** @param {string} email @param {string} password @returns {Promise<Profile>} */
  async login(email, password) {
    return (await this.#call("POST", "/auth/login", { email, password })).profile;
  }

  /** @returns {Promise<void>} */
  async logout() {
    await this.#call("POST", "/auth/logout");
  }

  /** End every log-in of this account, in every browser and program. @returns {Promise<void>} */
  async logoutEverywhere() {
    await this.#call("POST", "/auth/logout-everywhere");
  }

  /**
   * Ends every other log-in of the account.
   * @param {string} currentPassword @param {string} newPassword @returns {Promise<void>}
   */
  async changePassword(currentPassword, newPassword) {
    const body = { current_password: currentPassword, new_password: newPassword };
    await this.#call("POST", "/auth/password", body);
  }

  /** @returns {Promise<Profile | null>} null when nobody is logged in */
  async me() {
    try {
      const answer = await this.#call("GET", "/me");
      return answer.profile ?? answer;
    } catch (error) {
      if (error instanceof RodaError && error.status === 401) return null;
      throw error;
    }
  }

  /** @param {NewSession} session @returns {Promise<Session>} */
  createSession(session) {
    return this.#call("POST", "/sessions", session);
  }

  /** @returns {Promise<Session[]>} the caller's own, newest first */
  async listSessions() {
    const answer = await this.#call("GET", "/sessions");
    return Array.isArray(answer) ? answer : answer.sessions;
  }

  /** @param {string} id @param {number} minutes @returns {Promise<Session>} */
  extendSession(id, minutes) {
    return this.#call("POST", `/sessions/${encodeURIComponent(id)}/extend`, { minutes });
  }

  /** @param {string} id @returns {Promise<void>} */
  async endSession(id) {
    await this.#call("POST", `/sessions/${encodeURIComponent(id)}/end`);
  }

  /** @param {string} token @returns {Promise<Preview>} */
  previewSession(token) {
    return this.#call("GET", `/sessions/by-token/${encodeURIComponent(token)}`);
  }

  /**
   * Take, or take again, a place in the session. Safe to repeat: the same person gets the same
   * participant and a fresh connect token.
   * @param {string} token @param {string} name empty for people who are logged in
   * @returns {Promise<Registration>}
   */
  register(token, name) {
    const body = name ? { participant_name: name } : {};
    return this.#call("POST", `/sessions/by-token/${encodeURIComponent(token)}/participants`, body);
  }

  /** @returns {Promise<Inquiry[]>} those that name the caller, newest first, with both people */
  async listInquiries() {
    const answer = await this.#call("GET", "/patient-inquiries?expand=patient,therapist");
    return answer.patient_inquiries;
  }

  /** @returns {Promise<TreatmentPlan[]>} those that name the caller, newest first, with both people */
  async listTreatmentPlans() {
    const answer = await this.#call("GET", "/treatment-plans?expand=patient,therapist");
    return answer.treatment_plans;
  }

  /** @param {string} id @returns {Promise<AuditEvent[]>} newest first; for the host and admins */
  async auditTrail(id) {
    return (await this.#call("GET", `/sessions/${encodeURIComponent(id)}/audit`)).audit_events;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "Accept-Language": this.language };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await this.#fetch(this.#base + path, {
        method,
        headers,
        credentials: "same-origin",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new RodaError("server_unreachable", { cause });
    }
    return readAnswer(response);
  }
}

/** @param {Response} response @returns {Promise<any>} */
async function readAnswer(response) {
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch (cause) {
    throw new RodaError("answer_not_json", { status: response.status, cause });
  }
  if (response.ok) return value;
  throw RodaError.fromBody(value?.error, { fallback: "server_error", status: response.status });
}
