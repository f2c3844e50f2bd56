/**
 * A refusal or failure with a stable code. `message` and `remedy` come from the server where it
 * answered, already in the reader's language; they are empty for failures seen here, whose words
 * the page finds by code.
 */
export class RodaError extends Error {
  /**
   * @param {string} code
   * @param {{ message?: string, remedy?: string, status?: number, cause?: unknown }} [more]
   *   `status` is the HTTP status, 0 where there was no HTTP answer.
   */
  constructor(code, { message = "", remedy = "", status = 0, cause } = {}) {
    super(message, { cause });
    this.name = "RodaError";
    this.code = code;
    this.remedy = remedy;
    this.status = status;
  }

  /** @param {unknown} error @returns {RodaError} itself, or `failed` because of it */
  static from(error) {
    return error instanceof RodaError ? error : new RodaError("failed", { cause: error });
  }

  /**
   * @param {unknown} body an error body as the server sends it; anything else becomes `fallback`
   * @param {{ fallback: string, status?: number }} options
   * @returns {RodaError}
   */
  static fromBody(body, { fallback, status = 0 }) {
    const given = /** @type {Record<string, unknown>} */ (
      body !== null && typeof body === "object" ? body : {}
    );
    const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
    return new RodaError(text(given.code) || fallback, {
      message: text(given.message),
      remedy: text(given.remedy),
      status,
    });
  }
}
