/** Types of Roda's browser library, for pages that import `client.js`. */

import type {
  ChatMessage,
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
} from "./client/protocol.js";

export type {
  ChatMessage,
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

export interface Session {
  id: string;
  session_name: string;
  session_token: string;
  share_url: string;
  therapist_id: string;
  is_active: boolean;
  expires_at: string;
  created_at?: string;
  ended_at?: string | null;
  state?: string;
  max_participants?: number;
  participant_count?: number;
  waiting_room_enabled?: boolean;
  recording_enabled?: boolean;
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
  me(): Promise<Profile | null>;
  createSession(session: NewSession): Promise<Session>;
  listSessions(): Promise<Session[]>;
  extendSession(id: string, minutes: number): Promise<Session>;
  endSession(id: string): Promise<void>;
  previewSession(token: string): Promise<Preview>;
  register(token: string, name: string): Promise<Registration>;
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
  /** The end: `error` is null after `leave()`. */
  closed: { error: RodaError | null };
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
