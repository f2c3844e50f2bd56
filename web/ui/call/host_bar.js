import { h, replace } from "../dom.js";
import { icon } from "../icons.js";

/**
 * What the host can do to all at once; and for who started the session, to be host again.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 * @param {(error: unknown) => void} onError
 */
export function hostBar({ t }, { client }, onError) {
  const isHost = () => client.room.me?.role === "host";
  const isLocked = () => client.room.session?.locked ?? false;
  const words = h("span", {});
  const picture = h("span", { class: "button-icon" });
  const button = (/** @type {() => Promise<unknown>} */ ask, /** @type {Node[]} */ ...content) =>
    h(
      "button",
      {
        type: "button",
        class: "button button-small",
        on: { click: () => void ask().catch(onError) },
      },
      content,
    );
  const muteAll = button(
    () => client.request("mute_participant", {}),
    icon("mic_off"),
    document.createTextNode(t("people.mute_all")),
  );
  const lock = button(
    () => client.request("lock_session", { locked: !isLocked() }),
    picture,
    words,
  );
  const takeBack = button(
    () => client.request("take_hosting", {}),
    document.createTextNode(t("people.take_hosting")),
  );
  const element = h("div", { class: "host-bar" }, muteAll, lock, takeBack);
  return {
    element,
    update() {
      const mayTakeBack = !isHost() && Boolean(client.room.me?.owner);
      element.hidden = !isHost() && !mayTakeBack;
      muteAll.hidden = lock.hidden = !isHost();
      takeBack.hidden = !mayTakeBack;
      muteAll.disabled = client.room.peers.size === 0;
      lock.setAttribute("aria-pressed", String(isLocked()));
      words.textContent = t(isLocked() ? "people.unlock" : "people.lock");
      replace(picture, icon(isLocked() ? "unlock" : "lock"));
    },
  };
}
