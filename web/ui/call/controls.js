import { h, replace } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("./call_screen.js").Call} Call */
/** @typedef {import("../icons.js").IconName} IconName */

const UNDO_MS = 4000;

/**
 * The bar of buttons under the pictures.
 * @param {import("../context.js").Context} context
 * @param {Call} call
 * @param {object} actions
 * @param {() => void} actions.onPanel
 * @param {() => void} actions.onSettings
 * @param {() => boolean} actions.isPanelOpen
 * @param {(error: unknown) => void} actions.onError
 */
export function controlBar({ t, announce }, { client, local }, actions) {
  /** @param {() => Promise<unknown>} action */
  const run = (action) => () => void action().catch(actions.onError);
  const isHost = () => client.room.me?.role === "host";
  const hand = () => client.room.me?.hand_raised ?? false;
  const toggles = [
    toggleButton(
      t,
      "mic-toggle",
      "microphone",
      ["mic", "mic_off"],
      () => local.isOn("microphone"),
      run(() => local.toggleMicrophone()),
    ),
    toggleButton(
      t,
      "camera-toggle",
      "camera",
      ["camera", "camera_off"],
      () => local.isOn("camera"),
      run(() => local.toggleCamera()),
    ),
    toggleButton(
      t,
      "screen-toggle",
      "screen",
      ["screen", "screen"],
      () => local.isOn("screen"),
      run(() => local.toggleScreen()),
    ),
    toggleButton(
      t,
      "hand-toggle",
      "hand",
      ["hand", "hand"],
      hand,
      run(() => client.request("raise_hand", { raised: !hand() })),
    ),
    toggleButton(
      t,
      "panel-toggle",
      "panel",
      ["people", "people"],
      actions.isPanelOpen,
      actions.onPanel,
    ),
  ];
  const unread = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  toggles[4]?.element.append(unread);
  const settings = barButton(
    "settings",
    t("controls.settings"),
    "settings-button",
    actions.onSettings,
  );
  const leave = barButton(
    "leave",
    t("controls.leave"),
    "leave-button",
    run(() => client.leave()),
  );
  leave.classList.add("danger");
  const end = barButton("end", t("controls.end"), "end-session", () => undefined);
  end.classList.add("danger-quiet");
  end.setAttribute("aria-label", t("controls.end_for_all"));
  end.title = t("controls.end_for_all");
  withUndo(
    end,
    t,
    announce,
    run(() => client.endSession()),
  );
  const element = h(
    "div",
    { class: "control-bar", role: "toolbar", "aria-label": t("controls.label") },
    h(
      "div",
      { class: "control-group" },
      toggles.map((toggle) => toggle.element),
      settings,
    ),
    h("div", { class: "control-group" }, leave, end),
  );
  return {
    element,
    update() {
      for (const toggle of toggles) toggle.update();
      end.hidden = !isHost();
    },
    /** @param {number} count of chat messages not seen yet */
    setUnread(count) {
      unread.hidden = count === 0;
      unread.textContent = String(count);
      const button = toggles[4]?.element;
      if (count === 0 || !button) return;
      button.setAttribute(
        "aria-label",
        `${t("controls.panel.on")}: ${t("controls.unread", { n: count })}`,
      );
    },
  };
}

/**
 * @param {IconName} name @param {string} label @param {string} testid
 * @param {() => void} onClick
 */
function barButton(name, label, testid, onClick) {
  return h(
    "button",
    { type: "button", class: "bar-button", testid, on: { click: onClick } },
    h("span", { class: "bar-icon" }, icon(name)),
    h("span", { class: "bar-label" }, label),
  );
}

/**
 * @param {import("../i18n.js").Translate} t @param {string} testid
 * @param {"microphone" | "camera" | "screen" | "hand" | "panel"} what
 * @param {[IconName, IconName]} icons on, off
 * @param {() => boolean} isOn @param {() => void} onClick
 */
function toggleButton(t, testid, what, icons, isOn, onClick) {
  const picture = h("span", { class: "bar-icon" });
  const label = h("span", { class: "bar-label", "aria-hidden": "true" }, t(`controls.${what}`));
  const element = h(
    "button",
    { type: "button", class: "bar-button", testid, on: { click: onClick } },
    picture,
    label,
  );
  const update = () => {
    const on = isOn();
    const words = t(`controls.${what}.${on ? "off" : "on"}`);
    element.classList.toggle("on", on);
    element.setAttribute("aria-pressed", String(on));
    element.setAttribute("aria-label", words);
    element.title = words;
    replace(picture, icon(icons[on ? 0 : 1]));
  };
  return { element, update };
}

/**
 * Ending is for everyone and at one click: a moment is left to take it back.
 * @param {HTMLButtonElement} button @param {import("../i18n.js").Translate} t
 * @param {(message: string) => void} announce @param {() => void} act
 */
function withUndo(button, t, announce, act) {
  const label = /** @type {HTMLElement} */ (button.querySelector(".bar-label"));
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  const reset = () => {
    timer = null;
    button.classList.remove("counting");
    button.setAttribute("aria-label", t("controls.end_for_all"));
    label.textContent = t("controls.end");
  };
  button.addEventListener("click", () => {
    if (timer !== null) {
      clearTimeout(timer);
      reset();
      announce(t("controls.end_undone"));
      return;
    }
    button.classList.add("counting");
    button.setAttribute("aria-label", t("controls.end_undo"));
    label.textContent = t("controls.end_undo");
    announce(t("controls.ending"));
    timer = setTimeout(() => {
      reset();
      act();
    }, UNDO_MS);
  });
}
