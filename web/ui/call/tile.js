import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { avatar, iconButton } from "../parts.js";
import { qualityIcon } from "./quality_icon.js";

/**
 * @typedef {object} TileState
 * @property {string} name
 * @property {MediaStreamTrack | null} video null while the camera is off
 * @property {MediaStreamTrack | null} audio
 * @property {boolean} micOff
 * @property {boolean} handRaised
 * @property {string} trouble in words, where the line is interrupted
 */

/** One picture in the call: a person's camera, or a shared screen. */
export class Tile {
  #t;
  #video;
  #audio;
  #nameplate;
  #mic = h("span", { class: "tile-mic" });
  #hand = h("span", { class: "tile-hand" });
  #avatarPlace = h("div", { class: "tile-avatar" });
  #quality;
  #trouble;
  #pin;

  /**
   * @param {object} options
   * @param {import("../i18n.js").Translate} options.t
   * @param {string} options.testid
   * @param {"self" | "remote" | "screen"} options.kind
   * @param {() => void} options.onPin
   */
  constructor({ t, testid, kind, onPin }) {
    this.#t = t;
    const isSelf = kind === "self";
    this.#video = h("video", {
      autoplay: true,
      playsInline: true,
      // Sound comes from its own element: it must not wait for the first picture.
      muted: true,
      class: isSelf ? "mirrored" : "",
      ...(isSelf ? { testid } : {}),
    });
    this.#audio = isSelf ? null : h("audio", { autoplay: true });
    this.#nameplate = h("span", { class: "tile-name" });
    this.#quality = kind === "screen" ? null : qualityIcon(t, "connection-quality");
    this.#trouble = h("p", { class: "tile-trouble", testid: "tile-trouble", hidden: true });
    this.#pin = iconButton("pin", t("tile.pin"), { on: { click: onPin }, "aria-pressed": "false" });
    this.element = h(
      "figure",
      {
        class: `tile tile-${kind}`,
        testid: isSelf ? "self-tile" : testid,
        on: { dblclick: onPin },
      },
      this.#avatarPlace,
      this.#video,
      this.#audio,
      this.#trouble,
      h("div", { class: "tile-tools" }, this.#pin, this.#pictureTools()),
      h(
        "figcaption",
        { class: "tile-caption" },
        this.#hand,
        this.#mic,
        this.#nameplate,
        this.#quality?.element,
      ),
    );
    /** @type {string} */
    this.shownName = "";
  }

  /** @param {TileState} state */
  update({ name, video, audio, micOff, handRaised, trouble }) {
    const t = this.#t;
    if (name !== this.shownName) {
      this.shownName = name;
      this.#nameplate.textContent = name;
      this.#video.setAttribute("aria-label", t("tile.video", { name }));
      replace(this.#avatarPlace, avatar(name));
    }
    setTracks(this.#video, [video, video && audio]);
    if (this.#audio) setTracks(this.#audio, [audio]);
    this.element.classList.toggle("no-video", video === null);
    this.#trouble.hidden = trouble === "";
    this.#trouble.textContent = trouble;
    const words = (/** @type {string} */ text) => h("span", { class: "visually-hidden" }, text);
    replace(this.#mic, micOff ? [icon("mic_off"), words(t("tile.mic_off"))] : []);
    replace(this.#hand, handRaised ? [icon("hand"), words(t("tile.hand"))] : []);
  }

  /** @param {import("../../client/quality.js").Level} level */
  setQuality(level) {
    this.#quality?.set(level);
  }

  /** @param {boolean} speaking */
  setSpeaking(speaking) {
    this.element.classList.toggle("speaking", speaking);
  }

  /** @param {boolean} pinned */
  setPinned(pinned) {
    this.#pin.setAttribute("aria-pressed", String(pinned));
  }

  /** @param {string} deviceId of a loudspeaker; empty for the system's */
  async setSpeaker(deviceId) {
    if (this.#audio && "setSinkId" in this.#audio) await this.#audio.setSinkId(deviceId);
  }

  /** Play again after the browser wanted a click first. @returns {boolean} sound is blocked */
  get isSilenced() {
    return this.#audio !== null && this.#audio.srcObject !== null && this.#audio.paused;
  }

  async play() {
    await this.#audio?.play();
  }

  remove() {
    this.element.remove();
    setTracks(this.#video, []);
    if (this.#audio) setTracks(this.#audio, []);
  }

  #pictureTools() {
    const { element, t } = { element: this.#video, t: this.#t };
    const tools = [];
    if (document.pictureInPictureEnabled) {
      tools.push(
        iconButton("pip", t("tile.pip"), { on: { click: () => void togglePip(element) } }),
      );
    }
    if (document.fullscreenEnabled) {
      const toggle = () =>
        void (document.fullscreenElement
          ? document.exitFullscreen()
          : this.element.requestFullscreen());
      tools.push(iconButton("full", t("tile.full"), { on: { click: toggle } }));
    }
    return tools;
  }
}

/** @param {HTMLVideoElement} video */
async function togglePip(video) {
  if (document.pictureInPictureElement === video) await document.exitPictureInPicture();
  else if (video.videoWidth > 0) await video.requestPictureInPicture();
}

/**
 * Give the element exactly these tracks, touching nothing when it has them.
 * @param {HTMLMediaElement} element @param {(MediaStreamTrack | null)[]} tracks
 */
function setTracks(element, tracks) {
  const wanted = tracks.filter((track) => track !== null);
  const stream = /** @type {MediaStream | null} */ (element.srcObject);
  const has = stream?.getTracks() ?? [];
  if (has.length === wanted.length && wanted.every((track) => has.includes(track))) return;
  element.srcObject = wanted.length > 0 ? new MediaStream(wanted) : null;
  if (wanted.length === 0) return;
  // The `autoplay` attribute alone may leave a picture that was not on the screen paused.
  element.play().catch((error) => console.debug("Not playing yet", element.tagName, error.name));
}
