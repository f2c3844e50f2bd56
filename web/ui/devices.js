import { RodaError } from "../client/errors.js";
import { deviceError, listDevices, openBoth, openCamera, openMicrophone } from "../client/media.js";

/**
 * @typedef {"camera" | "microphone"} DeviceKind
 */

/** @type {Record<string, import("../client/protocol.js").DeviceState>} */
const STATES = {
  device_missing: "missing",
  device_denied: "denied",
  device_blocked_by_system: "denied",
  device_insecure: "denied",
  device_busy: "in_use",
};

/**
 * This person's camera and microphone before and during a call: open, closed, chosen, refused.
 * Emits `change` whenever any of that changes.
 */
export class Devices extends EventTarget {
  #preferences;
  #watching = new AbortController();
  /** @type {Record<DeviceKind, MediaStreamTrack | null>} */
  tracks = { camera: null, microphone: null };
  /** @type {Record<DeviceKind, RodaError | null>} */
  errors = { camera: null, microphone: null };
  /** @type {Record<DeviceKind, boolean>} what the person wants */
  on = { camera: true, microphone: true };
  /** @type {MediaDeviceInfo[]} */
  list = [];

  /** @param {import("./preferences.js").Preferences} preferences */
  constructor(preferences) {
    super();
    this.#preferences = preferences;
    this.on.camera = preferences.get("cameraOn") !== "no";
    this.on.microphone = preferences.get("microphoneOn") !== "no";
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.refreshList(), {
      signal: this.#watching.signal,
    });
  }

  /** Ask for what is wanted, in one question. Settles when the person has answered. */
  async openAll() {
    if (this.on.camera && this.on.microphone) {
      const camera = this.#preferences.get("camera");
      const microphone = this.#preferences.get("microphone");
      const opened = await openBoth({ camera, microphone });
      this.#take("camera", opened.camera);
      this.#take("microphone", opened.microphone);
    } else {
      await Promise.all([this.open("camera"), this.open("microphone")]);
    }
    await this.refreshList();
  }

  /**
   * @param {DeviceKind} kind
   * @returns {Promise<MediaStreamTrack | null>} null when refused; `errors` says why
   */
  async open(kind) {
    if (!this.on[kind]) return null;
    const opener = kind === "camera" ? openCamera : openMicrophone;
    const opened = await opener(this.#preferences.get(kind)).catch(deviceError);
    return this.#take(kind, opened);
  }

  /** Stop it; a camera's light goes off. @param {DeviceKind} kind */
  close(kind) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.#changed();
  }

  /** @param {DeviceKind} kind @param {boolean} on remembered for the next call */
  want(kind, on) {
    this.on[kind] = on;
    this.#preferences.set(kind === "camera" ? "cameraOn" : "microphoneOn", on ? "" : "no");
    this.#changed();
  }

  /** @param {DeviceKind | "speaker"} kind @param {string} deviceId remembered */
  choose(kind, deviceId) {
    this.#preferences.set(kind, deviceId);
  }

  /** @param {DeviceKind | "speaker"} kind @returns {string} */
  chosen(kind) {
    const open = kind === "speaker" ? undefined : this.tracks[kind]?.getSettings().deviceId;
    return open ?? this.#preferences.get(kind);
  }

  /** @param {DeviceKind} kind @returns {import("../client/protocol.js").DeviceState} */
  state(kind) {
    if (this.tracks[kind]) return "ok";
    const error = this.errors[kind];
    if (!this.on[kind] || !error) return "off";
    return STATES[error.code] ?? "failed";
  }

  async refreshList() {
    try {
      this.list = await listDevices();
    } catch (error) {
      this.list = [];
      console.info("Devices cannot be listed", error);
    }
    this.#changed();
  }

  /** Let everything go, for good. */
  closeAll() {
    this.#watching.abort();
    this.close("camera");
    this.close("microphone");
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack | RodaError} opened */
  #take(kind, opened) {
    if (opened instanceof RodaError) {
      this.errors[kind] = opened;
    } else {
      this.tracks[kind]?.stop();
      this.tracks[kind] = opened;
      this.errors[kind] = null;
      opened.addEventListener("ended", () => this.#unplugged(kind, opened));
    }
    this.#changed();
    return opened instanceof RodaError ? null : opened;
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  #unplugged(kind, track) {
    if (this.tracks[kind] !== track) return;
    this.tracks[kind] = null;
    this.dispatchEvent(new CustomEvent("unplugged", { detail: { kind } }));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
