import { h } from "../dom.js";
import { gridShape } from "./grid.js";
import { Tile } from "./tile.js";

/** @typedef {import("./call_screen.js").Call} Call */

const GAP_PX = 12;
const STRIP_LIMIT_PX = 150;
const STRIP_LEAST_PX = 84;
const SPEAKING_LEVEL = 0.02;
const SPEAKING_POLL_MS = 200;
const SELF = "self";

/** All the pictures of a call, and where they are. Call `update` whenever the room changes. */
export class Stage {
  #context;
  #call;
  /** @type {Map<string, Tile>} by key: "self", a connection id, or "screen:" and one */
  #tiles = new Map();
  /** @type {string | null} */
  #pinned = null;
  #observer = new ResizeObserver(() => this.#layOut());
  #timer;
  element = h("div", { class: "stage" });

  /** @param {import("../context.js").Context} context @param {Call} call */
  constructor(context, call) {
    this.#context = context;
    this.#call = call;
    this.#observer.observe(this.element);
    this.#timer = setInterval(() => this.#showSpeaking(), SPEAKING_POLL_MS);
  }

  destroy() {
    clearInterval(this.#timer);
    this.#observer.disconnect();
    for (const tile of this.#tiles.values()) tile.remove();
  }

  update() {
    const states = this.#states();
    for (const [key, tile] of this.#tiles) {
      if (states.has(key)) continue;
      tile.remove();
      this.#tiles.delete(key);
      if (this.#pinned === key) this.#pinned = null;
    }
    for (const [key, state] of states) {
      const tile = this.#tiles.get(key) ?? this.#add(key);
      tile.update(state);
    }
    this.#layOut();
  }

  /** @param {string} connectionId @param {import("../../client/quality.js").Level} level */
  setQuality(connectionId, level) {
    const key = connectionId === this.#call.client.room.connectionId ? SELF : connectionId;
    this.#tiles.get(key)?.setQuality(level);
  }

  /** @param {string} deviceId */
  async setSpeaker(deviceId) {
    await Promise.all([...this.#tiles.values()].map((tile) => tile.setSpeaker(deviceId)));
  }

  /** @returns {Tile[]} those whose sound the browser holds back until a click */
  silenced() {
    return [...this.#tiles.values()].filter((tile) => tile.isSilenced);
  }

  /** @returns {Map<string, import("./tile.js").TileState>} in the order they are shown */
  #states() {
    const { client, remote } = this.#call;
    const { t } = this.#context;
    const states = new Map();
    for (const { connection_id: id, participant, tracks } of client.room.peers.values()) {
      const sending = (/** @type {string} */ source) =>
        tracks.some((track) => track.source === source && !track.muted);
      const shared = remote.track(id, "screen");
      if (shared && sending("screen")) {
        const name = t("tile.screen", { name: participant.name });
        const audio = remote.track(id, "screen_audio");
        const unseen = this.#unseen(id, "screen");
        states.set(`screen:${id}`, {
          name,
          video: unseen ? null : shared,
          audio,
          micOff: false,
          handRaised: false,
          trouble: unseen,
        });
      }
      const trouble = client.room.trouble(id);
      const unseen = sending("camera") ? this.#unseen(id, "camera") : "";
      states.set(id, {
        name: participant.name,
        video: sending("camera") && !unseen ? remote.track(id, "camera") : null,
        audio: remote.track(id, "microphone"),
        micOff: !sending("microphone"),
        handRaised: participant.hand_raised,
        trouble: trouble ? t(trouble === "lost" ? "tile.line_lost" : "tile.away") : unseen,
      });
    }
    const { me } = client.room;
    states.set(SELF, {
      name: t("chat.me"),
      video: client.local.get("camera")?.track ?? null,
      audio: null,
      micOff: !this.#call.local.isOn("microphone"),
      handRaised: me?.hand_raised ?? false,
      trouble: client.line === "restoring" ? t("tile.away") : "",
    });
    return states;
  }

  /**
   * Why a picture that is sent is not shown, in words.
   * @param {string} connectionId @param {import("../../client/protocol.js").Source} source
   */
  #unseen(connectionId, source) {
    const told = this.#call.client.room.unseen(connectionId, source);
    if (!told) return "";
    const { t } = this.#context;
    return t(told.asked ? "tile.undecodable_asked" : "tile.undecodable", { codec: told.codec });
  }

  /** @param {string} key */
  #add(key) {
    const kind = key === SELF ? "self" : key.startsWith("screen:") ? "screen" : "remote";
    const testid = { self: "local-video", screen: "screen-tile", remote: "remote-tile" }[kind];
    const onPin = () => {
      this.#pinned = this.#pinned === key ? null : key;
      this.#layOut();
    };
    const tile = new Tile({ t: this.#context.t, testid, kind, onPin });
    if (kind !== "self") tile.element.dataset.connection = key.replace("screen:", "");
    void tile.setSpeaker(this.#call.devices.chosen("speaker"));
    this.#tiles.set(key, tile);
    // Shared screens first, oneself last, the others as they came.
    const next = kind === "screen" ? this.element.firstChild : this.#tiles.get(SELF)?.element;
    this.element.insertBefore(tile.element, next === tile.element ? null : (next ?? null));
    return tile;
  }

  /** A pinned tile, or else a shared screen, is shown large and the others in a strip. */
  #layOut() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    const keys = [...this.#tiles.keys()];
    const screen = keys.find((key) => key.startsWith("screen:"));
    const large = this.#pinned ?? screen ?? null;
    const duo = large === null && keys.length === 2;
    this.element.dataset.layout = large ? "spotlight" : duo ? "duo" : "grid";
    this.element.dataset.strip = width > height ? "side" : "below";
    for (const [key, tile] of this.#tiles) {
      tile.element.classList.toggle("large", key === large);
      tile.setPinned(key === this.#pinned);
    }
    const shape = duo
      ? gridShape(1, width, height, GAP_PX)
      : large
        ? stripShape(keys.length - 1, width, height)
        : gridShape(keys.length, width, height, GAP_PX);
    this.element.style.setProperty("--tile-width", `${shape.width}px`);
    this.element.style.setProperty("--tile-height", `${shape.height}px`);
    this.#tellSizes();
  }

  /** The server sends no larger pictures than are shown. */
  #tellSizes() {
    const { client } = this.#call;
    const wishes = new Map();
    for (const { connection_id: id, tracks } of client.room.peers.values()) {
      for (const { track_id, kind, source } of tracks) {
        if (kind !== "video") continue;
        const key = source === "screen" ? `screen:${id}` : id;
        const { clientWidth = 0, clientHeight = 0 } = this.#tiles.get(key)?.element ?? {};
        wishes.set(track_id, {
          width: clientWidth * devicePixelRatio,
          height: clientHeight * devicePixelRatio,
          pinned: this.#pinned === key,
        });
      }
    }
    client.setWishes(wishes);
  }

  #showSpeaking() {
    const levels = this.#call.client.audioLevels();
    for (const [key, tile] of this.#tiles) {
      tile.setSpeaking((levels.get(key) ?? 0) > SPEAKING_LEVEL);
    }
  }
}

/** @param {number} count @param {number} width @param {number} height of the whole stage */
function stripShape(count, width, height) {
  if (width > height) {
    const fair = (height - GAP_PX * (count - 1)) / Math.max(1, count);
    const tileHeight = Math.min(STRIP_LIMIT_PX, Math.max(STRIP_LEAST_PX, fair));
    return { width: Math.round((tileHeight * 16) / 9), height: Math.round(tileHeight) };
  }
  const tileWidth = Math.min(
    STRIP_LIMIT_PX,
    (width - GAP_PX * (count - 1)) / Math.max(1, Math.min(3, count)),
  );
  return { width: Math.round(tileWidth), height: Math.round((tileWidth * 3) / 4) };
}
