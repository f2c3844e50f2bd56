import { devicePickers } from "../device_pickers.js";
import { h, replace } from "../dom.js";
import { errorWords } from "../error_words.js";
import { icon } from "../icons.js";
import { errorPlace, field, whileBusy } from "../parts.js";
import { previewCard } from "./preview_card.js";

/**
 * @typedef {object} PrejoinOptions
 * @property {import("../../api.js").Preview} session
 * @property {import("../devices.js").Devices} devices
 * @property {Promise<void>} devicesReady settles when the browser's question has been answered
 * @property {boolean} rejoining this window was in the call a moment ago
 * @property {(name: string) => Promise<void>} onJoin
 */

/**
 * Before the call: how one looks, how one sounds, by what name.
 * @param {import("../context.js").Context} context
 * @param {PrejoinOptions} options
 * @returns {import("../context.js").Screen}
 */
export function prejoinScreen(context, options) {
  const { t, profile } = context;
  const { session, devices } = options;
  const preview = previewCard(context, devices);
  const pickers = h("div", { class: "device-pickers" });
  const problems = h("div", { class: "stack", "aria-live": "polite" });
  const render = () => {
    replace(
      pickers,
      devicePickers(t, devices, (kind) => {
        if (kind !== "speaker") void devices.open(kind);
      }),
    );
    replace(problems, deviceProblems(t, devices));
  };
  devices.addEventListener("change", render);
  render();
  const element = h(
    "main",
    { class: "page prejoin" },
    h("div", { class: "prejoin-preview" }, preview.element, problems),
    h(
      "div",
      { class: "prejoin-side" },
      h("p", { class: "eyebrow" }, t("prejoin.with", { host: session.host_name })),
      h("h1", { class: "title-1", tabIndex: -1 }, session.session_name),
      joinForm(context, options, profile?.full_name ?? ""),
      h(
        "details",
        { class: "disclosure" },
        h("summary", {}, icon("settings"), t("prejoin.devices")),
        pickers,
      ),
    ),
  );
  const destroy = () => {
    devices.removeEventListener("change", render);
    preview.destroy();
  };
  return { element, destroy };
}

/**
 * @param {import("../context.js").Context} context @param {PrejoinOptions} options
 * @param {string} accountName
 */
function joinForm(
  { t, preferences },
  { session, devices, devicesReady, rejoining, onJoin },
  accountName,
) {
  const name = h("input", {
    type: "text",
    testid: "join-name",
    autocomplete: "name",
    maxLength: 100,
    required: true,
    value: accountName || preferences.get("name"),
    readOnly: accountName !== "",
  });
  const errors = errorPlace(t);
  const submit = h(
    "button",
    {
      type: "submit",
      class: "button button-primary button-large button-wide",
      testid: "join-button",
    },
    rejoining ? t("prejoin.rejoin") : t("prejoin.join"),
  );
  const without = h(
    "button",
    { type: "button", class: "button button-quiet button-wide", hidden: true },
    t("prejoin.without"),
  );
  /** @param {Promise<void>} ready */
  const join = (ready) =>
    whileBusy(
      submit,
      async () => {
        errors.clear();
        if (!accountName) preferences.set("name", name.value.trim());
        const hint = setTimeout(() => (without.hidden = false), 1500);
        await ready;
        clearTimeout(hint);
        await onJoin(accountName ? "" : name.value.trim());
      },
      errors.show,
    );
  without.addEventListener("click", () => {
    devices.want("camera", false);
    devices.want("microphone", false);
    submit.removeAttribute("aria-busy");
    void join(Promise.resolve());
  });
  return h(
    "form",
    {
      class: "join-form",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void join(devicesReady);
        },
      },
    },
    field(t("prejoin.name"), name, accountName ? t("prejoin.name_account") : ""),
    errors.element,
    submit,
    without,
    session.waiting_room_enabled && accountName !== session.host_name
      ? h("p", { class: "hint" }, t("prejoin.waiting_hint"))
      : null,
  );
}

/** @param {import("../i18n.js").Translate} t @param {import("../devices.js").Devices} devices */
function deviceProblems(t, devices) {
  const { camera, microphone } = devices.errors;
  const kinds = /** @type {const} */ (["camera", "microphone"]);
  const same = camera && microphone && camera.code === microphone.code;
  return kinds.flatMap((kind) => {
    const error = devices.errors[kind];
    if (!error || !devices.on[kind] || (same && kind === "microphone")) return [];
    const title = same ? t("devices.both") : t(`devices.${kind}`);
    const { message, remedy } = errorWords(error, t);
    const again = h("button", { type: "button", class: "button" }, t("devices.again"));
    again.addEventListener(
      "click",
      () =>
        void whileBusy(
          again,
          async () => {
            if (same) await devices.openAll();
            else await devices.open(kind);
          },
          () => undefined,
        ),
    );
    return [
      h(
        "div",
        { class: "notice notice-warning", testid: `${kind}-problem` },
        icon(kind === "camera" ? "camera_off" : "mic_off"),
        h("div", {}, h("strong", {}, `${title}: ${message}`), h("p", {}, remedy), again),
      ),
    ];
  });
}
