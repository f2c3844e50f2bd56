import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { momentText } from "../moments.js";
import { errorPlace, whileBusy } from "../parts.js";
import { linkBox } from "../share_link.js";
import { shareAddress } from "./share_card.js";

/** @typedef {import("../../api.js").Session} Session */

const EXTEND_MIN = 30;
const PAST_SHOWN = 20;

/**
 * The host's own sessions, active ones first.
 * @param {import("../context.js").Context} context
 * @param {Session[]} sessions newest first
 * @param {() => Promise<void>} onChange
 * @returns {HTMLElement[]}
 */
export function sessionList(context, sessions, onChange) {
  const { t } = context;
  const active = sessions.filter(isRunning);
  const past = sessions.filter((session) => !isRunning(session)).slice(0, PAST_SHOWN);
  const rows = active.map((session) => activeRow(context, session, onChange));
  return [
    h(
      "section",
      { class: "session-section" },
      h("h2", { class: "title-3" }, t("sessions.active")),
      rows.length
        ? h("ul", { class: "session-rows" }, rows)
        : h("p", { class: "empty" }, t("sessions.none_active")),
    ),
    h(
      "section",
      { class: "session-section" },
      h("h2", { class: "title-3" }, t("sessions.past")),
      past.length
        ? h(
            "ul",
            { class: "session-rows" },
            past.map((session) => pastRow(context, session)),
          )
        : h("p", { class: "empty" }, t("sessions.none_past")),
    ),
  ];
}

/** @param {Session} session */
function isRunning(session) {
  return session.is_active && Date.parse(session.expires_at) > Date.now();
}

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {() => Promise<void>} onChange
 */
function activeRow(context, session, onChange) {
  const { api, t, language } = context;
  const errors = errorPlace(t);
  const extra = h("div", { class: "session-extra" });
  const act = (/** @type {string} */ label, /** @type {() => Promise<unknown>} */ action) => {
    const button = h("button", { type: "button", class: "button button-quiet" }, label);
    button.addEventListener(
      "click",
      () =>
        void whileBusy(
          button,
          async () => {
            await action();
            await onChange();
          },
          errors.show,
        ),
    );
    return button;
  };
  const share = h(
    "button",
    {
      type: "button",
      class: "button button-quiet",
      "aria-expanded": "false",
      on: {
        click: () => {
          const open = extra.childElementCount === 0;
          share.setAttribute("aria-expanded", String(open));
          replace(extra, open ? linkBox(context, shareAddress(session), session.id) : null);
        },
      },
    },
    icon("share"),
    t("sessions.share"),
  );
  const end = confirmedButton(
    t("sessions.end"),
    t("sessions.end_sure"),
    async () => {
      await api.endSession(session.id);
      await onChange();
    },
    errors.show,
  );
  return h(
    "li",
    { class: "session-row session-active" },
    h(
      "div",
      { class: "session-what" },
      h("span", { class: "live-dot", "aria-hidden": "true" }),
      h(
        "div",
        {},
        h("strong", {}, session.session_name),
        h(
          "p",
          { class: "hint" },
          t("sessions.until", { time: momentText(language, session.expires_at) }),
        ),
      ),
    ),
    h(
      "div",
      { class: "session-actions" },
      share,
      act(t("sessions.extend", { minutes: EXTEND_MIN }), () =>
        api.extendSession(session.id, EXTEND_MIN),
      ),
      end,
      h(
        "a",
        { class: "button", href: `/s/${encodeURIComponent(session.session_token)}` },
        icon("door"),
        t("share.enter"),
      ),
    ),
    errors.element,
    extra,
  );
}

/** @param {import("../context.js").Context} context @param {Session} session */
function pastRow({ t, language }, session) {
  const ended = session.ended_at ?? session.expires_at;
  return h(
    "li",
    { class: "session-row" },
    h(
      "div",
      {},
      h("strong", {}, session.session_name),
      h("p", { class: "hint" }, t("sessions.ended_at", { time: momentText(language, ended) })),
    ),
  );
}

/**
 * A button that asks once more in place before it acts.
 * @param {string} label @param {string} question
 * @param {() => Promise<unknown>} action @param {(error: unknown) => void} onError
 */
function confirmedButton(label, question, action, onError) {
  const button = h(
    "button",
    { type: "button", class: "button button-quiet button-danger-text" },
    label,
  );
  let asked = false;
  button.addEventListener("click", () => {
    if (asked) void whileBusy(button, action, onError);
    asked = true;
    button.textContent = question;
  });
  button.addEventListener("blur", () => {
    asked = false;
    button.textContent = label;
  });
  return button;
}
