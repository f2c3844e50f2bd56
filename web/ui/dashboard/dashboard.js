import { h, replace } from "../dom.js";
import { errorPlace } from "../parts.js";
import { sessionList } from "./session_list.js";
import { shareCard } from "./share_card.js";
import { startCard } from "./start_card.js";

/**
 * A person's sessions, and for hosts the way to start one.
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").Screen}
 */
export function dashboardScreen(context) {
  const { api, t, profile } = context;
  const isHost = profile?.role === "therapist" || profile?.role === "admin";
  const errors = errorPlace(t);
  const shared = h("div", { class: "stack", "aria-live": "polite" });
  const lists = h("div", { class: "stack" });
  const refresh = async () => {
    try {
      const sessions = await api.listSessions();
      errors.clear();
      replace(lists, sessionList(context, sessions, refresh));
    } catch (error) {
      errors.show(error);
    }
  };
  const started = (/** @type {import("../../api.js").Session} */ session) => {
    replace(shared, shareCard(context, session));
    void refresh();
  };
  const element = h(
    "main",
    { class: "page dashboard" },
    h(
      "div",
      { class: "page-head" },
      h(
        "h1",
        { class: "title-2", tabIndex: -1 },
        t("dashboard.hello", { name: profile?.full_name ?? "" }),
      ),
      h("p", { class: "lead" }, isHost ? t("dashboard.lead") : t("dashboard.patient")),
    ),
    errors.element,
    isHost ? h("div", { class: "dashboard-start" }, startCard(context, started), shared) : null,
    isHost ? lists : null,
  );
  if (isHost) void refresh();
  return { element };
}
