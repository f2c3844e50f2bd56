import { RodaError } from "../../client/errors.js";
import { h } from "../dom.js";
import { mark } from "../icons.js";
import { banner } from "./banner.js";
import { lineNotice } from "./line_notice.js";
import { controlBar } from "./controls.js";
import { warnOfExpiry } from "./expiry_notice.js";
import { settingsDialog } from "./settings_dialog.js";
import { isTyping, shortcutOf } from "./shortcuts.js";
import { sidePanel } from "./side_panel.js";
import { Stage } from "./stage.js";
import { callHead } from "./call_head.js";
import { waitingList } from "./waiting_list.js";
import { keepAwake } from "./wake_lock.js";

/**
 * @typedef {object} Call
 * @property {import("../../client/roda_client.js").RodaClient} client
 * @property {import("../devices.js").Devices} devices
 * @property {import("../local_media.js").LocalMedia} local
 * @property {import("../remote_media.js").RemoteMedia} remote
 * @property {import("../../api.js").Preview} session
 * @property {string} token
 */

/**
 * The call: pictures, controls, panel. Everything shown is read from `client` and `remote`, so
 * the screen can be made anew at any time, as when the language changes.
 * @param {import("../context.js").Context} context
 * @param {Call} call
 * @returns {import("../context.js").Screen}
 */
export function callScreen(context, call) {
  const { t } = context;
  const notice = banner(t);
  const onError = (/** @type {unknown} */ error) => {
    // Closing the browser's own window for choosing a screen is no failure.
    if (error instanceof RodaError && error.code === "device_denied" && isScreenPicker(error))
      return;
    notice.showError(error);
  };
  const stage = new Stage(context, call);
  const panel = sidePanel(context, call, { onError, onToggle: () => update() });
  const settings = settingsDialog(context, call, {
    onError,
    setSpeaker: (id) => stage.setSpeaker(id),
  });
  const controls = controlBar(context, call, {
    onError,
    onPanel: panel.toggle,
    isPanelOpen: panel.isOpen,
    onSettings: settings.open,
  });
  const door = waitingList(context, call, onError);
  const head = callHead(context, call);
  const parts = [stage, panel, controls, door, head];
  const alone = h("p", { class: "alone" }, mark(), t("call.alone"));
  const update = () => {
    for (const part of parts) part.update();
    controls.setUnread(panel.unread());
    alone.hidden = call.client.room.peers.size > 0;
  };
  const stop = listen(context, call, { stage, panel, notice, controls, update, onError });
  const element = h(
    "main",
    { class: "call", "data-header": "none" },
    head.element,
    h(
      "div",
      { class: "call-body" },
      h("div", { class: "call-stage" }, door.element, notice.element, stage.element, alone),
      panel.element,
    ),
    controls.element,
    settings.element,
  );
  update();
  panel.updateTimeline();
  const letSleep = keepAwake();
  const destroy = () => {
    stop();
    letSleep();
    stage.destroy();
    panel.destroy();
    head.destroy();
  };
  return { element, destroy };
}

/** @param {RodaError} error */
function isScreenPicker(error) {
  return error.cause instanceof DOMException && !/system/i.test(error.cause.message);
}

/**
 * Follow the client, the remote media and the keyboard.
 * @param {import("../context.js").Context} context @param {Call} call
 * @param {{
 *   stage: Stage, panel: ReturnType<typeof sidePanel>, notice: ReturnType<typeof banner>,
 *   controls: ReturnType<typeof controlBar>, update: () => void,
 *   onError: (error: unknown) => void,
 * }} parts
 * @returns {() => void} stops following
 */
function listen(context, { client, local, remote }, { stage, panel, notice, update, onError }) {
  const { t } = context;
  const lines = lineNotice(context, client, notice);
  const abort = new AbortController();
  const { signal } = abort;
  const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ react) =>
    client.addEventListener(type, (event) => react(/** @type {CustomEvent} */ (event).detail), {
      signal,
    });
  on("room", () => {
    update();
    lines.others();
  });
  on("line", () => {
    update();
    lines.own();
  });
  on("state", lines.own);
  on("local", (detail) => {
    update();
    if (detail.byHost) notice.show("warning", t("call.muted_by_host"));
  });
  on("quality", ({ connectionId, level }) => {
    stage.setQuality(connectionId, level);
    if (connectionId === client.room.connectionId) panel.update();
  });
  on("timeline", () => panel.updateTimeline());
  on("fault", ({ error }) => onError(error));
  let failed = false;
  on("transport", ({ state }) => {
    if (state === "failed") {
      failed = true;
      const act = () => void client.rejoin().catch(onError);
      notice.show("warning", t("call.media_failed"), [{ label: t("call.media_retry"), act }]);
    }
    if (failed && state === "connected" && client.state === "in_call") {
      failed = false;
      notice.clear();
    }
  });
  on("unmute_requested", () => {
    const act = () => void local.toggleMicrophone().catch(onError);
    if (!local.isOn("microphone"))
      notice.show("info", t("call.unmute_asked"), [{ label: t("call.unmute"), act }]);
  });
  warnOfExpiry(t, client, { notice, onError, on });
  remote.addEventListener(
    "change",
    () => {
      update();
      offerSound(t, stage, notice);
    },
    { signal },
  );
  addEventListener(
    "keydown",
    (event) => {
      const action = shortcutOf(event, isTyping(event.target));
      if (action) void perform(action, { client, local }, panel).catch(onError);
    },
    { signal },
  );
  return () => abort.abort();
}

/** @param {import("../i18n.js").Translate} t @param {Stage} stage @param {ReturnType<typeof banner>} notice */
function offerSound(t, stage, notice) {
  setTimeout(() => {
    const silenced = stage.silenced();
    if (silenced.length === 0) return;
    const act = () => void Promise.all(silenced.map((tile) => tile.play()));
    notice.show("warning", t("call.sound_blocked"), [{ label: t("call.sound_play"), act }]);
  }, 1500);
}

/**
 * @param {import("./shortcuts.js").Action} action
 * @param {Pick<Call, "client" | "local">} call @param {ReturnType<typeof sidePanel>} panel
 */
async function perform(action, { client, local }, panel) {
  const actions = {
    microphone: () => local.toggleMicrophone(),
    camera: () => local.toggleCamera(),
    screen: () => local.toggleScreen(),
    hand: () => client.request("raise_hand", { raised: !client.room.me?.hand_raised }),
    panel: async () => panel.toggle(),
  };
  await actions[action]();
}
