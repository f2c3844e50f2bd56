import { h, replace } from "../dom.js";
import { keepingFocus } from "../focus.js";
import { errorPlace } from "../parts.js";
import { attendedSessions, openSessions } from "./attended_sessions.js";
import { INQUIRIES, PLANS } from "./care_kinds.js";
import { careSection } from "./care_section.js";
import { activeSessions, pastSessions } from "./host_sessions.js";
import { joinCard } from "./join_card.js";
import { shareCard } from "./share_card.js";
import { startCard } from "./start_card.js";

/** @typedef {import("../context.js").Context} Context */

/**
 * What a person finds after the log-in: sessions, inquiries, plans.
 * @param {Context} context
 * @returns {import("../context.js").Screen}
 */
export function dashboardScreen(context) {
  return context.profile?.role === "patient" ? patientDashboard(context) : hostDashboard(context);
}

/** @param {Context} context @returns {import("../context.js").Screen} */
function hostDashboard(context) {
  const { api, t } = context;
  const shared = h("div", { class: "stack", "aria-live": "polite" });
  const lists = sessionLists(context, async (refresh) => {
    const sessions = await api.listSessions();
    return {
      active: activeSessions(context, sessions, refresh),
      past: pastSessions(context, sessions),
    };
  });
  const started = (/** @type {import("../../api.js").Session} */ session) => {
    replace(shared, shareCard(context, session));
    void lists.refresh();
  };
  const start = h("div", { class: "dashboard-start" }, startCard(context, started), shared);
  return dashboard(context, t("dashboard.lead"), start, lists);
}

/** @param {Context} context @returns {import("../context.js").Screen} */
function patientDashboard(context) {
  const { api, t } = context;
  const lists = sessionLists(context, async () => {
    const sessions = await api.listAttendedSessions();
    return {
      active: openSessions(context, sessions),
      past: attendedSessions(context, sessions),
    };
  });
  return dashboard(context, t("dashboard.patient"), joinCard(context), lists);
}

/**
 * @param {Context} context @param {string} lead @param {HTMLElement} start
 * @param {ReturnType<typeof sessionLists>} lists
 * @returns {import("../context.js").Screen}
 */
function dashboard(context, lead, start, lists) {
  const { t, profile } = context;
  const hello = t("dashboard.hello", { name: profile?.full_name ?? "" });
  const element = h(
    "main",
    { class: "page dashboard" },
    h(
      "div",
      { class: "page-head" },
      h("h1", { class: "title-2", tabIndex: -1 }, hello),
      h("p", { class: "lead" }, lead),
    ),
    lists.errors,
    start,
    lists.active,
    h(
      "div",
      { class: "dashboard-care" },
      careSection(context, INQUIRIES),
      careSection(context, PLANS),
    ),
    lists.past,
  );
  void lists.refresh();
  return { element, destroy: lists.destroy };
}

/**
 * The two lists of sessions. They are read anew whenever the page is looked at again, unless
 * somebody has opened one of their rows.
 * @param {Context} context
 * @param {(refresh: () => Promise<void>) => Promise<{ active: HTMLElement[], past: HTMLElement[] }>} load
 */
function sessionLists({ t }, load) {
  const active = h("section", { class: "rows-section" });
  const past = h("section", { class: "rows-section" });
  const errors = errorPlace(t);
  const refresh = async () => {
    try {
      const found = await load(refresh);
      errors.clear();
      keepingFocus(active, () => replace(active, found.active));
      keepingFocus(past, () => replace(past, found.past));
    } catch (error) {
      errors.show(error);
    }
  };
  const isRead = () => [active, past].some((list) => list.querySelector('[aria-expanded="true"]'));
  const onVisible = () => {
    if (document.visibilityState === "visible" && !isRead()) void refresh();
  };
  document.addEventListener("visibilitychange", onVisible);
  const destroy = () => document.removeEventListener("visibilitychange", onVisible);
  return { active, past, errors: errors.element, refresh, destroy };
}
