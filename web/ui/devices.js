import { deviceError, openCamera, openMicrophone, listDevices } from "../client/media.js";

/**
 * @typedef {"camera" | "microphone"} DeviceKind
 * @typedef {import("../client/errors.js").RodaError} RodaError
 */

/**
 * This person's camera and microphone before and during a call: open, closed, chosen, refused.
 * Emits `change` whenever any of that changes.
 */
export class Devices extends EventTarget {
  #preferences;
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
  }

  /** Ask for both; each may be refused on its own. Settles when the person has answered. */
  async openAll() {
    await Promise.all([this.open("camera"), this.open("microphone")]);
    await this.refreshList();
  }

  /**
   * @param {DeviceKind} kind
   * @returns {Promise<MediaStreamTrack | null>} null when refused; `errors` says why
   */
  async open(kind) {
    if (!this.on[kind]) return null;
    const opener = kind === "camera" ? openCamera : openMicrophone;
    try {
      const track = await opener(this.#preferences.get(kind));
      this.tracks[kind]?.stop();
      this.tracks[kind] = track;
      this.errors[kind] = null;
      track.addEventListener("ended", () => this.#unplugged(kind, track));
    } catch (error) {
      this.errors[kind] = deviceError(error);
    }
    this.#changed();
    return this.tracks[kind];
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

  async refreshList() {
    try {
      this.list = await listDevices();
    } catch (error) {
      this.list = [];
      console.info("Devices cannot be listed", error);
    }
    this.#changed();
  }

  closeAll() {
    this.close("camera");
    this.close("microphone");
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
