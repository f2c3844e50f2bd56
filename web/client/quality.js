/**
 * How well a connection does, from its statistics: 4 excellent, 3 good, 2 fair, 1 poor, 0 lost.
 * Pure functions of two samples.
 *
 * @typedef {0 | 1 | 2 | 3 | 4} Level
 * @typedef {object} Sample counters since the start of one connection's tracks
 * @property {number} packets received, or sent
 * @property {number} lost
 * @property {number} frames decoded; 0 where there is no video
 * @property {number | null} rttMs round trip, where measured
 * @property {number} jitterMs
 */

/** Worst loss (share of packets), round trip and jitter (ms) that still count as a level. */
const LIMITS = /** @type {const} */ ([
  { level: 4, loss: 0.01, rttMs: 200, jitterMs: 30 },
  { level: 3, loss: 0.03, rttMs: 350, jitterMs: 60 },
  { level: 2, loss: 0.08, rttMs: 600, jitterMs: 120 },
]);

/**
 * @param {Sample} before @param {Sample} now
 * @param {boolean} expectsMedia false when all the tracks are muted: silence is then no fault
 * @returns {Level}
 */
export function qualityLevel(before, now, expectsMedia) {
  const packets = Math.max(0, now.packets - before.packets);
  const lost = Math.max(0, now.lost - before.lost);
  if (packets + lost === 0) return expectsMedia ? 0 : 4;
  const loss = lost / (packets + lost);
  const fit = LIMITS.find(
    (limit) =>
      loss <= limit.loss && (now.rttMs ?? 0) <= limit.rttMs && now.jitterMs <= limit.jitterMs,
  );
  return fit?.level ?? 1;
}

/**
 * How the own connection does: as what is sent arrives, and no better than the best of what is
 * received, for where all of that is bad the fault is here.
 * @param {Level} sent @param {readonly Level[]} received by connection
 * @returns {Level}
 */
export function ownLevel(sent, received) {
  if (received.length === 0) return sent;
  return /** @type {Level} */ (Math.min(sent, Math.max(...received)));
}

/**
 * What to show of another's connection: what they say of it, unless nothing of theirs arrives.
 * @param {number | null | undefined} reported @param {Level | null} measured here
 * @returns {Level | null}
 */
export function shownLevel(reported, measured) {
  if (measured === 0) return 0;
  return /** @type {Level | null} */ (reported ?? measured);
}

/** @returns {Sample} */
export function emptySample() {
  return { packets: 0, lost: 0, frames: 0, rttMs: null, jitterMs: 0 };
}
