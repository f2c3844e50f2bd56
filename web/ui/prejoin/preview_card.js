import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { LevelMeter } from "../level_meter.js";

const METER_BARS = 12;

/**
 * The camera's picture and the microphone's level, with a switch for each.
 * @param {import("../context.js").Context} context
 * @param {import("../devices.js").Devices} devices
 */
export function previewCard({ t }, devices) {
  const video = h("video", {
    autoplay: true,
    muted: true,
    playsInline: true,
    class: "mirrored",
    testid: "preview-video",
    "aria-label": t("prejoin.preview"),
  });
  const off = h("p", { class: "preview-off" });
  const bars = Array.from({ length: METER_BARS }, () => h("span", {}));
  const meterWords = h("span", { class: "visually-hidden", "aria-live": "polite" });
  const meterElement = h("div", { class: "meter", "aria-hidden": "true" }, bars);
  const buttons = /** @type {const} */ ([
    toggle("microphone", t, devices),
    toggle("camera", t, devices),
  ]);
  /** @type {LevelMeter | null} */
  let meter = null;
  /** @type {MediaStreamTrack | null} */
  let metered = null;
  const render = () => {
    const { camera, microphone } = devices.tracks;
    const shown = /** @type {MediaStream | null} */ (video.srcObject)?.getVideoTracks()[0] ?? null;
    if (shown !== camera) video.srcObject = camera ? new MediaStream([camera]) : null;
    video.hidden = !camera;
    off.textContent = previewWords(t, devices);
    off.hidden = camera !== null;
    for (const button of buttons) button.update();
    if (metered === microphone) return;
    meter?.close();
    metered = microphone;
    meter = microphone ? new LevelMeter(microphone) : null;
  };
  const draw = () => {
    const level = meter?.read() ?? 0;
    bars.forEach((bar, index) => bar.classList.toggle("lit", level * METER_BARS > index + 0.5));
    meterWords.textContent = metered && level > 0.3 ? t("prejoin.heard") : "";
  };
  const timer = setInterval(draw, 80);
  devices.addEventListener("change", render);
  render();
  const controls = h(
    "div",
    { class: "preview-controls" },
    buttons.map(({ element }) => element),
    meterElement,
  );
  return {
    element: h("div", { class: "preview-card" }, video, off, controls, meterWords),
    destroy() {
      clearInterval(timer);
      meter?.close();
      devices.removeEventListener("change", render);
    },
  };
}

/** @param {import("../i18n.js").Translate} t @param {import("../devices.js").Devices} devices */
function previewWords(t, devices) {
  if (!devices.on.camera) return t("prejoin.camera_off");
  return devices.errors.camera ? t("prejoin.no_camera") : t("prejoin.asking");
}

/**
 * @param {import("../devices.js").DeviceKind} kind
 * @param {import("../i18n.js").Translate} t @param {import("../devices.js").Devices} devices
 */
function toggle(kind, t, devices) {
  const button = h("button", {
    type: "button",
    class: "round-button",
    testid: kind === "camera" ? "camera-toggle" : "mic-toggle",
  });
  button.addEventListener("click", () => {
    const on = !(devices.on[kind] && devices.tracks[kind]);
    devices.want(kind, on);
    if (on) void devices.open(kind).then(() => devices.refreshList());
    else devices.close(kind);
  });
  const update = () => {
    const on = devices.tracks[kind] !== null;
    const label = t(`controls.${kind}.${on ? "off" : "on"}`);
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-pressed", String(on));
    button.title = label;
    const icons = /** @type {const} */ ({
      camera: ["camera", "camera_off"],
      microphone: ["mic", "mic_off"],
    });
    replace(button, icon(icons[kind][on ? 0 : 1]));
  };
  return { element: button, update };
}
