/** Types of Roda's browser library, for pages that import `client.js`. */

import type {
  ChatMessage,
  ConnectionStats,
  ConnectionStatus,
  ErrorBody,
  IceServer,
  Notification,
  ParticipantInfo,
  Peer,
  Registration,
  Requests,
  RequestType,
  ResultOf,
  SessionInfo,
  Source,
  TimelineEntry,
  Track,
  TransportName,
  TransportStateName,
} from "./client/protocol.js";

export type {
  ChatMessage,
  ConnectionStats,
  ConnectionStatus,
  ErrorBody,
  IceServer,
  Notification,
  ParticipantInfo,
  Peer,
  Registration,
  Requests,
  SessionInfo,
  Source,
  TimelineEntry,
  Track,
};

export type State = "idle" | "joining" | "waiting" | "in_call" | "reconnecting" | "closed";
/** Whether sound and picture get through. */
export type LineState = "ok" | "restoring";
/** 4 excellent, 3 good, 2 fair, 1 poor, 0 nothing arrives. */
export type Level = 0 | 1 | 2 | 3 | 4;

/** A line in a word; `side`, as seen from who is at it, is null where all is good. */
export interface Verdict {
  grade: "good" | "weak" | "bad" | "silent";
  side: "sending" | "receiving" | "both" | null;
}

/** A refusal or failure; `message` and `remedy` are empty unless the server worded them. */
export declare class RodaError extends Error {
  constructor(
    code: string,
    more?: { message?: string; remedy?: string; status?: number; cause?: unknown },
  );
  code: string;
  remedy: string;
  /** HTTP status, 0 where there was no HTTP answer. */
  status: number;
}

export interface Profile {
  id: string;
  email: string;
  full_name: string;
  role: string;
}

/** A session somebody took part in, as it is told to them. Times are RFC 3339. */
export interface AttendedSession {
  id: string;
  session_name: string;
  share_url: string;
  host_name: string;
  is_active: boolean;
  state: "active" | "locked" | "full" | "ended" | "expired";
  expires_at: string;
  created_at: string;
  ended_at: string | null;
  end_reason: "host" | "operator" | "empty" | "expired" | null;
}

/** A session, as it is told to its host. */
export interface Session extends AttendedSession {
  session_token: string;
  therapist_id: string;
  max_participants: number;
  /** How many are in it now. */
  participants: number;
  waiting_room_enabled: boolean;
  recording_enabled: boolean;
  locked: boolean;
}

/** Somebody's place in a session; `user_id` is null for guests. */
export interface Participant {
  id: string;
  user_id: string | null;
  participant_name: string;
}

/** One connection of a session, as its host is told of it. */
export interface ConnectionInfo {
  connection_id: string;
  participant_id: string;
  name: string;
  role: "host" | "participant";
  opened_at: string;
  door: "websocket" | "whip" | "whep";
  state: "waiting" | "entering" | "in_room" | "lost" | "closed";
  transports: Partial<Record<TransportName, TransportStateName>>;
  tracks: Track[];
  /** What its own client says; null once it is gone. */
  status: ConnectionStatus | null;
  timeline: TimelineEntry[];
  /** Null for who waits. */
  stats: ConnectionStats | null;
}

/** Somebody with an account whom the caller knows. */
export interface Acquaintance {
  id: string;
  full_name: string;
  role: string;
}

/** What an inquiry and a treatment plan have in common. */
export interface CareRow {
  id: string;
  patient: Acquaintance;
  therapist: Acquaintance;
  status: string;
  created_at: string;
  updated_at: string;
  patient_id: string;
  therapist_id: string;
}

export interface Inquiry extends CareRow {
  subject: string;
  message: string;
}

export interface TreatmentPlan extends CareRow {
  title: string;
  description: string;
}

/** One entry of a session's audit trail. */
export interface AuditEvent {
  id: string;
  occurred_at: string;
  event: string;
  session_id: string | null;
  actor_id: string | null;
  participant_id: string | null;
  detail: string;
}

export interface NewSession {
  session_name: string;
  max_participants?: number;
  duration_minutes?: number;
  waiting_room_enabled?: boolean;
  recording_enabled?: boolean;
}

export interface Preview {
  session_name: string;
  host_name: string;
  state: string;
  waiting_room_enabled: boolean;
  expires_at?: string;
}

/** The REST calls of `/api/v1`; every method rejects with `RodaError`. */
export declare class RodaApi {
  constructor(options?: { baseUrl?: string; language?: string; fetch?: typeof fetch });
  language: string;
  login(email: string, password: string): Promise<Profile>;
  logout(): Promise<void>;
  /** End every log-in of this account, in every browser and program. */
  logoutEverywhere(): Promise<void>;
  /** Ends every other log-in of the account. */
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  /** null when nobody is logged in. */
  me(): Promise<Profile | null>;
  createSession(session: NewSession): Promise<Session>;
  /** The caller's own, newest first. */
  listSessions(): Promise<Session[]>;
  /** Of others, which the caller is or was in, newest first. */
  listAttendedSessions(): Promise<AttendedSession[]>;
  /** Those there are and those lately gone, for the session's host. */
  listConnections(id: string): Promise<ConnectionInfo[]>;
  /** All participants of a session, for its host. */
  listParticipants(id: string): Promise<Participant[]>;
  extendSession(id: string, minutes: number): Promise<Session>;
  endSession(id: string): Promise<void>;
  previewSession(token: string): Promise<Preview>;
  /** Take, or take again, a place in a session; `name` is empty for people who are logged in. */
  register(token: string, name: string): Promise<Registration>;
  /** Those that name the caller, newest first. */
  listInquiries(): Promise<Inquiry[]>;
  listTreatmentPlans(): Promise<TreatmentPlan[]>;
  addInquiry(inquiry: {
    patient_id: string;
    therapist_id: string;
    subject: string;
    message: string;
  }): Promise<void>;
  addTreatmentPlan(plan: {
    patient_id: string;
    therapist_id: string;
    title: string;
    description: string;
  }): Promise<void>;
  /** `status`: open, answered or closed. */
  setInquiryStatus(id: string, status: string): Promise<void>;
  /** `status`: draft, active, completed or cancelled. */
  setPlanStatus(id: string, status: string): Promise<void>;
  /** Whom the caller knows by a session, an inquiry or a plan. */
  listPeople(): Promise<Acquaintance[]>;
  /** Newest first; for the host and admins. */
  auditTrail(id: string): Promise<AuditEvent[]>;
}

export interface LocalTrack {
  track: MediaStreamTrack | null;
  muted: boolean;
}

/** One person with all their connections. */
export interface Person {
  participant: ParticipantInfo;
  peers: Peer[];
  isMe: boolean;
}

/** The room as the server's messages describe it; read it on every `room` event. */
export interface Room {
  readonly connectionId: string;
  readonly me: ParticipantInfo | null;
  readonly session: SessionInfo | null;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly waiting: readonly ParticipantInfo[];
  readonly chat: readonly ChatMessage[];
  people(): Person[];
  track(connectionId: string, source: Source): Track | undefined;
  /** Whether another's line is interrupted: lately silent, or silent for long. */
  trouble(connectionId: string): "" | "reconnecting" | "lost";
}

/**
 * `detail` of each event. The other notifications of the protocol are events of their own `type`,
 * with the message as the detail (`Notification`): `chat`, `unmute_requested`, ….
 */
export interface RodaEvents {
  state: { state: State };
  /** `room` has changed; `type` is the message's that changed it. */
  room: { type: string };
  track: {
    connectionId: string;
    trackId: string;
    source: Source;
    muted: boolean;
    track: MediaStreamTrack;
    stream: MediaStream;
  };
  trackended: { connectionId: string; trackId: string; source: Source };
  local: { source: Source; byHost?: boolean };
  timeline: { entry: TimelineEntry };
  quality: { connectionId: string; level: Level };
  transport: { transport: TransportName; state: RTCPeerConnectionState };
  /** Nothing arrives any more, and ICE is being restarted; or all is well again. */
  line: { state: LineState };
  /** Something failed, and the connection lives on. */
  fault: { error: RodaError };
  /** The end: `error` is null after `leave()`; `reason` says whose doing a session's end was. */
  closed: {
    error: RodaError | null;
    reason: "host" | "operator" | "empty" | "expired" | null;
  };
}

export declare class RodaClient extends EventTarget {
  constructor(options: {
    api: RodaApi;
    sessionToken: string;
    base?: string;
    log?: (line: string) => void;
  });
  readonly state: State;
  readonly line: LineState;
  /** How this connection does: what `quality` told last of oneself, and which way the fault is. */
  readonly ownLine: { level: Level; verdict: Verdict | null } | null;
  readonly room: Room;
  readonly timeline: { readonly entries: readonly TimelineEntry[] };
  readonly local: ReadonlyMap<Source, Readonly<LocalTrack>>;
  /** How the others' pictures are shown, by track id, all there are, in device pixels; 0: hidden. */
  setWishes(wishes: ReadonlyMap<string, { width: number; height: number; pinned: boolean }>): void;
  /** Loudness, 0–1, of each remote connection's microphone; ask as often as it is drawn. */
  audioLevels(): Map<string, number>;
  addStep(step: string, outcome?: "ok" | "failed", detail?: string): void;
  setTrack(source: Source, track: MediaStreamTrack | null, muted?: boolean): Promise<void>;
  setScreen(
    screen: { video: MediaStreamTrack; audio: MediaStreamTrack | null } | null,
  ): Promise<void>;
  setMuted(source: Source, muted: boolean): Promise<void>;
  /** What the others are told of camera and microphone. */
  setDevices(devices: Pick<ConnectionStatus, "camera" | "microphone">): void;
  join(who: { name: string }): Promise<void>;
  leave(): Promise<void>;
  endSession(): Promise<Record<string, unknown>>;
  rejoin(): Promise<void>;
  request<T extends RequestType>(type: T, fields: Requests[T]): Promise<ResultOf<T>>;
}

/** `device_denied`, `device_blocked_by_system`, `device_insecure`, `device_missing`, `device_busy`
 * or `device_failed`, from what getUserMedia rejected with. */
export declare function deviceError(error: unknown): RodaError;
/** Camera and microphone by one question to the person; each may fail on its own. */
export declare function openBoth(deviceIds?: {
  camera?: string;
  microphone?: string;
}): Promise<{ camera: MediaStreamTrack | RodaError; microphone: MediaStreamTrack | RodaError }>;
export declare function openCamera(deviceId?: string): Promise<MediaStreamTrack>;
export declare function openMicrophone(deviceId?: string): Promise<MediaStreamTrack>;
export declare function openScreen(): Promise<{
  video: MediaStreamTrack;
  audio: MediaStreamTrack | null;
}>;
export declare function listDevices(): Promise<MediaDeviceInfo[]>;
