import { h } from "../dom.js";

/**
 * A heading and its rows, or what is said where there are none.
 * @param {import("../i18n.js").Translate} t
 * @param {object} content
 * @param {string} content.title
 * @param {HTMLElement[]} content.rows
 * @param {string} content.empty
 * @param {HTMLElement | null} [content.action] beside the heading
 * @param {number} [content.shown] how many rows at first; all of them by default
 * @returns {HTMLElement[]} the section's content
 */
export function rowsSection(t, { title, rows, empty, action = null, shown = rows.length }) {
  const list = h("ul", { class: "rows" }, rows.slice(0, shown));
  const heading = h("h2", { class: "title-3", tabIndex: -1 }, title);
  const content = [h("div", { class: "rows-head" }, heading, action)];
  if (rows.length === 0) return [...content, h("p", { class: "empty" }, empty)];
  if (rows.length <= shown) return [...content, list];
  const rest = h(
    "button",
    {
      type: "button",
      class: "button button-quiet",
      on: {
        click: () => {
          list.append(...rows.slice(shown));
          const next = rows[shown]?.querySelector("button, summary, a");
          if (next instanceof HTMLElement) next.focus();
          rest.remove();
        },
      },
    },
    t("dashboard.all", { n: rows.length }),
  );
  return [...content, list, h("div", {}, rest)];
}
