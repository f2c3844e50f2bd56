"""One live session: who is in it, who waits, what each of them is told. Pure.

Methods change the room and return effects, in the order in which they are to be done. Time is
passed in as monotonic seconds. Refusals are `RodaError`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from signaling import session_state
from signaling.chat import ChatHistory
from signaling.errors import RodaError
from signaling.participant_state import PRESENT, ParticipantEvent, next_state
from signaling.protocol import (
    JoinResult,
    Message,
    ParticipantInfo,
    ParticipantUpdated,
    Peer,
    PeerJoined,
    SessionInfo,
    SessionUpdated,
    WaitingList,
)
from signaling.room_values import (
    Effects,
    Member,
    Person,
    Record,
    RoomLimits,
    RoomSession,
    Send,
)
from signaling.session_state import SessionState
from signaling.waiting import WaitingRoom

InfoState = Literal["waiting", "in_call", "away"]


class Room:
    """The people and connections of one live session."""

    def __init__(self, session: RoomSession, limits: RoomLimits, now: float) -> None:
        self.session = session
        self.limits = limits
        self.people: dict[str, Person] = {}
        self.members: dict[str, Member] = {}
        self.waiting = WaitingRoom(limits.waiting_grace_s)
        self.chat = ChatHistory()
        self.empty_since: float | None = now
        self.warned_for: str | None = None  # the expiry everyone was warned of
        self.state: SessionState = "active" if session.begun else "scheduled"

    # --- coming in ---------------------------------------------------------------------------

    def enter(self, connection_id: str, at: str | None = None) -> Effects:
        """A connection is in the room, at this time of day (ISO 8601 in UTC). Nothing when it has
        gone or been sent back meanwhile."""
        member = self.members.get(connection_id)
        if member is None or member.presence != "entering":
            return []
        self.state = session_state.next_state(self.state, "begin")
        was = member.person.state
        member.person.joined_at = member.person.joined_at or at
        effects = self.move(member.person, "enter")
        member.presence = "in_room"
        self.empty_since = None
        if was == "away":
            effects += self.tell_person(member.person)
        return [*effects, *self.to_others(connection_id, PeerJoined(peer=self._peer(member)))]

    def snapshot(self, connection_id: str) -> JoinResult:
        """What a connection that enters, waits or resumes has to know; without ICE servers.

        Raises `RodaError` (``not_joined``) for an unknown connection."""
        member = self.member(connection_id)
        inside = member.presence != "waiting"
        others = [p for p in self.members_inside() if p is not member] if inside else []
        return JoinResult(
            state="in_call" if inside else "waiting",
            connection_id=connection_id,
            participant=self.info(member.person),
            session=self.session_info(),
            peers=[self._peer(p) for p in others],
            waiting=self.waiting_list() if inside and member.person.role == "host" else [],
            chat=self.chat.messages() if inside else [],
        )

    # --- inside ------------------------------------------------------------------------------

    def update_session(self, session: RoomSession) -> Effects:
        """The session's row changed (name, expiry, lock)."""
        if session == self.session:
            return []
        self.session = session
        return self.to_all(SessionUpdated(session=self.session_info()))

    def set_locked(self, locked: bool) -> Effects:
        return self.update_session(replace(self.session, locked=locked))

    # --- reading -----------------------------------------------------------------------------

    def member(self, connection_id: str) -> Member:
        """Raises `RodaError` (``not_joined``)."""
        try:
            return self.members[connection_id]
        except KeyError:
            raise RodaError("not_joined") from None

    def inside(self, connection_id: str) -> Member:
        """A connection that is in the call. Raises `RodaError` (``not_joined``)."""
        member = self.member(connection_id)
        if member.presence not in ("in_room", "lost"):
            raise RodaError("not_joined")
        return member

    def person(self, participant_id: str) -> Person:
        """Raises `RodaError` (``participant_not_found``)."""
        try:
            return self.people[participant_id]
        except KeyError:
            raise RodaError("participant_not_found") from None

    def connections_of(self, participant_id: str) -> list[Member]:
        return [m for m in self.members.values() if m.person.participant_id == participant_id]

    def waiting_list(self) -> list[ParticipantInfo]:
        return [self.info(self.people[pid]) for pid in self.waiting.participants()]

    def info(self, person: Person) -> ParticipantInfo:
        state: InfoState = "in_call"
        if person.participant_id in self.waiting:
            state = "away" if self.waiting.is_absent(person.participant_id) else "waiting"
        elif person.state in ("waiting", "away"):
            state = "waiting" if person.state == "waiting" else "away"
        return ParticipantInfo(
            participant_id=person.participant_id,
            name=person.name,
            role=person.role,
            state=state,
            hand_raised=person.hand_raised,
            owner=self.is_owner(person),
            joined_at=person.joined_at,
        )

    def session_info(self) -> SessionInfo:
        return SessionInfo(
            session_id=self.session.session_id,
            session_name=self.session.session_name,
            host_name=self.session.host_name,
            expires_at=self.session.expires_at.isoformat(),
            locked=self.session.locked,
            recording=self.session.recording,
        )

    def people_inside(self) -> set[str]:
        """Participants with at least one connection in the call, or about to be."""
        return {m.person.participant_id for m in self.members.values() if m.presence != "waiting"}

    def is_owner(self, person: Person) -> bool:
        """Whether this is the therapist who started the session, host now or not."""
        return person.user_id is not None and person.user_id == self.session.owner_id

    def present(self) -> set[str]:
        """Participants with a connection or a place in the waiting room."""
        return {m.person.participant_id for m in self.members.values()}.union(
            self.waiting.participants()
        )

    # --- helpers -----------------------------------------------------------------------------

    def check_capacity(self, person: Person) -> None:
        """Whether one more person fits; windows of people inside do. Raises ``session_full``."""
        inside = self.people_inside()
        full = len(inside) >= self.session.max_participants
        seated = person.role == "host" or self.is_owner(person)
        if full and person.participant_id not in inside and not seated:
            raise RodaError("session_full")

    def move(self, person: Person, event: ParticipantEvent) -> Effects:
        """Change a participant's state by the table; recorded when it differs."""
        state = next_state(person.state, event)
        if state == person.state:
            return []
        person.state = state
        if state not in PRESENT:
            person.hand_raised = False
        return [self.record(person)]

    def record(self, person: Person) -> Record:
        """A participant's state as the store is to keep it."""
        holds_place = person.participant_id in self.waiting or any(
            m.person is person for m in self.members.values()
        )
        return Record(person.participant_id, person.state, holds_place)

    def members_inside(self) -> list[Member]:
        """Connections in the call, those without a socket for a while included."""
        return [m for m in self.members.values() if m.presence in ("in_room", "lost")]

    def _peer(self, member: Member) -> Peer:
        return Peer(
            connection_id=member.connection_id,
            participant=self.info(member.person),
            tracks=list(member.tracks),
            status=member.status,
            transports=dict(member.transports),
        )

    def to_all(self, message: Message) -> Effects:
        """``message`` to every connection in the call that has a socket."""
        return [
            Send(m.connection_id, message) for m in self.members.values() if m.presence == "in_room"
        ]

    def to_others(self, connection_id: str, message: Message) -> Effects:
        """`to_all` but for one connection."""
        return [
            Send(m.connection_id, message)
            for m in self.members.values()
            if m.presence == "in_room" and m.connection_id != connection_id
        ]

    def tell_person(self, person: Person) -> Effects:
        return self.to_all(ParticipantUpdated(participant=self.info(person)))

    def tell_waiting(self) -> Effects:
        """The line, to every window of the host."""
        message = WaitingList(waiting=self.waiting_list())
        return [
            Send(m.connection_id, message)
            for m in self.members.values()
            if m.presence == "in_room" and m.person.role == "host"
        ]
