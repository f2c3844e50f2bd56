import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { errorPlace } from "../parts.js";
import { openCareForm } from "./care_form.js";
import { careRow } from "./care_row.js";
import { rowsSection } from "./rows_section.js";

const SHOWN = 6;

/**
 * The inquiries or the plans that name a person, and the way to write one.
 * @param {import("../context.js").Context} context
 * @param {import("./care_kinds.js").CareKind} kind
 * @returns {HTMLElement}
 */
export function careSection(context, kind) {
  const { api, t, profile } = context;
  const isPatient = profile?.role === "patient";
  const mayWrite = (kind.writer === "patient") === isPatient;
  const rows = h("div", { class: "rows-section" });
  const errors = errorPlace(t);
  const add = h(
    "button",
    { type: "button", class: "button button-small", testid: `new-${kind.name}` },
    icon("add"),
    t(`${kind.name}.new`),
  );
  add.addEventListener("click", () => void openCareForm(context, kind, load));
  const show = (/** @type {import("./care_kinds.js").CareItem[]} */ items) =>
    replace(
      rows,
      rowsSection(t, {
        title: t(`${kind.name}.title`),
        rows: items.map((item) => careRow(context, kind, item)),
        empty: t(mayWrite ? `${kind.name}.none_written` : `${kind.name}.none_received`),
        action: mayWrite ? add : null,
        shown: SHOWN,
      }),
    );
  const load = async () => {
    try {
      show(await kind.load(api));
      errors.clear();
    } catch (error) {
      errors.show(error);
    }
  };
  void load();
  return h("section", { class: "rows-section" }, errors.element, rows);
}
