import { RodaApi } from "./api.js";
import { h, replace } from "./ui/dom.js";
import { chooseLanguage, translator } from "./ui/i18n.js";
import { dashboardScreen } from "./ui/dashboard/dashboard.js";
import { loginScreen } from "./ui/login.js";
import { errorScreen } from "./ui/message_screen.js";
import { pageHeader } from "./ui/page_header.js";
import { Preferences, storageOrMemory } from "./ui/preferences.js";
import { SessionFlow } from "./ui/session_flow.js";
import { applyTheme } from "./ui/theme.js";
import { announcer } from "./ui/toast.js";

/** @typedef {import("./ui/context.js").Context} Context */

/** The page: finds out where it is and who looks at it, and shows the screen for that. */
class App {
  /** @type {import("./ui/context.js").Screen | null} */
  #screen = null;
  /** @type {() => import("./ui/context.js").Screen} */
  #render;
  #root;
  #context;

  /** @param {HTMLElement} root @param {Context} context */
  constructor(root, context) {
    this.#root = root;
    this.#context = context;
    this.#render = () => this.#home();
    context.setLanguage = (language) => this.#speak(language);
    context.setProfile = (profile) => {
      context.profile = profile;
      this.show();
    };
  }

  async start() {
    try {
      this.#context.profile = await this.#context.api.me();
    } catch (error) {
      this.#render = () => errorScreen(this.#context, error, [reloadButton(this.#context)]);
      this.show();
      return;
    }
    const token = location.pathname.match(/^\/s\/([^/]+)\/?$/)?.[1];
    if (!token) return this.show();
    const storage = storageOrMemory(() => sessionStorage);
    const flow = new SessionFlow(
      this.#context,
      decodeURIComponent(token),
      () => this.show(),
      storage,
    );
    this.#render = () => flow.render();
    addEventListener("pagehide", () => flow.stop());
    await flow.start();
  }

  show() {
    this.#screen?.destroy?.();
    this.#context.announce("");
    const screen = this.#render();
    this.#screen = screen;
    const header = screen.element.dataset.header === "none" ? null : pageHeader(this.#context);
    replace(this.#root, header, screen.element);
    const heading = this.#root.querySelector("h1");
    if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  }

  #home() {
    return this.#context.profile ? dashboardScreen(this.#context) : loginScreen(this.#context);
  }

  /** @param {import("./ui/i18n.js").Language} language */
  #speak(language) {
    this.#context.preferences.set("language", language);
    setLanguage(this.#context, language);
    this.show();
  }
}

/** @param {Context} context @param {import("./ui/i18n.js").Language} language */
function setLanguage(context, language) {
  context.language = language;
  context.t = translator(language);
  context.api.language = language;
  document.documentElement.lang = language;
  document.title = context.t("page.title");
}

/** @param {Context} context */
function reloadButton({ t }) {
  const reload = () => location.reload();
  return h(
    "button",
    { type: "button", class: "button button-primary", on: { click: reload } },
    t("page.reload"),
  );
}

function main() {
  const preferences = new Preferences(storageOrMemory(() => localStorage));
  const language = chooseLanguage([preferences.get("language"), ...navigator.languages]);
  applyTheme(preferences);
  const root = document.getElementById("app");
  const live = document.getElementById("live");
  if (!root || !live) throw new Error("index.html has lost its #app or #live");
  /** @type {Context} */
  const context = {
    api: new RodaApi({ language }),
    t: translator(language),
    language,
    preferences,
    profile: null,
    setProfile: () => undefined,
    setLanguage: () => undefined,
    announce: announcer(live),
  };
  setLanguage(context, language);
  void new App(root, context).start();
}

main();
