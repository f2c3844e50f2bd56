/** The messages of `signaling/protocol/` as the browser sees them. Same names, same fields. */

export type Kind = "audio" | "video";
export type Source = "microphone" | "camera" | "screen" | "screen_audio";
export type TransportName = "publish" | "subscribe";
export type TransportStateName = "connecting" | "connected" | "disconnected" | "failed" | "closed";
export type Way = "udp" | "tcp" | "relay";
export type DeviceState = "ok" | "off" | "missing" | "denied" | "in_use" | "failed";
export type Outcome = "ok" | "failed";

export interface TrackOffer {
  mid: string;
  source: Source;
  muted: boolean;
}

export interface Track {
  track_id: string;
  kind: Kind;
  source: Source;
  muted: boolean;
}

export interface ForwardedTrack extends Track {
  mid: string;
  connection_id: string;
}

export interface ParticipantInfo {
  participant_id: string;
  name: string;
  role: "host" | "participant";
  state: "waiting" | "in_call" | "away";
  hand_raised: boolean;
  /** The therapist who started the session, host or not. */
  owner: boolean;
  /** RFC 3339; null for those who have not been in the call. */
  joined_at: string | null;
}

/** How a connection does, as its own client sees it; null where it has not said. */
export interface ConnectionStatus {
  /** 4 excellent, 3 good, 2 fair, 1 poor, 0 no media arrives. */
  quality: number | null;
  camera: DeviceState | null;
  microphone: DeviceState | null;
  /** Media goes through a TURN server. */
  relayed: boolean | null;
}

export interface Peer {
  connection_id: string;
  participant: ParticipantInfo;
  tracks: Track[];
  status: ConnectionStatus;
  /** As far as the server sees them; changes follow in `transport_state`. */
  transports: Partial<Record<TransportName, TransportStateName>>;
}

export interface IceServer {
  urls: string[];
  username?: string | null;
  credential?: string | null;
}

/** What every refusal carries: a stable code, a sentence and what to do, in the asked language. */
export interface ErrorBody {
  code: string;
  message: string;
  remedy: string;
}

export interface SessionInfo {
  session_id: string;
  session_name: string;
  host_name: string;
  /** RFC 3339. */
  expires_at: string;
  locked: boolean;
  recording: boolean;
}

export interface ChatMessage {
  message_id: string;
  participant_id: string;
  name: string;
  text: string;
  /** RFC 3339. */
  sent_at: string;
}

export interface TimelineEntry {
  step: string;
  /** Unix time in milliseconds on the reporter's clock. */
  at_ms: number;
  source: "client" | "server";
  outcome: Outcome;
  detail: string;
}

export interface JoinResult {
  state: "waiting" | "in_call";
  connection_id: string;
  participant: ParticipantInfo;
  session: SessionInfo;
  peers: Peer[];
  waiting: ParticipantInfo[];
  chat: ChatMessage[];
  ice_servers: IceServer[];
}

export interface PublishResult {
  sdp: string;
  tracks: ForwardedTrack[];
}

export interface SubscribeOffer {
  type: "subscribe_offer";
  offer_id: number;
  sdp: string;
  tracks: ForwardedTrack[];
}

export interface TransportState {
  type: "transport_state";
  connection_id: string;
  transport: TransportName;
  state: TransportStateName;
}

export type Notification =
  | SubscribeOffer
  | TransportState
  | { type: "peer_joined"; peer: Peer }
  | { type: "peer_left"; connection_id: string; participant_id: string; reason: string }
  | { type: "peer_tracks"; connection_id: string; tracks: Track[] }
  | {
      type: "track_muted";
      connection_id: string;
      track_id: string;
      muted: boolean;
      by_host: boolean;
    }
  | {
      type: "layers_wanted";
      track_id: string;
      rids: string[];
      spatial_layers: number | null;
    }
  | { type: "codec_wanted"; track_id: string; codec: string }
  | {
      type: "track_undecodable";
      connection_id: string;
      track_id: string;
      codec: string;
      asked: boolean;
    }
  | { type: "speakers"; speaker: string | null; speaking: string[] }
  | { type: "participant_updated"; participant: ParticipantInfo }
  | { type: "peer_status"; connection_id: string; status: ConnectionStatus }
  | { type: "waiting_list"; waiting: ParticipantInfo[] }
  | ({ type: "admitted" } & JoinResult)
  | { type: "sent_back" }
  | { type: "unmute_requested" }
  | { type: "session_updated"; session: SessionInfo }
  | { type: "expiry_warning"; expires_at: string }
  | { type: "chat"; message: ChatMessage }
  | { type: "timeline"; entry: TimelineEntry }
  | {
      type: "closed";
      error: ErrorBody;
      /** Whose doing a session's end was; null for everything else. */
      reason: "host" | "operator" | "empty" | "expired" | null;
    };

/** A layer inside a stream, counted from 0. */
export interface StreamLayer {
  spatial: number;
  temporal: number;
}

export interface LayerStats extends StreamLayer {
  bitrate_bps: number;
  width: number;
  height: number;
}

/** One stream of a published track; see docs/protocol.md for what each number counts. */
export interface EncodingStats {
  rid: string | null;
  bitrate_bps: number;
  width: number;
  height: number;
  keyframes_asked: number;
  keyframes_merged: number;
  oversized: number;
  strays: number;
  layers: LayerStats[];
  packets: number;
  bytes: number;
  packets_lost: number;
  duplicates: number;
  retransmitted: number;
  jitter_ms: number;
  nacks_sent: number;
  recovered: number;
}

export interface PublishedTrackStats {
  track_id: string;
  kind: Kind;
  source: Source;
  codec: string;
  muted: boolean;
  encodings: EncodingStats[];
}

export interface SubscribedTrackStats {
  track_id: string;
  connection_id: string;
  kind: Kind;
  codec: string;
  refused: boolean;
  started: boolean;
  layer: string | null;
  wanted_layer: string | null;
  stream_layer: StreamLayer | null;
  wanted_stream_layer: StreamLayer | null;
  packets_left_out: number;
  frames_left_out: number;
  fillers: number;
  packets: number;
  bytes: number;
  dropped: number;
  nacks_received: number;
  resent: number;
  resends_refused: number;
  keyframe_requests: number;
  packets_lost: number;
  fraction_lost: number;
  jitter_ms: number;
  round_trip_ms: number | null;
}

export interface PublishStats {
  state: string;
  srtp_profile: string | null;
  /** Null while there is no path. */
  way: Way | null;
  rejected_packets: number;
  unknown_packets: number;
  invalid_packets: number;
  probes: number;
  tracks: PublishedTrackStats[];
}

export interface SubscribeStats {
  state: string;
  srtp_profile: string | null;
  /** Null while there is no path. */
  way: Way | null;
  rejected_packets: number;
  estimate_bps: number | null;
  estimate_source: "none" | "report" | "remb" | "feedback";
  round_trip_ms: number | null;
  paced: boolean;
  packets_waiting: number;
  tracks: SubscribedTrackStats[];
}

export interface ConnectionStats {
  publish: PublishStats;
  subscribe: SubscribeStats;
}

export interface StatsResult {
  stats: ConnectionStats;
}

/** Fields of each request beside `type` and `id`. */
export interface TrackWish {
  track_id: string;
  width: number;
  height: number;
  paused?: boolean;
  pinned?: boolean;
}

export interface Requests {
  join: {};
  publish_offer: { sdp: string; tracks: TrackOffer[] };
  subscribe_answer: { offer_id: number; sdp: string };
  ice_candidate: { transport: TransportName; candidate: string; mid?: string | null };
  restart_ice: {};
  set_muted: { track_id: string; muted: boolean };
  set_wishes: { tracks: TrackWish[] };
  timeline: { step: string; at_ms: number; outcome: Outcome; detail: string };
  get_timeline: {};
  get_stats: {};
  chat: { text: string };
  raise_hand: { raised: boolean };
  report_status: { status: ConnectionStatus };
  leave: {};
  end_session: {};
  admit: { participant_id: string };
  admit_all: {};
  decline: { participant_id: string };
  send_back: { participant_id: string };
  remove_participant: { participant_id: string; bar: boolean };
  mute_participant: { participant_id?: string | null };
  ask_to_unmute: { participant_id: string };
  lock_session: { locked: boolean };
  extend_session: { minutes: number };
  hand_over: { participant_id: string };
  take_hosting: {};
}

/** Results of the requests that have any; the others answer with an empty object. */
export interface Results {
  join: JoinResult;
  publish_offer: PublishResult;
  get_timeline: { entries: TimelineEntry[] };
  get_stats: StatsResult;
}

export type RequestType = keyof Requests;
export type ResultOf<T extends RequestType> = T extends keyof Results
  ? Results[T]
  : Record<string, unknown>;

/** Answer of `POST /sessions/by-token/{token}/participants`. */
export interface Registration {
  participant: {
    id: string;
    session_id: string;
    user_id: string | null;
    participant_name: string;
    role: string;
    is_active: boolean;
  };
  connect_token: string;
  signaling_url: string;
  ice_servers: IceServer[];
}
