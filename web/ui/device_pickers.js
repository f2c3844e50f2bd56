import { h } from "./dom.js";
import { field } from "./parts.js";

const KINDS = /** @type {const} */ ([
  { kind: "camera", input: "videoinput", label: "devices.camera" },
  { kind: "microphone", input: "audioinput", label: "devices.microphone" },
  { kind: "speaker", input: "audiooutput", label: "devices.speaker" },
]);

/**
 * One list per kind of device that this machine has.
 * @param {import("./i18n.js").Translate} t
 * @param {import("./devices.js").Devices} devices
 * @param {(kind: "camera" | "microphone" | "speaker") => void} onChosen
 * @returns {HTMLElement[]}
 */
export function devicePickers(t, devices, onChosen) {
  return KINDS.flatMap(({ kind, input, label }) => {
    const found = devices.list.filter((device) => device.kind === input);
    if (found.length === 0) return [];
    const chosen = devices.chosen(kind);
    const options = found.map((device, index) =>
      h(
        "option",
        { value: device.deviceId, selected: device.deviceId === chosen },
        device.label || `${t(label)} ${index + 1}`,
      ),
    );
    const select = h(
      "select",
      {
        testid: `${kind}-select`,
        on: {
          change: () => {
            devices.choose(kind, select.value);
            onChosen(kind);
          },
        },
      },
      options,
    );
    return [field(t(label), select)];
  });
}
