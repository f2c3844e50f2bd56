"""Every signaling message, typed.

One JSON object a WebSocket message. A client's message is a *request*: it carries an ``id`` and is
answered by ``{"type": "ok", "id": …}`` with the request's result fields, or by
``{"type": "error", "id": …, "error": {…}}``. The server's other messages are *notifications*
without an id.

This module imports nothing of Roda, so that bots and other clients can import it alone.
``docs/protocol.md`` is generated from it.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_MESSAGE_BYTES = 256 * 1024
MAX_SDP_CHARS = 128 * 1024

Kind = Literal["audio", "video"]
Source = Literal["microphone", "camera", "screen", "screen_audio"]
TransportName = Literal["publish", "subscribe"]
DeviceState = Literal["ok", "off", "missing", "denied", "in_use", "failed"]
Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Mid = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9_-]+$")]
Sdp = Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARS)]


class ProtocolError(Exception):
    """A message that is not JSON, has an unknown type, or wrong fields.

    ``code`` is one of ``message_not_json``, ``message_unknown_type``, ``message_invalid``;
    ``request_id`` is the offending request's id where one could be read.
    """

    def __init__(self, code: str, detail: str, request_id: int | str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.request_id = request_id


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# --- values inside messages ---------------------------------------------------------------------


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
    by another program, ``failed`` for any other cause. Whether they are muted, see `Track`."""

    quality: Annotated[int, Field(ge=0, le=4)] | None = None
    camera: DeviceState | None = None
    microphone: DeviceState | None = None


class Peer(Message):
    """Another connection in the room: one tile."""

    connection_id: Identifier
    participant: ParticipantInfo
    tracks: list[Track] = []
    status: ConnectionStatus = ConnectionStatus()


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


# --- requests: client to server -----------------------------------------------------------------


class Request(Message):
    id: Annotated[int, Field(ge=0, le=2**53)] | Annotated[str, Field(max_length=64)]


class Join(Request):
    """Enter the room (or its waiting room). Answered by `JoinResult`."""

    type: Literal["join"]


class PublishOffer(Request):
    """Offer of the publish transport, first and for every later change. Answered by
    `PublishResult`.

    ``tracks`` names the source of each section the client sends on; sections not named, or
    offered ``recvonly``/``inactive``/port 0, carry nothing, and their tracks end.
    """

    type: Literal["publish_offer"]
    sdp: Sdp
    tracks: Annotated[list[TrackOffer], Field(max_length=16)] = []


class SubscribeAnswer(Request):
    """Answer to the `SubscribeOffer` of the same ``offer_id``. Older ids are refused
    (``offer_superseded``)."""

    type: Literal["subscribe_answer"]
    offer_id: int
    sdp: Sdp


class IceCandidate(Request):
    """A trickled candidate; an empty string ends the candidates. An ICE-lite server needs none."""

    type: Literal["ice_candidate"]
    transport: TransportName
    candidate: Annotated[str, Field(max_length=1000)]
    mid: Mid | None = None


class SetMuted(Request):
    """Mute or unmute one of the sender's own tracks; the others are told."""

    type: Literal["set_muted"]
    track_id: Identifier
    muted: bool


class TrackWish(Message):
    """How the client shows one of the others' tracks. Sizes in device pixels; 0: not shown."""

    track_id: Identifier
    width: Annotated[int, Field(ge=0, le=16384)]
    height: Annotated[int, Field(ge=0, le=16384)]
    paused: bool = False
    pinned: bool = False


class SetWishes(Request):
    """How large the others' pictures are shown, so that the server sends no larger ones than are of
    use, and the pinned ones first. Tracks not named keep their last wish; without any, a track is
    sent in the best quality the line carries."""

    type: Literal["set_wishes"]
    tracks: Annotated[list[TrackWish], Field(max_length=64)]


class ReportTimeline(Request):
    """A step of the join seen by the client, kept on the server with the connection."""

    type: Literal["timeline"]
    step: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")]
    at_ms: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
    outcome: Literal["ok", "failed"] = "ok"
    detail: Annotated[str, Field(max_length=300)] = ""


class GetTimeline(Request):
    """This connection's timeline so far. Answered with ``entries``."""

    type: Literal["get_timeline"]


class GetStats(Request):
    """Statistics of this connection's transports and tracks. Answered with ``stats``."""

    type: Literal["get_stats"]


class SendChat(Request):
    """Post a chat message to everyone in the call. Answered when it is in the history."""

    type: Literal["chat"]
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class RaiseHand(Request):
    """Raise or lower the sender's hand, for all their windows."""

    type: Literal["raise_hand"]
    raised: bool


class ReportStatus(Request):
    """This connection's quality and devices now; the others in the call are told when they
    change. Send it on a change, or every few seconds."""

    type: Literal["report_status"]
    status: ConnectionStatus


class Leave(Request):
    """Leave with this connection only. The server answers, then closes the socket (1000)."""

    type: Literal["leave"]


class EndSession(Request):
    """Host: end the session for everyone."""

    type: Literal["end_session"]


class Admit(Request):
    """Host: let one waiting participant in."""

    type: Literal["admit"]
    participant_id: Identifier


class AdmitAll(Request):
    """Host: let everyone who waits in."""

    type: Literal["admit_all"]


class Decline(Request):
    """Host: turn a waiting participant away."""

    type: Literal["decline"]
    participant_id: Identifier


class SendBack(Request):
    """Host: put a participant back in the waiting room."""

    type: Literal["send_back"]
    participant_id: Identifier


class RemoveParticipant(Request):
    """Host: remove a participant's every connection; ``bar`` refuses the return."""

    type: Literal["remove_participant"]
    participant_id: Identifier
    bar: bool = False


class MuteParticipant(Request):
    """Host: mute one participant's microphones, or everyone else's when no id is given."""

    type: Literal["mute_participant"]
    participant_id: Identifier | None = None


class AskToUnmute(Request):
    """Host: ask a participant to unmute. Nobody can be unmuted by another."""

    type: Literal["ask_to_unmute"]
    participant_id: Identifier


class LockSession(Request):
    """Host: refuse new participants, or allow them again."""

    type: Literal["lock_session"]
    locked: bool


class ExtendSession(Request):
    """Host: move the session's end by this many minutes. Everyone gets `SessionUpdated`."""

    type: Literal["extend_session"]
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]


class HandOver(Request):
    """Host: make another participant with an account the host."""

    type: Literal["hand_over"]
    participant_id: Identifier


class TakeHosting(Request):
    """Owner: be host again after handing hosting over, whoever is host now."""

    type: Literal["take_hosting"]


AnyRequest = Annotated[
    Join
    | PublishOffer
    | SubscribeAnswer
    | IceCandidate
    | SetMuted
    | SetWishes
    | ReportTimeline
    | GetTimeline
    | GetStats
    | SendChat
    | RaiseHand
    | ReportStatus
    | Leave
    | EndSession
    | Admit
    | AdmitAll
    | Decline
    | SendBack
    | RemoveParticipant
    | MuteParticipant
    | AskToUnmute
    | LockSession
    | ExtendSession
    | HandOver
    | TakeHosting,
    Field(discriminator="type"),
]


# --- answers: server to client ------------------------------------------------------------------


class Ok(Message):
    """A request done; the fields beside ``type`` and ``id`` are the request's result."""

    model_config = ConfigDict(extra="allow", frozen=True)
    type: Literal["ok"] = "ok"
    id: int | str


class Error(Message):
    """A request refused (``id``), or a fault of the connection as a whole (no id)."""

    type: Literal["error"] = "error"
    id: int | str | None = None
    error: ErrorBody


class JoinResult(Message):
    """Result of `Join`. While ``state`` is ``waiting`` the lists are empty, and `Admitted` follows.

    ``waiting`` is for hosts, ``chat`` the last 200 messages. After a resume ``connection_id`` is
    the one asked for; where that seat was gone, it is a new one."""

    state: Literal["waiting", "in_call"]
    connection_id: Identifier
    participant: ParticipantInfo
    session: SessionInfo
    peers: list[Peer] = []
    waiting: list[ParticipantInfo] = []
    chat: list[ChatMessage] = []
    ice_servers: list[IceServer] = []


class PublishResult(Message):
    """Result of `PublishOffer`: the answer, and the id each offered track got."""

    sdp: str
    tracks: list[ForwardedTrack]


# --- notifications: server to client ------------------------------------------------------------


class SubscribeOffer(Message):
    """The server's offer of the subscribe transport, and whose track is on which ``mid``.

    Each section's ``a=msid`` is ``{connection_id}`` (camera, microphone) or
    ``{connection_id}-screen`` (screen, its sound), then the track id."""

    type: Literal["subscribe_offer"] = "subscribe_offer"
    offer_id: int
    sdp: str
    tracks: list[ForwardedTrack]


class PeerJoined(Message):
    """A connection has entered the call; its tracks follow in `PeerTracks`."""

    type: Literal["peer_joined"] = "peer_joined"
    peer: Peer


class PeerLeft(Message):
    """A connection is out of the call: it left, was lost, was removed or sent back by the host."""

    type: Literal["peer_left"] = "peer_left"
    connection_id: Identifier
    participant_id: Identifier
    reason: Literal["left", "lost", "removed", "sent_back", "ended"]


class PeerTracks(Message):
    """All tracks a peer publishes now (after a track was added or ended)."""

    type: Literal["peer_tracks"] = "peer_tracks"
    connection_id: Identifier
    tracks: list[Track]


class LayersWanted(Message):
    """To a publisher of simulcast: of this track only these layers (RIDs) are watched. The client
    should stop sending the others, until told again."""

    type: Literal["layers_wanted"] = "layers_wanted"
    track_id: Identifier
    rids: list[str]


class Speakers(Message):
    """Who speaks: connection ids. ``speaker`` is the one to show large, who stays it in a pause."""

    type: Literal["speakers"] = "speakers"
    speaker: Identifier | None
    speaking: list[Identifier]


class TrackMuted(Message):
    """A track was muted or unmuted; sent to its owner too when ``by_host`` is true."""

    type: Literal["track_muted"] = "track_muted"
    connection_id: Identifier
    track_id: Identifier
    muted: bool
    by_host: bool = False


class ParticipantUpdated(Message):
    """A person's name, role, state or hand changed. ``away``: their last window lost its socket,
    and their seat is kept for a while."""

    type: Literal["participant_updated"] = "participant_updated"
    participant: ParticipantInfo


class PeerStatus(Message):
    """Another connection's quality or devices changed."""

    type: Literal["peer_status"] = "peer_status"
    connection_id: Identifier
    status: ConnectionStatus


class TransportState(Message):
    """State of one of the receiver's own transports, or of a peer (``connection_id`` other)."""

    type: Literal["transport_state"] = "transport_state"
    connection_id: Identifier
    transport: TransportName
    state: Literal["connecting", "connected", "disconnected", "failed", "closed"]


class WaitingList(Message):
    """To hosts: everyone who waits, oldest first; sent whenever it changes. ``away``: their page
    is closed or reloading; the place is kept for a minute."""

    type: Literal["waiting_list"] = "waiting_list"
    waiting: list[ParticipantInfo]


class Admitted(JoinResult):
    """The waiting is over: the same fields as `JoinResult`."""

    type: Literal["admitted"] = "admitted"


class SentBack(Message):
    """The host put this connection back in the waiting room: its transports are closed, and
    `Admitted` follows when it is let in again, with the same ``connection_id``."""

    type: Literal["sent_back"] = "sent_back"


class UnmuteRequested(Message):
    """The host asks this participant to unmute."""

    type: Literal["unmute_requested"] = "unmute_requested"


class SessionUpdated(Message):
    """The session's name, end, lock or recording changed."""

    type: Literal["session_updated"] = "session_updated"
    session: SessionInfo


class ExpiryWarning(Message):
    """The session ends soon: sent once, five minutes before, and again after an extension."""

    type: Literal["expiry_warning"] = "expiry_warning"
    expires_at: str


class ChatPosted(Message):
    """A chat message, to everyone in the call, its sender included, in one order for all."""

    type: Literal["chat"] = "chat"
    message: ChatMessage


class TimelineStep(Message):
    """A step the server saw in this connection's join."""

    type: Literal["timeline"] = "timeline"
    entry: TimelineEntry


class Closed(Message):
    """Last message before the server closes the socket: why (session_ended, removed, …)."""

    type: Literal["closed"] = "closed"
    error: ErrorBody


Notification = (
    SubscribeOffer
    | PeerJoined
    | PeerLeft
    | PeerTracks
    | TrackMuted
    | LayersWanted
    | Speakers
    | ParticipantUpdated
    | PeerStatus
    | TransportState
    | WaitingList
    | Admitted
    | SentBack
    | UnmuteRequested
    | SessionUpdated
    | ExpiryWarning
    | ChatPosted
    | TimelineStep
    | Closed
)

_requests: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)


def parse_request(text: str) -> AnyRequest:
    """The request in one WebSocket text message, or `ProtocolError`."""
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ProtocolError("message_not_json", "not a JSON object") from exc
    if not isinstance(value, dict):
        raise ProtocolError("message_not_json", "not a JSON object")
    request_id = _readable_id(value.get("id"))
    try:
        return _requests.validate_python(value)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        unknown = first["type"] in ("union_tag_invalid", "union_tag_not_found")
        code = "message_unknown_type" if unknown else "message_invalid"
        where = ".".join(str(part) for part in first["loc"][1:]) or "type"
        raise ProtocolError(code, f"{where}: {first['msg']}"[:300], request_id) from exc


def _readable_id(given: object) -> int | str | None:
    """The request's id where it can be sent back: a lone surrogate has no UTF-8 form."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given if abs(given) <= 2**53 else None
    if not isinstance(given, str) or len(given) > 64:
        return None
    return given if given.isascii() or not any("\ud800" <= c <= "\udfff" for c in given) else None
