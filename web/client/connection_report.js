import { lineVerdict } from "./line_verdict.js";
import { emptySample, qualityLevel } from "./quality.js";

/**
 * What the server counts of one connection (`GET /sessions/{id}/connections`), made into what
 * somebody wants to know of it. Pure functions of two looks at it.
 *
 * @typedef {import("./protocol.js").ConnectionStats} ConnectionStats
 * @typedef {import("./quality.js").Level} Level
 * @typedef {import("./quality.js").Sample} Sample
 * @typedef {import("../api.js").ConnectionInfo} ConnectionInfo
 *
 * @typedef {object} Picture
 * @property {import("./protocol.js").Source} source
 * @property {string} codec
 * @property {string[]} sizes width × height of each layer that is sent, the largest first
 *
 * @typedef {object} Received one picture that is forwarded to the connection
 * @property {string} from connection id
 * @property {string} size of what is forwarded now; empty while nothing is
 * @property {string} largest of what there is
 *
 * @typedef {object} Direction
 * @property {Level | null} level null while not known
 * @property {number | null} lossShare of packets, 0–1
 * @property {number | null} bitrateBps
 * @property {number | null} jitterMs
 *
 * @typedef {object} Report
 * @property {"here" | "interrupted" | "arriving" | "waiting" | "gone"} state
 * @property {import("./line_verdict.js").Verdict | null} verdict
 * @property {import("./protocol.js").Way | null} way
 * @property {number | null} roundTripMs
 * @property {Direction & { pictures: Picture[] }} sending
 * @property {Direction & { pictures: Received[], estimateBps: number | null }} receiving
 */

/** A line that carries less holds no picture that is worth its name, or no picture at all. */
const THIN_BPS = 250_000;
const VERY_THIN_BPS = 120_000;
const NO_SIZE = "";

/**
 * @param {ConnectionInfo | undefined} before the same connection, at the look before
 * @param {ConnectionInfo} now
 * @param {number} elapsedMs from look to look
 * @param {readonly ConnectionInfo[]} all connections at this look
 * @returns {Report}
 */
export function connectionReport(before, now, elapsedMs, all) {
  const was = before?.stats ?? null;
  const is = now.stats;
  const sending = is ? sendingOf(was, is, elapsedMs) : { ...UNKNOWN, pictures: [] };
  const receiving = is
    ? receivingOf(was, is, elapsedMs, all)
    : { ...UNKNOWN, pictures: [], estimateBps: null };
  const state = stateOf(now);
  return {
    state,
    verdict: state === "here" ? lineVerdict(sending.level, receiving.level) : null,
    way: now.status?.relayed ? "relay" : (is?.publish.way ?? is?.subscribe.way ?? null),
    roundTripMs: is?.subscribe.round_trip_ms ?? null,
    sending,
    receiving,
  };
}

/** @type {Direction} */
const UNKNOWN = { level: null, lossShare: null, bitrateBps: null, jitterMs: null };

/** @param {ConnectionInfo} connection @returns {Report["state"]} */
function stateOf({ state, transports }) {
  if (state === "closed") return "gone";
  if (state === "waiting") return "waiting";
  const transportStates = Object.values(transports);
  if (state === "lost") return "interrupted";
  if (transportStates.some((one) => one === "failed" || one === "disconnected")) {
    return "interrupted";
  }
  return transportStates.includes("connected") ? "here" : "arriving";
}

/**
 * @param {ConnectionStats | null} was @param {ConnectionStats} is @param {number} elapsedMs
 */
function sendingOf(was, is, elapsedMs) {
  const live = is.publish.tracks.some((track) => !track.muted);
  const pictures = is.publish.tracks
    .filter((track) => track.kind === "video" && !track.muted)
    .map(({ source, codec, encodings }) => ({ source, codec, sizes: sizesOf(encodings) }));
  if (is.publish.tracks.length === 0) return { ...UNKNOWN, pictures };
  const [before, now] = [was && sent(was), sent(is)];
  return { ...direction(before, now, elapsedMs, live), pictures };
}

/**
 * @param {ConnectionStats | null} was @param {ConnectionStats} is @param {number} elapsedMs
 * @param {readonly ConnectionInfo[]} all
 */
function receivingOf(was, is, elapsedMs, all) {
  const { subscribe } = is;
  const estimateBps = subscribe.estimate_source === "none" ? null : subscribe.estimate_bps;
  const pictures = receivedPictures(is, all);
  if (subscribe.tracks.length === 0) return { ...UNKNOWN, pictures, estimateBps };
  const [before, now] = [was && received(was), received(is)];
  // The server sees what it sends; whether nothing of it arrives is told by the transport's state.
  const measured = direction(before, now, elapsedMs, false);
  const most = pictures.length > 0 ? mostOfLine(estimateBps) : 4;
  const level = measured.level && /** @type {Level} */ (Math.min(measured.level, most));
  return { ...measured, level, pictures, estimateBps };
}

/** @param {number | null} estimateBps @returns {Level} what a line that carries so much is at best */
function mostOfLine(estimateBps) {
  if (estimateBps === null || estimateBps >= THIN_BPS) return 4;
  return estimateBps >= VERY_THIN_BPS ? 2 : 1;
}

/**
 * @param {(Sample & { bytes: number }) | null} before @param {Sample & { bytes: number }} now
 * @param {number} elapsedMs @param {boolean} expectsMedia
 * @returns {Direction}
 */
function direction(before, now, elapsedMs, expectsMedia) {
  // Counters that went back belong to a transport that was made anew.
  if (!before || now.packets < before.packets || elapsedMs <= 0) {
    return { ...UNKNOWN, jitterMs: now.jitterMs };
  }
  const packets = now.packets - before.packets;
  const lost = Math.max(0, now.lost - before.lost);
  return {
    level: qualityLevel(before, now, expectsMedia),
    lossShare: packets + lost > 0 ? lost / (packets + lost) : null,
    bitrateBps: (Math.max(0, now.bytes - before.bytes) * 8000) / elapsedMs,
    jitterMs: now.jitterMs,
  };
}

/** @param {ConnectionStats} stats what has come from the connection */
function sent({ publish }) {
  const sample = { ...emptySample(), bytes: 0 };
  for (const { encodings } of publish.tracks) {
    for (const encoding of encodings) {
      sample.packets += encoding.packets;
      sample.lost += encoding.packets_lost;
      sample.bytes += encoding.bytes;
      sample.jitterMs = Math.max(sample.jitterMs, encoding.jitter_ms);
    }
  }
  return sample;
}

/** @param {ConnectionStats} stats what has reached the connection, by its own reports */
function received({ subscribe }) {
  const sample = { ...emptySample(), bytes: 0, rttMs: subscribe.round_trip_ms };
  for (const track of subscribe.tracks) {
    sample.packets += Math.max(0, track.packets - track.packets_lost);
    sample.lost += track.packets_lost;
    sample.bytes += track.bytes;
    sample.jitterMs = Math.max(sample.jitterMs, track.jitter_ms);
  }
  return sample;
}

/** @param {import("./protocol.js").EncodingStats[]} encodings lowest first */
function sizesOf(encodings) {
  const sizes = encodings.flatMap(({ bitrate_bps, width, height, layers }) => {
    if (bitrate_bps === 0) return [];
    const inside = layers.filter((layer) => layer.width > 0);
    return inside.length > 0 ? inside : [{ width, height }];
  });
  return [...new Set(sizes.map(sizeText).filter(Boolean))].reverse();
}

/** @param {{ width: number, height: number }} picture */
function sizeText({ width, height }) {
  return width ? `${width} × ${height}` : NO_SIZE;
}

/**
 * @param {ConnectionStats} stats @param {readonly ConnectionInfo[]} all
 * @returns {Received[]}
 */
function receivedPictures({ subscribe }, all) {
  const published = new Map(
    all.flatMap(({ stats }) => stats?.publish.tracks ?? []).map((track) => [track.track_id, track]),
  );
  return subscribe.tracks.flatMap((track) => {
    const original = published.get(track.track_id);
    if (track.kind !== "video" || track.refused || !original || original.muted) return [];
    const { encodings } = original;
    const flowing = encodings.find((one) => one.rid === track.layer) ?? encodings[0];
    const layer = flowing?.layers.find(
      ({ spatial, temporal }) =>
        spatial === track.stream_layer?.spatial && temporal === track.stream_layer?.temporal,
    );
    const shown = layer?.width ? layer : flowing;
    const size = track.started && shown ? sizeText(shown) : NO_SIZE;
    return [{ from: track.connection_id, size, largest: sizesOf(encodings)[0] ?? NO_SIZE }];
  });
}
