/**
 * What a connection's line is like in a word, and which way the fault is. The same for what the page
 * tells somebody of their own line and for what a host is told of everyone's.
 *
 * @typedef {import("./quality.js").Level} Level
 * @typedef {"good" | "weak" | "bad" | "silent"} Grade
 * @typedef {"sending" | "receiving" | "both"} Side as seen from who is at that line
 * @typedef {{ grade: Grade, side: Side | null }} Verdict `side` is null where all is good
 */

/** By level: 0 nothing arrives, 4 excellent. */
const GRADES = /** @type {const} */ (["silent", "bad", "weak", "good", "good"]);

/**
 * @param {Level | null} sent how what is sent arrives, null where that is not known
 * @param {Level | null} received how what is received arrives
 * @returns {Verdict | null} null while neither is known
 */
export function lineVerdict(sent, received) {
  const known = /** @type {Level[]} */ ([sent, received].filter((level) => level !== null));
  if (known.length === 0) return null;
  const grade = GRADES[/** @type {Level} */ (Math.min(...known))];
  if (grade === "good") return { grade, side: null };
  const isFaulty = (/** @type {Level | null} */ level) =>
    level !== null && GRADES[level] !== "good";
  if (isFaulty(sent) && isFaulty(received)) return { grade, side: "both" };
  return { grade, side: isFaulty(sent) ? "sending" : "receiving" };
}
