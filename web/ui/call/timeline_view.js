import { h, replace } from "../dom.js";
import { isKey } from "../i18n.js";
import { icon } from "../icons.js";

/** @typedef {import("../../client/protocol.js").TimelineEntry} TimelineEntry */

const BEGINS = "join_clicked";
/** Others' tracks offered so long after the own ones are sent were not there at the join. */
const ALONE_AFTER_MS = 1000;

/**
 * The steps of this join and how long each took: what support asks for.
 * @param {import("../context.js").Context} context
 * @param {import("../../client/roda_client.js").RodaClient} client
 */
export function timelineView({ t, announce }, client) {
  const summary = h("summary", {});
  const list = h("ol", { class: "timeline", tabIndex: 0, "aria-label": t("timeline.title") });
  const copy = h(
    "button",
    { type: "button", class: "button button-small" },
    icon("copy"),
    t("timeline.copy"),
  );
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(timelineText(client.timeline.entries)).then(
      () => announce(t("share.copied")),
      () => announce(t("share.copy_failed")),
    );
  });
  const element = h(
    "details",
    { class: "timeline-box", testid: "join-timeline" },
    summary,
    list,
    copy,
  );
  element.addEventListener("toggle", () => {
    if (element.open) element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  const update = () => {
    const { entries } = client.timeline;
    const took = joinDuration(entries);
    const words =
      took === null
        ? t("timeline.title")
        : t("timeline.took", { seconds: (took / 1000).toFixed(2) });
    replace(summary, icon("clock"), words);
    const origin = entries.find((entry) => entry.step === BEGINS)?.at_ms ?? entries[0]?.at_ms ?? 0;
    replace(
      list,
      entries.map((entry) => timelineRow(t, entry, entry.at_ms - origin)),
    );
  };
  return { element, update };
}

/**
 * From the click, or the host's admission, to the first picture of the others; to the first
 * packet sent where nobody else was there.
 * @param {readonly TimelineEntry[]} entries
 * @returns {number | null} milliseconds, null before the join is through
 */
export function joinDuration(entries) {
  const at = (/** @type {string} */ step) =>
    entries.find(
      (entry) => entry.step === step && entry.outcome === "ok" && entry.source === "client",
    )?.at_ms;
  const begin = at("admitted") ?? at(BEGINS);
  const sent = at("publish_connected");
  const offered = at("subscribe_offered");
  const alone = offered === undefined || (sent !== undefined && offered > sent + ALONE_AFTER_MS);
  const end = alone ? sent : at("first_remote_frame");
  return begin === undefined || end === undefined ? null : Math.max(0, end - begin);
}

/** @param {readonly TimelineEntry[]} entries @returns {string} one step a line, for a message */
export function timelineText(entries) {
  const origin = entries.find((entry) => entry.step === BEGINS)?.at_ms ?? entries[0]?.at_ms ?? 0;
  return entries
    .map(({ step, at_ms, source, outcome, detail }) =>
      `${Math.round(at_ms - origin)} ms\t${source}\t${step}\t${outcome}\t${detail}`.trimEnd(),
    )
    .join("\n");
}

/** @param {import("../i18n.js").Translate} t @param {TimelineEntry} entry @param {number} sinceMs */
function timelineRow(t, { step, source, outcome, detail }, sinceMs) {
  const key = `step.${step}`;
  const failed = outcome === "failed";
  return h(
    "li",
    {
      class: failed ? "timeline-step failed" : "timeline-step",
      "data-step": step,
      "data-source": source,
    },
    h("span", { class: "timeline-time" }, `${(sinceMs / 1000).toFixed(2)} s`),
    h(
      "span",
      {},
      isKey(key) ? t(key) : step,
      h(
        "span",
        { class: "timeline-source" },
        t(source === "server" ? "timeline.server" : "timeline.here"),
      ),
      failed ? h("span", { class: "timeline-detail" }, t("timeline.failed", { detail })) : null,
    ),
  );
}
