import { modalDialog, openOnce } from "../dialog.js";
import { h } from "../dom.js";
import { errorPlace, field, whileBusy } from "../parts.js";

const MAX_TITLE = 200;
const MAX_TEXT = 10_000;

/** @typedef {import("../../api.js").Person} Person */

/**
 * Write an inquiry to a therapist, or a plan for a patient, whom one knows.
 * @param {import("../context.js").Context} context
 * @param {import("./care_kinds.js").CareKind} kind @param {() => Promise<void>} onAdded
 */
export async function openCareForm(context, kind, onAdded) {
  const { api, t, announce } = context;
  let people;
  try {
    people = (await api.listPeople()).filter((person) => mayBeNamed(kind, person));
  } catch (error) {
    const errors = errorPlace(t);
    errors.show(error);
    openOnce(modalDialog(t, t(`${kind.name}.new`), errors.element));
    return;
  }
  if (people.length === 0) {
    openOnce(modalDialog(t, t(`${kind.name}.new`), h("p", {}, t(`${kind.name}.nobody`))));
    return;
  }
  const form = careForm(context, kind, people, async () => {
    dialog.close();
    await onAdded();
    announce(t("care.added"));
  });
  const dialog = modalDialog(t, t(`${kind.name}.new`), form);
  openOnce(dialog, /** @type {HTMLElement | null} */ (form.querySelector("select")) ?? undefined);
}

/** @param {import("./care_kinds.js").CareKind} kind @param {Person} person */
function mayBeNamed(kind, person) {
  return (kind.writer === "patient") === (person.role !== "patient");
}

/**
 * @param {import("../context.js").Context} context @param {import("./care_kinds.js").CareKind} kind
 * @param {Person[]} people @param {() => Promise<void>} onAdded
 */
function careForm({ api, t, profile }, kind, people, onAdded) {
  const person = h(
    "select",
    { required: true, testid: "care-person" },
    people.map(({ id, full_name }) => h("option", { value: id }, full_name)),
  );
  const title = h("input", {
    type: "text",
    required: true,
    maxLength: MAX_TITLE,
    testid: "care-title",
  });
  const text = h("textarea", { rows: 6, maxLength: MAX_TEXT, testid: "care-text" });
  const errors = errorPlace(t);
  const submit = h(
    "button",
    { type: "submit", class: "button button-primary", testid: "care-submit" },
    t(`${kind.name}.submit`),
  );
  const send = async () => {
    errors.clear();
    const mine = profile?.id ?? "";
    const [patient_id, therapist_id] =
      kind.writer === "patient" ? [mine, person.value] : [person.value, mine];
    await kind.add(api, { patient_id, therapist_id, title: title.value, text: text.value });
    await onAdded();
  };
  return h(
    "form",
    {
      class: "stack",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void whileBusy(submit, send, errors.show);
        },
      },
    },
    field(t(`${kind.name}.person`), person),
    field(t(`${kind.name}.subject`), title),
    field(t(`${kind.name}.text`), text),
    errors.element,
    h("div", {}, submit),
  );
}
