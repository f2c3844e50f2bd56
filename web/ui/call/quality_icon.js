import { h, svg } from "../dom.js";

const WORDS = /** @type {const} */ (["lost", "poor", "fair", "good", "excellent"]);

/**
 * Four bars with a name: how well a connection does.
 * @param {import("../i18n.js").Translate} t
 * @param {string} [testid]
 */
export function qualityIcon(t, testid) {
  const bars = [0, 1, 2, 3].map((index) =>
    svg("rect", {
      x: 2 + index * 5,
      y: 14 - index * 4,
      width: 3.5,
      height: 6 + index * 4,
      rx: 1.2,
    }),
  );
  const picture = svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    ...bars,
  );
  const words = h("span", { class: "visually-hidden" }, t("quality.measuring"));
  const element = h("span", { class: "quality", testid, title: t("quality.measuring") }, words);
  element.append(picture);
  return {
    element,
    /** @param {import("../../client/quality.js").Level} level */
    set(level) {
      element.dataset.level = String(level);
      const text = t(`quality.${WORDS[level]}`);
      words.textContent = text;
      element.title = text;
      bars.forEach((bar, index) => bar.classList.toggle("lit", index < level));
    },
  };
}
