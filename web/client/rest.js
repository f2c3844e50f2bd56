import { RodaError } from "./errors.js";

const REQUEST_TIMEOUT_MS = 15_000;

/** JSON requests to the API of `/api/v1`, with the browser's cookies. */
export class Rest {
  #base;
  #fetch;

  /**
   * @param {object} options
   * @param {string} [options.baseUrl] where the server is; the page's own origin by default
   * @param {string} [options.language] BCP 47 tag the server words its errors in
   * @param {typeof fetch} [options.fetch]
   */
  constructor({ baseUrl = "", language = "en", fetch = globalThis.fetch.bind(globalThis) }) {
    this.#base = `${baseUrl.replace(/\/$/, "")}/api/v1`;
    this.language = language;
    this.#fetch = fetch;
  }

  /**
   * @param {string} method @param {string} path @param {object} [body]
   * @returns {Promise<any>} rejects with `RodaError`
   */
  async call(method, path, body) {
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
