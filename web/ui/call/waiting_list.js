import { h } from "../dom.js";
import { icon } from "../icons.js";
import { avatar } from "../parts.js";
import { ring } from "./doorbell.js";

/**
 * Who stands at the door, for the host: over the pictures, so that nobody is overlooked.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 * @param {(error: unknown) => void} onError
 */
export function waitingList({ t, announce }, { client }, onError) {
  const title = h("h2", { class: "panel-title" });
  const rows = h("ul", { class: "waiting-rows" });
  const all = h(
    "button",
    {
      type: "button",
      class: "button button-small button-primary",
      testid: "admit-all",
      on: { click: () => void client.request("admit_all", {}).catch(onError) },
    },
    t("door.admit_all"),
  );
  const element = h(
    "section",
    { class: "door", hidden: true, "aria-label": t("door.label") },
    h("div", { class: "door-head" }, icon("door"), title, all),
    rows,
  );
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  const update = () => {
    const waiting = client.room.me?.role === "host" ? client.room.waiting : [];
    const ids = new Set(waiting.map((person) => person.participant_id));
    for (const [id, row] of known) {
      if (ids.has(id)) continue;
      row.remove();
      known.delete(id);
    }
    const arrived = waiting.filter((person) => !known.has(person.participant_id));
    for (const person of arrived) {
      const row = waitingRow(t, client, person, onError);
      known.set(person.participant_id, row);
      rows.append(row);
    }
    element.hidden = waiting.length === 0;
    all.hidden = waiting.length < 2;
    title.textContent = t("door.waiting", { n: waiting.length });
    if (arrived.length === 0) return;
    ring();
    const names = arrived.map((person) => person.name).join(", ");
    announce(t("door.knock", { name: names }), { spokenOnly: true });
  };
  return { element, update };
}

/**
 * @param {import("../i18n.js").Translate} t
 * @param {import("./call_screen.js").Call["client"]} client
 * @param {import("../../client/protocol.js").ParticipantInfo} person
 * @param {(error: unknown) => void} onError
 */
function waitingRow(t, client, { participant_id, name }, onError) {
  const act = (/** @type {"admit" | "decline"} */ type) => () =>
    void client.request(type, { participant_id }).catch(onError);
  return h(
    "li",
    { class: "waiting-row" },
    avatar(name),
    h("strong", {}, name),
    h(
      "button",
      {
        type: "button",
        class: "button button-small button-quiet",
        testid: "decline-button",
        "aria-label": t("door.decline_name", { name }),
        on: { click: act("decline") },
      },
      t("door.decline"),
    ),
    h(
      "button",
      {
        type: "button",
        class: "button button-small button-primary",
        testid: "admit-button",
        "aria-label": t("door.admit_name", { name }),
        on: { click: act("admit") },
      },
      t("door.admit"),
    ),
  );
}
