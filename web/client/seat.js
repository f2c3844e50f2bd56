import { signalingAddress } from "./signaling.js";

/** One person's registration in a session, and the addresses that follow from it. */
export class Seat {
  #api;
  #sessionToken;
  #base;
  /** @type {import("./protocol.js").Registration | null} */
  #registration = null;
  /** Empty for people who are logged in. */
  name = "";

  /** @param {{ api: import("../api.js").RodaApi, sessionToken: string, base: string }} options */
  constructor({ api, sessionToken, base }) {
    this.#api = api;
    this.#sessionToken = sessionToken;
    this.#base = base;
  }

  /** @returns {boolean} a socket can be opened without registering first */
  get isRegistered() {
    return this.#registration !== null;
  }

  /** @returns {Promise<import("./protocol.js").IceServer[]>} rejects with `RodaError` */
  async register() {
    this.#registration = await this.#api.register(this.#sessionToken, this.name);
    return this.#registration.ice_servers;
  }

  /** The registration is worth nothing any more. */
  forget() {
    this.#registration = null;
  }

  /** @param {string | null} resume the connection to take up again @returns {string} */
  address(resume) {
    if (!this.#registration) throw new Error("not registered");
    return signalingAddress(this.#registration, {
      base: this.#base,
      language: this.#api.language,
      resume,
    });
  }
}
