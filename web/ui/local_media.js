import { openScreen } from "../client/media.js";

/**
 * What this person sends during a call, switched by them: joins their devices to the client.
 */
export class LocalMedia {
  #client;
  #devices;

  /**
   * @param {import("../client/roda_client.js").RodaClient} client
   * @param {import("./devices.js").Devices} devices
   */
  constructor(client, devices) {
    this.#client = client;
    this.#devices = devices;
    devices.addEventListener("unplugged", (event) => {
      const { kind } = /** @type {CustomEvent<{ kind: "camera" | "microphone" }>} */ (event).detail;
      void this.#replaceLost(kind);
    });
    const tell = () =>
      client.setDevices({
        camera: devices.state("camera"),
        microphone: devices.state("microphone"),
      });
    devices.addEventListener("change", tell);
    tell();
  }

  /** Hand over what pre-join opened. Comes before `join`. */
  async prepare() {
    const { microphone, camera } = this.#devices.tracks;
    if (microphone) await this.#client.setTrack("microphone", microphone, false);
    if (camera) await this.#client.setTrack("camera", camera, false);
  }

  /** @param {"microphone" | "camera" | "screen"} source @returns {boolean} */
  isOn(source) {
    const local = this.#client.local.get(source);
    return Boolean(local?.track && !local.muted);
  }

  /** A microphone keeps running while it is muted, so that speaking is heard without delay. */
  async toggleMicrophone() {
    const local = this.#client.local.get("microphone");
    if (local?.track) {
      this.#devices.want("microphone", local.muted);
      await this.#client.setMuted("microphone", !local.muted);
      return;
    }
    await this.#open("microphone");
  }

  /** A camera that is off is stopped: its light goes out. */
  async toggleCamera() {
    if (!this.isOn("camera")) return this.#open("camera");
    this.#devices.want("camera", false);
    this.#devices.close("camera");
    await this.#client.setTrack("camera", null, true);
  }

  async toggleScreen() {
    if (this.isOn("screen")) return this.#stopScreen();
    const screen = await openScreen();
    screen.video.addEventListener("ended", () => void this.#stopScreen());
    await this.#client.setScreen(screen);
  }

  /** Use the device chosen now, in place of the one in use. @param {"camera" | "microphone"} kind */
  async change(kind) {
    const local = this.#client.local.get(kind);
    if (!local?.track) return;
    const track = await this.#devices.open(kind);
    if (!track) throw this.#devices.errors[kind];
    track.enabled = !local.muted;
    await this.#client.setTrack(kind, track, local.muted);
  }

  stop() {
    this.#devices.closeAll();
    for (const source of /** @type {const} */ (["screen", "screen_audio"])) {
      this.#client.local.get(source)?.track?.stop();
    }
  }

  /** @param {"camera" | "microphone"} kind */
  async #open(kind) {
    this.#devices.want(kind, true);
    const track = await this.#devices.open(kind);
    if (!track) throw this.#devices.errors[kind];
    await this.#client.setTrack(kind, track, false);
    void this.#devices.refreshList();
  }

  /** Another device takes the place of one that was unplugged. @param {"camera" | "microphone"} kind */
  async #replaceLost(kind) {
    const muted = this.#client.local.get(kind)?.muted ?? true;
    const track = muted ? null : await this.#devices.open(kind);
    await this.#client.setTrack(kind, track, track === null);
  }

  async #stopScreen() {
    for (const source of /** @type {const} */ (["screen", "screen_audio"])) {
      this.#client.local.get(source)?.track?.stop();
    }
    await this.#client.setScreen(null);
  }
}
