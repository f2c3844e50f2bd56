import { roundTrip } from "./stats.js";

const MIN_REQUESTS = 2; // between two reports: one gap is an accident, not a line that loses
const EXTRA_MS = 60; // a frame's time: a gap is seen when the next packet comes
const ROUND_TRIPS = 2; // some retransmissions are lost, too
const LEAST_MS = 250; // what was lost on the publisher's line takes that line's round trips
const STEP_MS = 60; // while frames still come too late
const MAX_MS = 400;
const QUIET_REPORTS = 5; // without a gap, until it is tried with less

/**
 * @typedef {object} Line what one picture's line has been like
 * @property {number} requests retransmissions asked for, all told
 * @property {number} dropped frames that came too late, and freezes, all told
 * @property {number} quiet reports in a row without a gap
 * @property {number} targetMs 0 where the browser decides alone
 */

/**
 * How long pictures are held back before they are shown, so that what was lost is there again in
 * time. A browser does this by itself only where it knows the round trip, which it never does of
 * a connection that it only receives on.
 */
export class PlayoutDelay {
  /** @type {Map<string, Line>} by section */
  #lines = new Map();

  /**
   * @param {Iterable<import("./stats.js").Stat>} report of the receiving connection
   * @returns {Map<string, number | null>} what to set as `jitterBufferTarget`, by mid
   */
  update(report) {
    const stats = [...report];
    const rttMs = roundTrip(stats) ?? 0;
    /** @type {Map<string, Line>} */
    const lines = new Map();
    for (const stat of stats) {
      if (stat.type !== "inbound-rtp" || stat.kind !== "video") continue;
      const dropped = (stat.framesDropped ?? 0) + (stat.freezeCount ?? 0);
      const now = { requests: stat.nackCount ?? 0, dropped };
      const before = this.#lines.get(stat.mid);
      lines.set(stat.mid, before ? next(before, now, rttMs) : { ...now, quiet: 0, targetMs: 0 });
    }
    this.#lines = lines;
    return new Map([...lines].map(([mid, { targetMs }]) => [mid, targetMs || null]));
  }
}

/**
 * @param {Line} before @param {{ requests: number, dropped: number }} now @param {number} rttMs
 * @returns {Line}
 */
function next(before, now, rttMs) {
  const requests = now.requests - before.requests;
  const late = now.dropped > before.dropped;
  let { targetMs } = before;
  const quiet = requests > 0 ? 0 : before.quiet + 1;
  if (requests >= MIN_REQUESTS) {
    const wanted = Math.max(
      LEAST_MS,
      ROUND_TRIPS * rttMs + EXTRA_MS,
      late ? targetMs + STEP_MS : 0,
    );
    targetMs = Math.min(MAX_MS, Math.max(targetMs, wanted));
  } else if (quiet >= QUIET_REPORTS) {
    targetMs = Math.max(0, targetMs - STEP_MS);
  }
  return { ...now, quiet, targetMs };
}
