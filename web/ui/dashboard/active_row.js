import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { linesView } from "../lines/lines_view.js";
import { momentText } from "../moments.js";
import { errorPlace, whileBusy } from "../parts.js";
import { linkBox } from "../share_link.js";
import { confirmedButton } from "./confirmed_button.js";
import { disclosure } from "./disclosure.js";
import { historyButton } from "./history.js";
import { sessionHeading } from "./session_heading.js";
import { factsOf } from "./session_words.js";
import { shareAddress } from "./share_card.js";

/** @typedef {import("../../api.js").Session} Session */

const EXTEND_MIN = 30;

/**
 * A session that goes on: to enter, to share, to extend, to end.
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {() => Promise<void>} onChange
 * @returns {HTMLElement}
 */
export function activeRow(context, session, onChange) {
  const { t, language } = context;
  const errors = errorPlace(t);
  const extra = h("div", { class: "row-extra" });
  const until = t("sessions.until", { time: momentText(language, session.expires_at) });
  const enter = h(
    "a",
    { class: "button button-small", href: `/s/${encodeURIComponent(session.session_token)}` },
    icon("door"),
    t("share.enter"),
  );
  return h(
    "li",
    { class: "row", testid: "active-session" },
    sessionHeading(session, [until, ...factsOf(t, session)], {
      dot: session.participants ? "live-dot busy" : "live-dot",
      chip: session.locked ? h("span", { class: "chip" }, icon("lock"), t("call.locked")) : null,
    }),
    h(
      "div",
      { class: "row-actions" },
      enter,
      shareButton(context, session, extra),
      extendButton(context, session, { onChange, onError: errors.show }),
      linesButton(context, session, extra),
      historyButton(context, session, extra),
      endButton(context, session, { onChange, onError: errors.show }),
    ),
    errors.element,
    extra,
  );
}

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {HTMLElement} place
 */
function shareButton(context, session, place) {
  const { t } = context;
  const show = () => replace(place, linkBox(context, shareAddress(session), session.id));
  return disclosure(place, { icon: "share", words: t("sessions.share"), show });
}

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {HTMLElement} place
 */
function linesButton(context, session, place) {
  const show = () => {
    const view = linesView(context, session.id);
    replace(place, view.element);
    view.start();
  };
  const button = disclosure(place, { icon: "signal", words: context.t("lines.title"), show });
  button.dataset.testid = "session-lines";
  return button;
}

/**
 * @typedef {object} Reactions
 * @property {() => Promise<void>} onChange
 * @property {(error: unknown) => void} onError
 */

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {Reactions} reactions
 */
function extendButton({ api, t, language, announce }, { id }, { onChange, onError }) {
  const button = h(
    "button",
    { type: "button", class: "button button-quiet button-small", "data-focus": `extend-${id}` },
    icon("clock"),
    t("sessions.extend", { minutes: EXTEND_MIN }),
  );
  const extend = async () => {
    const { expires_at } = await api.extendSession(id, EXTEND_MIN);
    await onChange();
    announce(t("sessions.until", { time: momentText(language, expires_at) }));
  };
  button.addEventListener("click", () => void whileBusy(button, extend, onError));
  return button;
}

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {Reactions} reactions
 */
function endButton({ api, t, announce }, { id }, { onChange, onError }) {
  const end = async () => {
    await api.endSession(id);
    await onChange();
    announce(t("sessions.was_ended"));
  };
  const words = { label: t("sessions.end"), question: t("sessions.end_sure") };
  const ask = () => announce(words.question, { spokenOnly: true });
  return confirmedButton(words, { act: end, onAsk: ask, onError });
}
