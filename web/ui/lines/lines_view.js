import { connectionReport } from "../../client/connection_report.js";
import { RodaError } from "../../client/errors.js";
import { h, replace } from "../dom.js";
import { errorPlace } from "../parts.js";
import { lineCard } from "./line_card.js";
import { summaryWords } from "./line_words.js";

/**
 * @typedef {import("../../api.js").ConnectionInfo} ConnectionInfo
 * @typedef {{ at: number, connections: ConnectionInfo[] }} Look
 */

const LOOK_EVERY_MS = 2500;
const SECOND_LOOK_MS = 1000; // rates need two
const RETRY_MS = 5000;
/** Asking again would be answered the same. */
const FINAL = new Set(["not_host", "forbidden", "session_not_found", "not_authenticated"]);

/**
 * How everyone's line does, for a session's host: looked at again and again while it is shown.
 * @param {import("../context.js").Context} context @param {string} sessionId
 * @returns {{ element: HTMLElement, start: () => void, stop: () => void }}
 */
export function linesView(context, sessionId) {
  const { t, api } = context;
  const errors = errorPlace(t);
  const summary = h("p", { class: "lines-summary", role: "status", testid: "lines-summary" });
  const list = h("ul", { class: "lines", "aria-label": t("lines.title") });
  const element = h("div", { class: "lines-view" }, summary, errors.element, list);
  const cards = cardsIn(list, context);
  /** @type {Look | null} */
  let last = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let running = false;
  summary.textContent = t("page.loading");

  const look = async () => {
    // Nobody looks: a window in the background, or a place that shows something else by now.
    if (!element.isConnected) running = false;
    if (!running) return;
    let wait = last ? LOOK_EVERY_MS : SECOND_LOOK_MS;
    if (!document.hidden) {
      try {
        const now = { at: performance.now(), connections: await api.listConnections(sessionId) };
        show(now);
        errors.clear();
      } catch (error) {
        errors.show(error);
        summary.textContent = "";
        wait = RETRY_MS;
        if (error instanceof RodaError && FINAL.has(error.code)) running = false;
      }
    }
    if (running) timer = setTimeout(() => void look(), wait);
  };

  /** @param {Look} now */
  const show = (now) => {
    const before = new Map(last?.connections.map((one) => [one.connection_id, one]));
    const elapsedMs = last ? now.at - last.at : 0;
    const lines = now.connections
      .filter((one) => one.state !== "closed")
      .map((one) => ({
        connection: one,
        name: one.name,
        report: connectionReport(before.get(one.connection_id), one, elapsedMs, now.connections),
      }));
    last = now;
    cards.update(lines);
    const words = lines.length > 0 ? summaryWords(t, lines) : t("lines.none");
    // Told again only when it says something else.
    if (summary.textContent !== words) summary.textContent = words || t("lines.measuring");
  };

  return {
    element,
    start() {
      if (running) return;
      running = true;
      last = null;
      void look();
    },
    stop() {
      running = false;
      clearTimeout(timer);
    },
  };
}

/**
 * Keeps one card for each connection, so that opened figures stay open.
 * @param {HTMLElement} list @param {import("../context.js").Context} context
 */
function cardsIn(list, context) {
  const { t } = context;
  /** @type {Map<string, ReturnType<typeof lineCard>>} */
  const cards = new Map();
  return {
    /**
     * @param {{ connection: ConnectionInfo,
     *   report: import("../../client/connection_report.js").Report }[]} lines
     */
    update(lines) {
      const names = shownNames(
        t,
        lines.map(({ connection }) => connection),
      );
      const nameOf = (/** @type {string} */ id) => names.get(id) ?? t("history.someone");
      for (const id of cards.keys()) if (!names.has(id)) cards.delete(id);
      for (const { connection, report } of lines) {
        const id = connection.connection_id;
        const card = cards.get(id) ?? lineCard(context, connection);
        cards.set(id, card);
        card.update(report, nameOf(id), nameOf);
      }
      const wanted = [...cards.values()].map((card) => card.element);
      const isSame =
        wanted.length === list.children.length &&
        wanted.every((element, index) => list.children[index] === element);
      if (!isSame) replace(list, wanted);
    },
  };
}

/**
 * Somebody's second window, or program, is told from the first.
 * @param {import("../i18n.js").Translate} t @param {readonly ConnectionInfo[]} connections
 * @returns {Map<string, string>} by connection id
 */
export function shownNames(t, connections) {
  /** @type {Map<string, number>} */
  const windows = new Map();
  const names = new Map();
  for (const { connection_id, participant_id, name, door } of connections) {
    const number = (windows.get(participant_id) ?? 0) + 1;
    windows.set(participant_id, number);
    if (door !== "websocket") names.set(connection_id, t(`lines.door.${door}`, { name }));
    else names.set(connection_id, number > 1 ? t("lines.window", { name, number }) : name);
  }
  return names;
}
