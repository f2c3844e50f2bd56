"""Notifications: server to client, without an id."""

from __future__ import annotations

from typing import Literal

from signaling.protocol.answers import (
    JoinResult,
)
from signaling.protocol.values import (
    ChatMessage,
    ConnectionStatus,
    ErrorBody,
    ForwardedTrack,
    Identifier,
    Message,
    ParticipantInfo,
    Peer,
    SessionInfo,
    TimelineEntry,
    Track,
    TransportName,
    TransportStateName,
)


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
    """To a publisher: of this track only these layers are watched, and the client should stop
    sending the others, until told again. Of simulcast they are named by ``rids``. Where that is
    empty the track is one stream in spatial layers (VP9 and AV1, by ``scalabilityMode``), of which
    the lowest ``spatial_layers`` are watched, 1 at least: the client should take a mode with so
    many and scale down to the size of the highest, so that each stays as large as it was."""

    type: Literal["layers_wanted"] = "layers_wanted"
    track_id: Identifier
    rids: list[str]
    spatial_layers: int | None = None


class CodecWanted(Message):
    """To a publisher: somebody cannot decode this video track. The client should offer again, with
    ``codec`` among those offered for its section and put first; the answer takes it, and the track
    goes on as a new one, with another id."""

    type: Literal["codec_wanted"] = "codec_wanted"
    track_id: Identifier
    codec: str


class TrackUndecodable(Message):
    """The receiver's answer refused another's video track for want of its ``codec``. ``asked``: its
    publisher has been asked for a codec that everybody here can decode, and a new track follows if
    it can; else there is none, and the track stays unseen."""

    type: Literal["track_undecodable"] = "track_undecodable"
    connection_id: Identifier
    track_id: Identifier
    codec: str
    asked: bool


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
    """What the server sees of one of the receiver's own transports, or of another connection's
    (``connection_id``). ``disconnected``: nothing was heard for 7 s; ``failed``: for 12 s, nothing
    is sent until an ICE restart. When nothing is alive for 30 s the connection is out of the call.
    Of others only ``connected``, ``disconnected`` and ``failed`` are told."""

    type: Literal["transport_state"] = "transport_state"
    connection_id: Identifier
    transport: TransportName
    state: TransportStateName


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
    """Last message before the server closes the socket: why (session_ended, removed, …). Of a
    session's end ``reason`` says whose doing it was: the ``host``'s, the ``operator``'s, or that
    nobody was left (``empty``) or its time was over (``expired``)."""

    type: Literal["closed"] = "closed"
    error: ErrorBody
    reason: Literal["host", "operator", "empty", "expired"] | None = None


Notification = (
    SubscribeOffer
    | PeerJoined
    | PeerLeft
    | PeerTracks
    | TrackMuted
    | LayersWanted
    | CodecWanted
    | TrackUndecodable
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
