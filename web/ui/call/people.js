import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { momentText } from "../moments.js";
import { avatar, iconButton } from "../parts.js";
import { verdictWords } from "../lines/line_words.js";
import { actionMenu } from "./action_menu.js";
import { hostBar } from "./host_bar.js";
import { qualityIcon } from "./quality_icon.js";

/**
 * @typedef {import("./call_screen.js").Call} Call
 * @typedef {import("../../client/room_state.js").Person} Person
 */

/**
 * Everyone in the call; for the host with what they may do to each.
 * @param {import("../context.js").Context} context @param {Call} call
 * @param {(error: unknown) => void} onError
 */
export function peopleList(context, call, onError) {
  const { t } = context;
  const { client } = call;
  /** @type {Map<string, { element: HTMLElement, update: (person: Person) => void }>} */
  const rows = new Map();
  const list = h("ul", { class: "people" });
  const heading = h("h2", { class: "panel-title" });
  const hostTools = hostBar(context, call, onError);
  const update = () => {
    const people = client.room.people();
    heading.textContent = t("people.title", { n: people.length });
    const ids = new Set(people.map((person) => person.participant.participant_id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    for (const person of people) {
      const id = person.participant.participant_id;
      const row = rows.get(id) ?? personRow(context, call, person, onError);
      if (!rows.has(id)) list.append(row.element);
      rows.set(id, row);
      row.update(person);
    }
    hostTools.update();
  };
  return {
    element: h("section", { class: "panel-section" }, heading, hostTools.element, list),
    update,
  };
}

/**
 * @param {import("../context.js").Context} context @param {Call} call @param {Person} first
 * @param {(error: unknown) => void} onError
 */
function personRow(context, call, first, onError) {
  const { t } = context;
  const { client, local } = call;
  const { participant_id: id, name } = first.participant;
  const facts = h("p", { class: "hint" });
  const line = h("p", { class: "hint own-line", hidden: true });
  const hand = h("span", { class: "person-hand" });
  const tools = h("span", { class: "person-tools" });
  const title = h("strong", {});
  const quality = qualityIcon(t);
  const element = h(
    "li",
    { class: "person", testid: "participant-row" },
    avatar(name),
    h("div", { class: "person-words" }, title, facts, line),
    quality.element,
    hand,
    tools,
  );
  element.dataset.participant = id;
  let toolsFor = "";
  const update = (/** @type {Person} */ person) => {
    const { participant, peers, isMe } = person;
    title.textContent = isMe ? t("tile.you", { name: participant.name }) : participant.name;
    const troubles = peers.map((peer) => client.room.trouble(peer.connection_id));
    facts.textContent = personFacts(context, person, troubles).join(" · ");
    const levels = peers.flatMap((peer) =>
      client.room.trouble(peer.connection_id) ? 0 : (peer.status?.quality ?? []),
    );
    if (isMe && client.ownLine) levels.push(client.ownLine.level);
    const verdict = isMe ? client.ownLine?.verdict : null;
    line.hidden = !verdict?.side;
    if (verdict?.side) {
      line.textContent = `${verdictWords(t, verdict)}. ${t(`own_line.${verdict.side}`)}`;
    }
    quality.element.hidden = levels.length === 0;
    const worst = Math.min(...levels);
    if (levels.length > 0) quality.set(/** @type {0 | 1 | 2 | 3 | 4} */ (worst));
    const speaking = peers.some((peer) =>
      peer.tracks.some((track) => track.source === "microphone" && !track.muted),
    );
    const micOn = speaking || (isMe && local.isOn("microphone"));
    const mayRule = client.room.me?.role === "host" && !isMe;
    replace(
      hand,
      participant.hand_raised
        ? [icon("hand"), h("span", { class: "visually-hidden" }, t("tile.hand"))]
        : [],
    );
    const key = `${mayRule} ${micOn}`;
    if (key === toolsFor) return;
    toolsFor = key;
    replace(
      tools,
      mayRule ? hostTools(context, call, participant, micOn, onError) : micState(t, micOn),
    );
  };
  return { element, update };
}

/** @param {import("../i18n.js").Translate} t @param {boolean} on */
function micState(t, on) {
  return h(
    "span",
    { class: on ? "person-mic" : "person-mic off" },
    icon(on ? "mic" : "mic_off"),
    h("span", { class: "visually-hidden" }, t(on ? "people.mic_on" : "tile.mic_off")),
  );
}

/**
 * @param {import("../context.js").Context} context @param {Person} person
 * @param {("" | "reconnecting" | "lost")[]} troubles of their windows
 * @returns {string[]}
 */
function personFacts({ t, language }, { participant, peers, isMe }, troubles) {
  const windows = peers.length + (isMe ? 1 : 0);
  const facts = [];
  if (participant.role === "host") facts.push(t("people.host"));
  if (troubles.includes("lost")) facts.push(t("tile.line_lost"));
  else if (troubles.includes("reconnecting")) facts.push(t("tile.away"));
  if (participant.joined_at) {
    facts.push(t("people.since", { time: momentText(language, participant.joined_at) }));
  }
  if (windows > 1) facts.push(t("people.windows", { n: windows }));
  for (const { status } of peers) {
    for (const kind of /** @type {const} */ (["camera", "microphone"])) {
      const state = status?.[kind];
      if (state && state !== "ok" && state !== "off") {
        facts.push(`${t(`devices.${kind}`)}: ${t(`device.${state}`)}`);
      }
    }
  }
  return facts;
}

/**
 * @param {import("../context.js").Context} context @param {Call} call
 * @param {import("../../client/protocol.js").ParticipantInfo} participant
 * @param {boolean} micOn @param {(error: unknown) => void} onError
 */
function hostTools({ t }, { client }, { participant_id, name }, micOn, onError) {
  /** @param {() => Promise<unknown>} action */
  const run = (action) => () => void action().catch(onError);
  const mute = micOn
    ? iconButton("mic", t("people.mute", { name }), {
        testid: "mute-participant",
        on: { click: run(() => client.request("mute_participant", { participant_id })) },
      })
    : iconButton("mic_off", t("people.ask_unmute", { name }), {
        class: "icon-button off",
        testid: "ask-unmute",
        on: { click: run(() => client.request("ask_to_unmute", { participant_id })) },
      });
  const remove = iconButton("remove", t("people.remove", { name }), {
    testid: "remove-participant",
    on: { click: run(() => client.request("remove_participant", { participant_id, bar: false })) },
  });
  const entry = (/** @type {string} */ label, /** @type {() => Promise<unknown>} */ action) =>
    h("button", { type: "button", class: "menu-entry", on: { click: run(action) } }, label);
  const menu = actionMenu(
    t("people.more", { name }),
    entry(t("people.send_back"), () => client.request("send_back", { participant_id })),
    entry(t("people.hand_over"), () => client.request("hand_over", { participant_id })),
    entry(t("people.bar"), () =>
      client.request("remove_participant", { participant_id, bar: true }),
    ),
  );
  return [mute, remove, menu];
}
