import { h, replace } from "../dom.js";
import { momentText } from "../moments.js";
import { errorPlace } from "../parts.js";
import { disclosure } from "./disclosure.js";
import { auditWords, namesOf } from "./history_words.js";

/** @typedef {import("../../api.js").Session} Session */

/**
 * Opens the audit trail of a session: who did what, and when, newest first.
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {HTMLElement} place
 */
export function historyButton(context, session, place) {
  const { t } = context;
  const show = () => showHistory(context, session, place);
  const button = disclosure(place, { icon: "list", words: t("history.title"), show });
  button.dataset.testid = "session-history";
  return button;
}

/**
 * @param {import("../context.js").Context} context @param {Session} session
 * @param {HTMLElement} place
 */
async function showHistory({ api, t, language }, session, place) {
  const errors = errorPlace(t);
  const list = h("ol", { class: "history", "aria-label": t("history.title") });
  const loading = h("p", { class: "hint", role: "status" }, t("page.loading"));
  replace(place, loading, errors.element, list);
  try {
    const [events, participants] = await Promise.all([
      api.auditTrail(session.id),
      api.listParticipants(session.id),
    ]);
    const names = namesOf(session, participants);
    const items = events.map((event) =>
      h(
        "li",
        { testid: "audit-event" },
        h("time", { dateTime: event.occurred_at }, momentText(language, event.occurred_at)),
        h("span", {}, auditWords(t, event, names)),
      ),
    );
    replace(list, items);
  } catch (error) {
    errors.show(error);
  }
  loading.remove();
}
