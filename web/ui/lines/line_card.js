import { h, replace } from "../dom.js";
import { avatar } from "../parts.js";
import { qualityIcon } from "../call/quality_icon.js";
import { figures, lineAdvice, lineTitle } from "./line_words.js";

/** @typedef {import("../../client/connection_report.js").Report} Report */

const LEVELS = /** @type {const} */ ({ good: 4, weak: 2, bad: 1, silent: 0 });

/**
 * One connection: who, what its line is like, what helps, and the figures for who wants them.
 * @param {import("../context.js").Context} context
 * @param {import("../../api.js").ConnectionInfo} connection
 */
export function lineCard({ t, language }, connection) {
  const name = h("strong", {});
  const title = h("span", { class: "line-title" });
  const advice = h("p", { class: "hint" });
  const quality = qualityIcon(t);
  // The words beside it say the same, and more.
  quality.element.setAttribute("aria-hidden", "true");
  const tables = h("div", { class: "line-figures" });
  const more = h(
    "details",
    { class: "disclosure", testid: "line-figures" },
    h("summary", {}, t("lines.figures")),
    tables,
  );
  const element = h(
    "li",
    { class: "line", testid: "line" },
    h(
      "div",
      { class: "line-head" },
      avatar(connection.name),
      h("div", { class: "line-words" }, name, title),
      quality.element,
    ),
    advice,
    more,
  );
  return {
    element,
    /**
     * @param {Report} report @param {string} shownName
     * @param {(connectionId: string) => string} nameOf
     */
    update(report, shownName, nameOf) {
      const grade = report.state === "interrupted" ? "silent" : report.verdict?.grade;
      element.dataset.grade = grade ?? "";
      name.textContent = shownName;
      title.textContent = lineTitle(t, report);
      advice.textContent = lineAdvice(t, report, connection.name);
      advice.hidden = advice.textContent === "";
      quality.element.hidden = grade === undefined;
      if (grade) quality.set(LEVELS[grade]);
      more.hidden = report.state === "waiting" || report.state === "gone";
      replace(tables, figures(t, language, report, nameOf).map(table));
    },
  };
}

/** @param {ReturnType<typeof figures>[number]} part */
function table({ title, rows }) {
  return h(
    "section",
    {},
    h("h3", {}, title),
    h(
      "dl",
      {},
      rows.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
    ),
  );
}
