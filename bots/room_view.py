"""What the bot knows of the room, kept up to date from notifications. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from signaling import protocol

MAX_CHAT_KEPT = 1000


class RoomView:
    """``peers`` by connection id; ``chat``, oldest first; ``waiting`` is filled for hosts only."""

    def __init__(self) -> None:
        self.peers: dict[str, protocol.Peer] = {}
        self.waiting: list[protocol.ParticipantInfo] = []
        self.chat: deque[protocol.ChatMessage] = deque(maxlen=MAX_CHAT_KEPT)
        self.session: protocol.SessionInfo | None = None
        self._handlers: Mapping[type[Any], Callable[[Any], None]] = {
            protocol.PeerJoined: self._peer_joined,
            protocol.PeerLeft: self._peer_left,
            protocol.PeerTracks: self._peer_tracks,
            protocol.TrackMuted: self._track_muted,
            protocol.ParticipantUpdated: self._participant_updated,
            protocol.TransportState: self._transport_state,
            protocol.WaitingList: self._waiting_list,
            protocol.SessionUpdated: self._session_updated,
            protocol.ChatPosted: self._chat_posted,
        }

    def enter(self, result: protocol.JoinResult) -> None:
        """Start from what the join (or the admission) told."""
        self.peers = {peer.connection_id: peer for peer in result.peers}
        self.waiting = list(result.waiting)
        self.session = result.session
        known = {message.message_id for message in self.chat}
        self.chat.extend(m for m in result.chat if m.message_id not in known)

    def take(self, notification: protocol.Notification) -> None:
        """Apply one notification; those that change nothing here are ignored."""
        handler = self._handlers.get(type(notification))
        if handler is not None:
            handler(notification)

    def _peer_joined(self, note: protocol.PeerJoined) -> None:
        self.peers[note.peer.connection_id] = note.peer

    def _transport_state(self, note: protocol.TransportState) -> None:
        peer = self.peers.get(note.connection_id)
        if peer is not None:
            transports = {**peer.transports, note.transport: note.state}
            self.peers[note.connection_id] = peer.model_copy(update={"transports": transports})

    def _peer_left(self, note: protocol.PeerLeft) -> None:
        self.peers.pop(note.connection_id, None)

    def _peer_tracks(self, note: protocol.PeerTracks) -> None:
        self._change_peer(note.connection_id, tracks=note.tracks)

    def _track_muted(self, note: protocol.TrackMuted) -> None:
        peer = self.peers.get(note.connection_id)
        if peer is None:
            return
        tracks = [
            track.model_copy(update={"muted": note.muted})
            if track.track_id == note.track_id
            else track
            for track in peer.tracks
        ]
        self._change_peer(note.connection_id, tracks=tracks)

    def _participant_updated(self, note: protocol.ParticipantUpdated) -> None:
        for peer in list(self.peers.values()):
            if peer.participant.participant_id == note.participant.participant_id:
                self._change_peer(peer.connection_id, participant=note.participant)

    def _waiting_list(self, note: protocol.WaitingList) -> None:
        self.waiting = list(note.waiting)

    def _session_updated(self, note: protocol.SessionUpdated) -> None:
        self.session = note.session

    def _chat_posted(self, note: protocol.ChatPosted) -> None:
        self.chat.append(note.message)

    def _change_peer(self, connection_id: str, **changes: Any) -> None:
        peer = self.peers.get(connection_id)
        if peer is not None:
            self.peers[connection_id] = peer.model_copy(update=changes)
