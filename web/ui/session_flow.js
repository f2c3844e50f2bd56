import { RodaClient } from "../client/roda_client.js";
import { RodaError } from "../client/errors.js";
import { callScreen } from "./call/call_screen.js";
import { Devices } from "./devices.js";
import { h } from "./dom.js";
import { LocalMedia } from "./local_media.js";
import { errorScreen, messageScreen } from "./message_screen.js";
import { prejoinScreen } from "./prejoin/prejoin.js";
import { RemoteMedia } from "./remote_media.js";
import { waitingScreen } from "./waiting.js";

/** @typedef {import("./context.js").Screen} Screen */

/** The way through one share link: pre-join, waiting, call, end. */
export class SessionFlow {
  #context;
  #token;
  #show;
  #storage;
  /** @type {() => Screen} */
  #render;
  /** @type {Devices | null} */
  #devices = null;

  /**
   * @param {import("./context.js").Context} context
   * @param {string} token
   * @param {() => void} show puts what `render` returns on the page
   * @param {{ getItem(k: string): string | null, setItem(k: string, v: string): void,
   *   removeItem(k: string): void }} storage of this window
   */
  constructor(context, token, show, storage) {
    this.#context = context;
    this.#token = token;
    this.#show = show;
    this.#storage = storage;
    this.#render = () => messageScreen({ title: context.t("page.loading"), text: "", actions: [] });
  }

  /** @returns {Screen} the screen this person is at now, in the language chosen now */
  render() {
    return this.#render();
  }

  /** Look at the link, then open the pre-join, or say why it does not work. */
  async start() {
    const openedAt = Date.now();
    try {
      const session = await this.#context.api.previewSession(this.#token);
      if (session.state === "full" || session.state === "locked") this.#warnOf(session.state);
      this.#prejoin(session, openedAt);
    } catch (error) {
      this.#at(() => errorScreen(this.#context, error, this.#waysOut(isWorthRetrying(error))));
    }
  }

  /** @param {"full" | "locked"} state people who are in already may come back all the same */
  #warnOf(state) {
    this.#context.announce(this.#context.t(`prejoin.${state}`));
  }

  /** @param {import("../api.js").Preview} session @param {number} openedAt Unix milliseconds */
  #prejoin(session, openedAt) {
    const devices = new Devices(this.#context.preferences);
    this.#devices = devices;
    /** @type {number | null} */
    let grantedAt = null;
    const devicesReady = devices.openAll().then(() => {
      if (devices.tracks.camera || devices.tracks.microphone) grantedAt = Date.now();
    });
    const onJoin = async (/** @type {string} */ name) => {
      const { api } = this.#context;
      const client = new RodaClient({ api, sessionToken: this.#token });
      client.timeline.add("page_opened", openedAt);
      if (grantedAt !== null) client.timeline.add("devices_granted", grantedAt);
      for (const [kind, error] of Object.entries(devices.errors)) {
        if (error) client.addStep("devices_granted", "failed", `${kind}: ${error.code}`);
      }
      await this.#enter(client, devices, session, name);
    };
    const rejoining = this.#storage.getItem(this.#flag) !== null;
    this.#at(() =>
      prejoinScreen(this.#context, { session, devices, devicesReady, rejoining, onJoin }),
    );
  }

  /**
   * @param {RodaClient} client @param {Devices} devices
   * @param {import("../api.js").Preview} session @param {string} name
   */
  async #enter(client, devices, session, name) {
    const local = new LocalMedia(client, devices);
    const remote = new RemoteMedia(client);
    const call = { client, devices, local, remote, session, token: this.#token };
    const arrive = () => {
      if (client.state === "waiting") {
        this.#at(() => waitingScreen(this.#context, call));
      } else if (client.state === "in_call" && !this.#inCall) {
        this.#inCall = true;
        this.#storage.setItem(this.#flag, "yes");
        // After the negotiation's messages that come with the join's answer: drawing can wait.
        setTimeout(() => {
          if (this.#inCall) this.#at(() => callScreen(this.#context, call));
        }, 0);
      }
      if (client.state === "waiting" || client.state === "closed") this.#inCall = false;
    };
    client.addEventListener("state", arrive);
    client.addEventListener("closed", (event) => {
      local.stop();
      this.#storage.removeItem(this.#flag);
      const { error, reason } = /** @type {CustomEvent} */ (event).detail;
      const byMe = reason === "host" && client.room.me?.role === "host";
      if (byMe) this.#endedByHost();
      else this.#ended(error);
    });
    await local.prepare();
    await client.join({ name });
  }

  #inCall = false;

  #endedByHost() {
    this.#at(() => {
      const { t } = this.#context;
      const actions = this.#waysOut(false);
      return messageScreen({
        title: t("ended.title"),
        text: t("ended.text"),
        actions,
        isError: true,
      });
    });
  }

  /** @param {RodaError | null} error null when the person left by themselves */
  #ended(error) {
    if (error) {
      const final = ["session_ended", "session_expired", "participant_barred"].includes(error.code);
      this.#at(() => errorScreen(this.#context, error, this.#waysOut(!final)));
      return;
    }
    this.#at(() => {
      const { t } = this.#context;
      const actions = this.#waysOut(true);
      return messageScreen({ title: t("left.title"), text: t("left.text"), actions });
    });
  }

  /** @param {boolean} mayReturn @returns {HTMLElement[]} */
  #waysOut(mayReturn) {
    const { t, profile } = this.#context;
    const again = h(
      "button",
      { type: "button", class: "button button-primary", testid: "rejoin-button" },
      t("left.rejoin"),
    );
    again.addEventListener("click", () => void this.start());
    const home = h(
      "a",
      { class: "button", href: "/" },
      profile ? t("left.dashboard") : t("left.home"),
    );
    return mayReturn ? [again, home] : [home];
  }

  get #flag() {
    return `roda.in-call.${this.#token}`;
  }

  /** @param {() => Screen} render */
  #at(render) {
    this.#render = render;
    this.#show();
  }

  /** Let cameras and microphones go, when the page is left. */
  stop() {
    this.#devices?.closeAll();
  }
}

/** @param {unknown} error */
function isWorthRetrying(error) {
  const codes = ["session_not_found", "session_ended", "session_expired"];
  return !(error instanceof RodaError) || !codes.includes(error.code);
}
