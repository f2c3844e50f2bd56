import { h, replace } from "../dom.js";
import { momentText } from "../moments.js";
import { avatar, errorPlace, field } from "../parts.js";
import { choices, otherPerson } from "./care_kinds.js";

/**
 * One inquiry or plan: whom it is about, how it stands; opened, its text.
 * @param {import("../context.js").Context} context
 * @param {import("./care_kinds.js").CareKind} kind @param {import("./care_kinds.js").CareItem} item
 * @returns {HTMLElement}
 */
export function careRow(context, kind, item) {
  const { t, language, profile } = context;
  const myId = profile?.id ?? "";
  const other = otherPerson(item, myId);
  const chip = h("span", { class: "chip" });
  const show = () => {
    chip.textContent = t(`status.${item.status}`);
    chip.classList.toggle("chip-quiet", kind.settled.includes(item.status));
  };
  show();
  return h(
    "li",
    { testid: kind.name === "plans" ? "treatment-plan" : "patient-inquiry" },
    h(
      "details",
      { class: "care" },
      h(
        "summary",
        { class: "row" },
        avatar(other.full_name),
        h(
          "span",
          { class: "care-words" },
          h("strong", {}, item.title),
          h(
            "span",
            { class: "hint" },
            `${other.full_name} · ${momentText(language, item.created_at)}`,
          ),
        ),
        chip,
      ),
      h(
        "div",
        { class: "care-body" },
        item.text ? h("p", { class: "care-text" }, item.text) : null,
        statusField(context, kind, item, show),
      ),
    ),
  );
}

/**
 * How the row stands, to be changed by who may.
 * @param {import("../context.js").Context} context
 * @param {import("./care_kinds.js").CareKind} kind @param {import("./care_kinds.js").CareItem} item
 * @param {() => void} onChange the item has its new status
 */
function statusField({ api, t, language, profile, announce }, kind, item, onChange) {
  const changed = h("p", { class: "hint" });
  const tell = () => {
    const time = momentText(language, item.updated_at);
    changed.textContent = t("care.changed", { time });
  };
  tell();
  const open = choices(kind, item, profile?.id ?? "");
  if (open.length === 0) return changed;
  const errors = errorPlace(t);
  const select = h(
    "select",
    { testid: "care-status" },
    open.map((status) =>
      h("option", { value: status, selected: status === item.status }, t(`status.${status}`)),
    ),
  );
  select.addEventListener("change", async () => {
    const wanted = /** @type {import("./care_kinds.js").Status} */ (select.value);
    errors.clear();
    try {
      await kind.setStatus(api, item.id, wanted);
    } catch (error) {
      select.value = item.status;
      errors.show(error);
      return;
    }
    item.status = wanted;
    item.updated_at = new Date().toISOString();
    tell();
    onChange();
    announce(t("care.saved"));
  });
  return h(
    "div",
    { class: "care-status" },
    field(t("care.status"), select),
    changed,
    errors.element,
  );
}
