"""What messages are made of: names, bounds, and values that several messages carry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_MESSAGE_BYTES = 256 * 1024
MAX_SDP_CHARS = 128 * 1024

Kind = Literal["audio", "video"]
Source = Literal["microphone", "camera", "screen", "screen_audio"]
TransportName = Literal["publish", "subscribe"]
TransportStateName = Literal["connecting", "connected", "disconnected", "failed", "closed"]
Way = Literal["udp", "tcp", "relay"]
DeviceState = Literal["ok", "off", "missing", "denied", "in_use", "failed"]
Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Mid = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9_-]+$")]
Sdp = Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARS)]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TrackOffer(Message):
    """What the client says of one media section it offers to send."""

    mid: Mid
    source: Source
    muted: bool = False


class Track(Message):
    """One published track, as others see it. ``track_id`` is the producer's id."""

    track_id: Identifier
    kind: Kind
    source: Source
    muted: bool


class ForwardedTrack(Message):
    """One media section of the subscribe offer: whose track arrives on which ``mid``."""

    mid: Mid
    track_id: Identifier
    connection_id: Identifier
    kind: Kind
    source: Source
    muted: bool


class ParticipantInfo(Message):
    """A person, as the others in the session may see them.

    ``owner``: the therapist who started the session, host or not. ``joined_at``: when they first
    came into the call, ISO 8601 in UTC; null for those who have not been in it."""

    participant_id: Identifier
    name: str
    role: Literal["host", "participant"]
    state: Literal["waiting", "in_call", "away"] = "in_call"
    hand_raised: bool = False
    owner: bool = False
    joined_at: str | None = None


class ConnectionStatus(Message):
    """How a connection does, as its own client sees it; null where it has not said.

    ``quality``: 4 excellent, 3 good, 2 fair, 1 poor, 0 no media arrives. Devices: ``off`` was
    left out by choice, ``missing`` is not there, ``denied`` by the browser or system, ``in_use``
    by another program, ``failed`` for any other cause. Whether they are muted, see `Track`.
    ``relayed``: its media goes through a TURN server, which this server cannot see."""

    quality: Annotated[int, Field(ge=0, le=4)] | None = None
    camera: DeviceState | None = None
    microphone: DeviceState | None = None
    relayed: bool | None = None


class Peer(Message):
    """Another connection in the room: one tile. ``transports``: the states of those it has used,
    as far as the server sees them; changes follow in `TransportState`."""

    connection_id: Identifier
    participant: ParticipantInfo
    tracks: list[Track] = []
    status: ConnectionStatus = ConnectionStatus()
    transports: dict[TransportName, TransportStateName] = {}


class IceServer(Message):
    """An entry of ``RTCConfiguration.iceServers``."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class ErrorBody(Message):
    """An error, in the language the client asked for. Programs go by ``code``."""

    code: str
    message: str
    remedy: str


class SessionInfo(Message):
    """What everyone in a session knows of it. ``expires_at`` is ISO 8601 in UTC."""

    session_id: Identifier
    session_name: str
    host_name: str
    expires_at: str
    locked: bool = False
    recording: bool = False


class ChatMessage(Message):
    """``message_id`` counts up within the session; ``sent_at`` is ISO 8601 in UTC."""

    message_id: Identifier
    participant_id: Identifier
    name: str
    text: str
    sent_at: str


class TimelineEntry(Message):
    """One step of a join. ``at_ms`` is Unix time in milliseconds on the reporter's clock."""

    step: str = Field(max_length=64)
    at_ms: float
    source: Literal["client", "server"]
    outcome: Literal["ok", "failed"] = "ok"
    detail: str = Field(default="", max_length=300)
