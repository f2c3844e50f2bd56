/**
 * What this client knows of the room, kept by the server's messages. Pure: no sockets, no clock.
 *
 * @typedef {import("./protocol.js").Peer} Peer
 * @typedef {import("./protocol.js").ParticipantInfo} ParticipantInfo
 * @typedef {import("./protocol.js").Notification} Notification
 * @typedef {import("./protocol.js").JoinResult} JoinResult
 * @typedef {object} Person one participant with every connection they have in the room
 * @property {ParticipantInfo} participant
 * @property {Peer[]} peers empty for oneself with a single window
 * @property {boolean} isMe
 */

const CHAT_KEPT = 500;

/**
 * @template {Notification["type"]} T
 * @typedef {Extract<Notification, { type: T }>} Message
 */

export class RoomState {
  connectionId = "";
  /** @type {ParticipantInfo | null} */
  me = null;
  /** @type {import("./protocol.js").SessionInfo | null} */
  session = null;
  /** @type {Map<string, Peer>} by connection id, in the order they came */
  peers = new Map();
  /** @type {ParticipantInfo[]} */
  waiting = [];
  /** @type {import("./protocol.js").ChatMessage[]} */
  chat = [];

  /** @type {Map<string, Message<"track_undecodable">>} by track id, those there are */
  undecodable = new Map();

  /** @param {JoinResult} result */
  reset(result) {
    this.connectionId = result.connection_id;
    this.me = result.participant;
    this.session = result.session;
    this.peers = new Map(result.peers.map((peer) => [peer.connection_id, peer]));
    const tracks = result.peers.flatMap((peer) => peer.tracks.map((track) => track.track_id));
    for (const id of [...this.undecodable.keys()].filter((one) => !tracks.includes(one))) {
      this.undecodable.delete(id);
    }
    this.waiting = result.waiting;
    this.chat = result.chat.slice(-CHAT_KEPT);
  }

  /** @param {Notification} message messages that say nothing of the room change nothing */
  apply(message) {
    const change = /** @type {Partial<Record<string, (state: RoomState, m: any) => void>>} */ (
      CHANGES
    )[message.type];
    change?.(this, message);
  }

  /** @returns {Person[]} oneself first, then in the order of arrival */
  people() {
    /** @type {Map<string, Person>} */
    const people = new Map();
    if (this.me) {
      people.set(this.me.participant_id, { participant: this.me, peers: [], isMe: true });
    }
    for (const peer of this.peers.values()) {
      const id = peer.participant.participant_id;
      const person = people.get(id) ?? { participant: peer.participant, peers: [], isMe: false };
      person.peers.push(peer);
      people.set(id, person);
    }
    return [...people.values()];
  }

  /** @param {string} connectionId @returns {boolean} something of theirs should be arriving */
  isSending(connectionId) {
    return (this.peers.get(connectionId)?.tracks ?? []).some((track) => !track.muted);
  }

  /**
   * Whether another's line is interrupted, as the server sees it.
   * @param {string} connectionId
   * @returns {"" | "reconnecting" | "lost"} nothing wrong; lately silent; silent for long
   */
  trouble(connectionId) {
    const peer = this.peers.get(connectionId);
    const states = Object.values(peer?.transports ?? {});
    if (states.includes("failed")) return "lost";
    const isAway = peer?.participant.state === "away";
    return isAway || states.includes("disconnected") ? "reconnecting" : "";
  }

  /**
   * What is known of a picture that this browser cannot decode.
   * @param {string} connectionId @param {import("./protocol.js").Source} source
   */
  unseen(connectionId, source) {
    return this.undecodable.get(this.track(connectionId, source)?.track_id ?? "");
  }

  /** @param {string} connectionId @param {import("./protocol.js").Source} source */
  track(connectionId, source) {
    return this.peers.get(connectionId)?.tracks.find((track) => track.source === source);
  }
}

const CHANGES = {
  /** @param {RoomState} state @param {Message<"peer_joined">} message */
  peer_joined(state, { peer }) {
    state.peers.set(peer.connection_id, peer);
  },
  /** @param {RoomState} state @param {Message<"peer_left">} message */
  peer_left(state, { connection_id }) {
    state.peers.delete(connection_id);
    for (const [id, told] of state.undecodable) {
      if (told.connection_id === connection_id) state.undecodable.delete(id);
    }
  },
  /** @param {RoomState} state @param {Message<"peer_tracks">} message */
  peer_tracks(state, { connection_id, tracks }) {
    const peer = state.peers.get(connection_id);
    if (peer) peer.tracks = tracks;
    const there = new Set(tracks.map((track) => track.track_id));
    for (const [id, told] of state.undecodable) {
      if (told.connection_id === connection_id && !there.has(id)) state.undecodable.delete(id);
    }
  },
  /** @param {RoomState} state @param {Message<"track_undecodable">} message */
  track_undecodable(state, message) {
    state.undecodable.set(message.track_id, message);
  },
  /** @param {RoomState} state @param {Message<"track_muted">} message */
  track_muted(state, { connection_id, track_id, muted }) {
    const tracks = state.peers.get(connection_id)?.tracks ?? [];
    for (const track of tracks) if (track.track_id === track_id) track.muted = muted;
  },
  /** @param {RoomState} state @param {Message<"participant_updated">} message */
  participant_updated(state, { participant }) {
    const id = participant.participant_id;
    if (state.me?.participant_id === id) state.me = participant;
    for (const peer of state.peers.values()) {
      if (peer.participant.participant_id === id) peer.participant = participant;
    }
  },
  /** @param {RoomState} state @param {Message<"peer_status">} message */
  peer_status(state, { connection_id, status }) {
    const peer = state.peers.get(connection_id);
    if (peer) peer.status = status;
  },
  /** @param {RoomState} state @param {Message<"transport_state">} message */
  transport_state(state, { connection_id, transport, state: now }) {
    const peer = state.peers.get(connection_id);
    if (peer) peer.transports = { ...peer.transports, [transport]: now };
  },
  /** @param {RoomState} state @param {Message<"waiting_list">} message */
  waiting_list(state, { waiting }) {
    state.waiting = waiting;
  },
  /** @param {RoomState} state @param {Message<"session_updated">} message */
  session_updated(state, { session }) {
    state.session = session;
  },
  /** @param {RoomState} state @param {Message<"expiry_warning">} message */
  expiry_warning(state, { expires_at }) {
    if (state.session) state.session = { ...state.session, expires_at };
  },
  /** @param {RoomState} state @param {Message<"chat">} message */
  chat(state, { message }) {
    if (state.chat.some((known) => known.message_id === message.message_id)) return;
    state.chat = [...state.chat, message].slice(-CHAT_KEPT);
  },
};
