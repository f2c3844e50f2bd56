import { devicePickers } from "../device_pickers.js";
import { modalDialog } from "../dialog.js";
import { h, replace } from "../dom.js";
import { languageSelect } from "../page_header.js";
import { field } from "../parts.js";
import { SHORTCUTS } from "./shortcuts.js";

/**
 * Devices, language and shortcuts, while the call goes on.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 * @param {object} actions
 * @param {(error: unknown) => void} actions.onError
 * @param {(deviceId: string) => Promise<void>} actions.setSpeaker
 */
export function settingsDialog(context, { devices, local }, { onError, setSpeaker }) {
  const { t } = context;
  const pickers = h("div", { class: "device-pickers" });
  const change = async (/** @type {"camera" | "microphone" | "speaker"} */ kind) => {
    try {
      if (kind === "speaker") await setSpeaker(devices.chosen("speaker"));
      else await local.change(kind);
    } catch (error) {
      onError(error);
    }
  };
  const render = () =>
    replace(
      pickers,
      devicePickers(t, devices, (kind) => void change(kind)),
    );
  const language = languageSelect(context);
  language.className = "";
  const keys = SHORTCUTS.map(({ key, label }) =>
    h("div", {}, h("dt", {}, h("kbd", {}, key.toUpperCase())), h("dd", {}, t(label))),
  );
  const dialog = modalDialog(
    t,
    t("controls.settings"),
    pickers,
    field(t("page.language"), language),
    h("h3", { class: "panel-title" }, t("shortcuts.title")),
    h("dl", { class: "shortcuts" }, keys),
  );
  return {
    element: dialog,
    open() {
      void devices.refreshList().then(render);
      render();
      dialog.showModal();
    },
  };
}
