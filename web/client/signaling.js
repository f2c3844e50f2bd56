import { RodaError } from "./errors.js";

/**
 * @typedef {import("./protocol.js").Notification} Notification
 * @typedef {import("./protocol.js").RequestType} RequestType
 * @typedef {{
 *   resolve: (result: any) => void,
 *   reject: (error: RodaError) => void,
 *   timer: ReturnType<typeof setTimeout>,
 * }} Pending
 */

const REQUEST_TIMEOUT_MS = 10_000;
/** The socket was opened and nobody answered a request: as good as lost. */
const CLOSE_UNANSWERED = 4900;

/**
 * One WebSocket: numbered requests with answers and a time limit, notifications, and its loss.
 * Requests made before the socket is open wait for it, in order.
 */
export class Signaling {
  /** @type {WebSocket | null} */
  #socket = null;
  #nextId = 1;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  /** @type {string[]} */
  #unsent = [];
  #handlers;
  #WebSocket;

  /**
   * @param {object} handlers
   * @param {() => void} handlers.onOpen
   * @param {(message: Notification) => void} handlers.onNotification
   * @param {(error: RodaError) => void} handlers.onFault an `error` that answers no request
   * @param {(code: number) => void} handlers.onLost the socket closed without `close()`
   * @param {typeof globalThis.WebSocket} [WebSocketClass]
   */
  constructor(handlers, WebSocketClass = globalThis.WebSocket) {
    this.#handlers = handlers;
    this.#WebSocket = WebSocketClass;
  }

  /** @param {string} url */
  connect(url) {
    const socket = new this.#WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#handlers.onOpen();
      for (const text of this.#unsent.splice(0)) socket.send(text);
    };
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#abandon();
      this.#handlers.onLost(event.code);
    };
  }

  /**
   * @template {RequestType} T
   * @param {T} type
   * @param {import("./protocol.js").Requests[T]} fields
   * @param {number} [limitMs] so long without an answer, and the socket counts as lost
   * @returns {Promise<import("./protocol.js").ResultOf<T>>}
   *   rejects with `RodaError`: the server's code, `signaling_lost` or `request_timeout`
   */
  request(type, fields, limitMs = REQUEST_TIMEOUT_MS) {
    const socket = this.#socket;
    if (!socket) return Promise.reject(new RodaError("signaling_lost"));
    const id = this.#nextId++;
    const text = JSON.stringify({ type, id, ...fields });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(id, socket), limitMs);
      this.#pending.set(id, { resolve, reject, timer });
      if (socket.readyState === socket.OPEN) socket.send(text);
      else this.#unsent.push(text);
    });
  }

  /** Close for good; pending requests are refused with `signaling_lost`, `onLost` stays silent. */
  close() {
    const socket = this.#socket;
    this.#abandon();
    socket?.close(1000);
  }

  /** @param {unknown} data */
  #receive(data) {
    if (typeof data !== "string") return;
    const message = JSON.parse(data);
    if (message.type === "ok") this.#settle(message.id)?.resolve(message);
    else if (message.type === "error") {
      const error = RodaError.fromBody(message.error, { fallback: "server_error" });
      const pending = this.#settle(message.id);
      if (pending) pending.reject(error);
      else this.#handlers.onFault(error);
    } else this.#handlers.onNotification(message);
  }

  /** @param {number} id @returns {Pending | undefined} */
  #settle(id) {
    const pending = this.#pending.get(id);
    if (pending) clearTimeout(pending.timer);
    this.#pending.delete(id);
    return pending;
  }

  /**
   * Not by the socket's own closing, for which a dead connection would take long.
   * @param {number} id @param {WebSocket} socket
   */
  #expire(id, socket) {
    this.#settle(id)?.reject(new RodaError("request_timeout"));
    if (this.#socket !== socket) return;
    this.#abandon();
    socket.close(CLOSE_UNANSWERED);
    this.#handlers.onLost(CLOSE_UNANSWERED);
  }

  #abandon() {
    this.#socket = null;
    this.#unsent = [];
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id)?.reject(new RodaError("signaling_lost"));
    }
  }
}

/**
 * The WebSocket address of a registration, with its token and, when a connection is to be taken
 * up again, that connection's id.
 * @param {import("./protocol.js").Registration} registration
 * @param {{ base: string, language: string, resume?: string | null }} options
 * @returns {string}
 */
export function signalingAddress(registration, { base, language, resume = null }) {
  const url = new URL(registration.signaling_url || "/ws", base);
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("token", registration.connect_token);
  url.searchParams.set("lang", language);
  if (resume) url.searchParams.set("resume", resume);
  return url.href;
}
