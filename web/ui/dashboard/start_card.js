import { h } from "../dom.js";
import { icon } from "../icons.js";
import { errorPlace, field, switchField, whileBusy } from "../parts.js";

const DURATIONS_MIN = [30, 50, 60, 90, 120, 240];
const DEFAULT_DURATION_MIN = 60;
const DEFAULT_PARTICIPANTS = 10;

/**
 * Start a session at once; name and choices are there for who wants them.
 * @param {import("../context.js").Context} context
 * @param {(session: import("../../api.js").Session) => void} onStarted
 * @returns {HTMLElement}
 */
export function startCard({ api, t, language }, onStarted) {
  const name = h("input", { type: "text", maxLength: 100, value: suggestedName(t, language) });
  const people = h("input", {
    type: "number",
    min: "2",
    max: "200",
    value: String(DEFAULT_PARTICIPANTS),
    inputMode: "numeric",
  });
  const duration = h(
    "select",
    {},
    DURATIONS_MIN.map((minutes) =>
      h(
        "option",
        { value: String(minutes), selected: minutes === DEFAULT_DURATION_MIN },
        t("start.minutes", { minutes }),
      ),
    ),
  );
  const waitingRoom = h("input", { checked: true });
  const recording = h("input", {});
  const errors = errorPlace(t);
  const submit = h(
    "button",
    { type: "submit", class: "button button-primary button-large", testid: "start-session" },
    icon("camera"),
    t("start.submit"),
  );
  const start = async () => {
    errors.clear();
    const session = await api.createSession({
      session_name: name.value.trim() || suggestedName(t, language),
      max_participants: Number(people.value) || DEFAULT_PARTICIPANTS,
      duration_minutes: Number(duration.value),
      waiting_room_enabled: waitingRoom.checked,
      recording_enabled: recording.checked,
    });
    onStarted(session);
  };
  const options = h(
    "details",
    { class: "disclosure" },
    h("summary", {}, t("start.options")),
    h(
      "div",
      { class: "field-row" },
      field(t("start.duration"), duration),
      field(t("start.participants"), people),
    ),
    switchField(t("start.waiting"), waitingRoom, t("start.waiting.hint")),
    switchField(t("start.recording"), recording, t("start.recording.hint")),
  );
  return h(
    "form",
    {
      class: "card start-card",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void whileBusy(submit, start, errors.show);
        },
      },
    },
    h("h2", { class: "title-3" }, t("start.title")),
    errors.element,
    field(t("start.name"), name),
    options,
    submit,
  );
}

/** @param {import("../i18n.js").Translate} t @param {string} language */
function suggestedName(t, language) {
  const when = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
  return t("start.suggestion", { date: when.format(new Date()) });
}
