"""Answers to requests: server to client."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from signaling.protocol.statistics import ConnectionStats
from signaling.protocol.values import (
    ChatMessage,
    ErrorBody,
    ForwardedTrack,
    IceServer,
    Identifier,
    Message,
    ParticipantInfo,
    Peer,
    SessionInfo,
)


class Ok(Message):
    """A request done; the fields beside ``type`` and ``id`` are the request's result."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
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


class StatsResult(Message):
    """Result of `GetStats`."""

    stats: ConnectionStats
