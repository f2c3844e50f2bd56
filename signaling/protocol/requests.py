"""Requests: client to server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.protocol.values import (
    ConnectionStatus,
    Identifier,
    Message,
    Mid,
    Sdp,
    TrackOffer,
    TransportName,
)


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


class RestartIce(Request):
    """The client's address has changed, or nothing arrives any more: offer the subscribe transport
    again with new ICE credentials (RFC 8445 section 9). A `SubscribeOffer` follows, unless one with
    new credentials is younger than a second, or the first is still unanswered. The publish
    transport is restarted by the client itself, by a `PublishOffer` with new credentials."""

    type: Literal["restart_ice"]


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
    """Statistics of this connection's transports and tracks. Answered by `StatsResult`."""

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
    | RestartIce
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
