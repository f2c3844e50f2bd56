import { emptySample, qualityLevel } from "./quality.js";

/**
 * @typedef {import("./quality.js").Sample} Sample
 * @typedef {import("./quality.js").Level} Level
 * @typedef {Record<string, any>} Stat one entry of an RTCStatsReport
 */

/**
 * Sum a subscribe transport's report by the connection its tracks come from.
 * @param {Iterable<Stat>} report
 * @param {(mid: string) => string | undefined} connectionOn connection id by mid
 * @returns {Map<string, Sample>}
 */
export function receivedSamples(report, connectionOn) {
  const stats = [...report];
  const rttMs = roundTrip(stats);
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  for (const stat of stats) {
    if (stat.type !== "inbound-rtp") continue;
    const id = connectionOn(stat.mid);
    if (id === undefined) continue;
    const sample = samples.get(id) ?? { ...emptySample(), rttMs };
    sample.packets += stat.packetsReceived ?? 0;
    sample.lost += Math.max(0, stat.packetsLost ?? 0);
    sample.frames += stat.framesDecoded ?? 0;
    sample.jitterMs = Math.max(sample.jitterMs, (stat.jitter ?? 0) * 1000);
    samples.set(id, sample);
  }
  return samples;
}

/**
 * What the server told (by receiver reports) of what is sent to it.
 * @param {Iterable<Stat>} report
 * @returns {Sample}
 */
export function sentSample(report) {
  const stats = [...report];
  const sample = { ...emptySample(), rttMs: roundTrip(stats) };
  for (const stat of stats) {
    if (stat.type === "outbound-rtp") sample.packets += stat.packetsSent ?? 0;
    if (stat.type !== "remote-inbound-rtp") continue;
    sample.lost += Math.max(0, stat.packetsLost ?? 0);
    sample.jitterMs = Math.max(sample.jitterMs, (stat.jitter ?? 0) * 1000);
  }
  return sample;
}

/**
 * How large the pictures are that go in, before any encoding.
 * @param {Iterable<Stat>} report
 * @returns {Map<string, import("./encodings.js").Size>} by track
 */
export function sourceSizes(report) {
  const sizes = new Map();
  for (const { type, trackIdentifier, width, height } of report) {
    if (type === "media-source" && width && height) sizes.set(trackIdentifier, { width, height });
  }
  return sizes;
}

/**
 * What has gone over one transport, as far as the browser tells.
 * @param {Iterable<Stat>} report
 * @returns {import("./line_watch.js").Flow}
 */
export function transportFlow(report) {
  const flow = { arrived: 0, sent: 0 };
  for (const stat of report) {
    if (stat.type === "transport") flow.arrived += stat.packetsReceived ?? 0;
    if (stat.type === "candidate-pair") {
      flow.arrived += (stat.responsesReceived ?? 0) + (stat.packetsReceived ?? 0);
    }
    if (stat.type === "inbound-rtp") flow.arrived += stat.packetsReceived ?? 0;
    if (stat.type === "outbound-rtp") flow.sent += stat.packetsSent ?? 0;
  }
  return flow;
}

/** @param {Stat[]} stats @returns {number | null} of the candidate pair in use, milliseconds */
export function roundTrip(stats) {
  const pair = stats.find((stat) => stat.type === "candidate-pair" && stat.nominated);
  const seconds = pair?.currentRoundTripTime;
  return typeof seconds === "number" ? seconds * 1000 : null;
}

/**
 * @param {Iterable<Stat>} report
 * @returns {boolean | null} whether the pair in use goes through a TURN server of this end
 */
export function isRelayed(report) {
  const stats = [...report];
  const pair = stats.find((stat) => stat.type === "candidate-pair" && stat.nominated);
  const local = pair && stats.find((stat) => stat.id === pair.localCandidateId);
  return local ? local.candidateType === "relay" : null;
}

/** Remembers the last samples and says how each connection has done since. */
export class QualityMeter {
  /** @type {Map<string, Sample>} */
  #last = new Map();

  /**
   * @param {string} id @param {Sample} sample @param {boolean} expectsMedia
   * @returns {Level | null} null for the first sample
   */
  measure(id, sample, expectsMedia) {
    const before = this.#last.get(id);
    this.#last.set(id, sample);
    return before ? qualityLevel(before, sample, expectsMedia) : null;
  }

  /** @param {string} id */
  forget(id) {
    this.#last.delete(id);
  }
}
