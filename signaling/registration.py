"""Registration: who takes part in a session, and in which state. An upsert on (session, user)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, select

from signaling import audit
from signaling.actors import SERVER, Actor
from signaling.errors import RodaError
from signaling.live_port import LivePort
from signaling.names import clean_name, is_identifier
from signaling.participant_state import ADMITTED, DISMISSALS, ParticipantEvent, next_state
from signaling.presence import Presence
from signaling.seats import ParticipantState, Role, Seat, SeatClaim, SeatTokens
from signaling.session_views import SessionView, check_running
from signaling.sessions import Sessions
from signaling.store.statements import StoredRow
from signaling.store.store import Store, Transaction
from signaling.store.tables import instant_session_participants as participants
from signaling.store.tables import profiles

KnownPlace = Callable[[str], SeatClaim | None]  # session id → the guest's proven place there
_OWN = ("participant_name", "updated_at")  # what a registration anew changes of one's own row
_DECIDED = ("state", "is_active", "left_at")  # and what it changes that is not its owner's to say
_REFUSED_SEATS: Mapping[str, str] = {
    "removed": "participant_removed",
    "barred": "participant_barred",
}


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant row as the API shows it."""

    id: str
    session_id: str
    user_id: str | None
    participant_name: str
    role: Role
    state: ParticipantState
    is_active: bool
    joined_at: Any
    left_at: Any


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration done. ``created`` is false when the person was known already."""

    participant: Participant
    session: SessionView
    connect_token: str
    created: bool


class Registration:
    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        tokens: SeatTokens,
        presence: Presence,
        live: LivePort,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._tokens = tokens
        self._presence = presence
        self._live = live

    async def register(
        self, actor: Actor, session_token: str, name: str | None, known: KnownPlace | None
    ) -> Registered:
        """Give the actor a place in the session whose token is presented, or the one they have.

        ``known`` finds a guest's earlier place in the session of an id, where their cookie or
        connect token proves one. Registrations of one session come one after another, and nobody
        ends or locks it meanwhile. A new row, and a new name in one already there, are the actor's
        own acts, under their policies; the state of one already there is not theirs to choose.
        Raises `RodaError`: ``session_*``, ``participant_barred``, ``name_required``,
        ``name_too_long``."""
        if not is_identifier(session_token):
            raise RodaError("session_not_found")
        async with self._store.transaction(SERVER, one_at_a_time=session_token) as transaction:
            view = await self._sessions.locked_by_token(transaction, session_token)
            check_running(view, transaction.now)
            claim = known(view.session_id) if known else None
            row = await self._own_row(transaction, view, actor, claim)
            _check_room(view, actor, row)
            values = await self._values(transaction, view, actor, name, row)
            await self._save(transaction, values, row, replace(actor, session_token=session_token))
        participant = _participant(values)
        token = self._tokens.connect_token(SeatClaim(view.session_id, participant.id))
        return Registered(participant, view, token, created=row is None)

    async def seat_for(self, connect_token: str, *, allow_expired: bool = False) -> Seat:
        """The seat a connect token proves, or has proved. Raises `RodaError`:
        ``connect_token_invalid``, ``connect_token_expired``, ``session_ended``,
        ``session_expired``, ``participant_removed``, ``participant_barred``."""
        claim = self._tokens.read_connect_token(connect_token, allow_expired=allow_expired)
        return await self.seat_of(claim)

    async def seat_of(self, claim: SeatClaim) -> Seat:
        """The seat of a proven claim. Raises as `seat_for`."""
        async with self._store.reading(SERVER) as transaction:
            row = await transaction.row(_by_id(claim.participant_id))
        if not row or row["session_id"] != claim.session_id:
            raise RodaError("connect_token_invalid", "no such participant")
        view = await self._sessions.live_view(claim.session_id)
        check_running(view, self._store.now())
        if row["state"] in _REFUSED_SEATS:
            raise RodaError(_REFUSED_SEATS[row["state"]])
        return Seat(
            session_id=row["session_id"],
            participant_id=row["id"],
            user_id=row["user_id"],
            name=row["participant_name"],
            role=row["role"],
            state=row["state"],
            joined_at=row["joined_at"].isoformat() if row["joined_at"] else None,
        )

    async def rename(
        self, actor: Actor, session_id: str, participant_id: str, name: str
    ) -> Participant:
        """Change one's own name. Raises `RodaError`: ``participant_not_found``, ``forbidden``,
        ``name_required``, ``name_too_long``."""
        where = _in_session(session_id, participant_id)
        values = {"participant_name": clean_name(name), "updated_at": self._store.now()}
        async with self._store.transaction(actor) as transaction:
            changed = await transaction.update(participants, where, values)
            row = await transaction.row(select(participants).where(where))
        if not row:
            raise RodaError("participant_not_found")
        if not changed:
            raise RodaError("forbidden")
        return _participant(row)

    async def remove(
        self, actor: Actor, session_id: str, participant_id: str, *, bar: bool = False
    ) -> None:
        """Leave (one's own row) or be removed by the host. The row stays, for the record.

        Raises `RodaError`: ``participant_not_found``, ``forbidden``."""
        async with self._store.transaction(actor) as transaction:
            query = select(participants).where(_in_session(session_id, participant_id))
            row = await transaction.row(query)
            if not row:
                raise RodaError("participant_not_found")
            if not await transaction.may_delete(participants, participants.c.id == participant_id):
                raise RodaError("forbidden")
        if _is_own(row, actor):
            event: ParticipantEvent = "leave"
        else:
            event = "bar" if bar else "remove"
        await self._presence.move(participant_id, event, actor.user_id)
        code = next(code for code, caused_by in DISMISSALS.items() if caused_by == event)
        await self._live.participant_removed(session_id, participant_id, code)

    async def participants_of(self, actor: Actor, session_id: str) -> list[Participant]:
        """The participants the actor may see, in order of registration."""
        if not is_identifier(session_id):
            raise RodaError("session_not_found")
        query = select(participants).where(participants.c.session_id == session_id)
        async with self._store.reading(actor) as transaction:
            rows = await transaction.rows(query.order_by(participants.c.created_at).limit(1000))
        if not rows:
            await self._sessions.get(actor, session_id)
        return [_participant(row) for row in rows]

    async def _own_row(
        self, transaction: Transaction, view: SessionView, actor: Actor, claim: SeatClaim | None
    ) -> StoredRow | None:
        if actor.user_id is not None:
            own = participants.c.user_id == actor.user_id
        elif claim is not None and claim.session_id == view.session_id:
            own = participants.c.user_id.is_(None) & (participants.c.id == claim.participant_id)
        else:
            return None
        in_session = participants.c.session_id == view.session_id
        return await transaction.row(select(participants).where(in_session, own))

    async def _values(
        self,
        transaction: Transaction,
        view: SessionView,
        actor: Actor,
        name: str | None,
        row: StoredRow | None,
    ) -> dict[str, Any]:
        is_host = view.host_id == actor.user_id
        return {
            "id": row["id"] if row else str(uuid.uuid4()),
            "session_id": view.session_id,
            "user_id": actor.user_id,
            "participant_name": await self._name(transaction, actor, name, row),
            "role": row["role"] if row else "host" if is_host else "participant",
            "state": state_on_registration(view, row, is_host),
            "is_active": True,
            "created_at": transaction.now,
            "updated_at": transaction.now,
            "joined_at": row["joined_at"] if row else None,
            "left_at": None,
        }

    async def _name(
        self, transaction: Transaction, actor: Actor, name: str | None, row: StoredRow | None
    ) -> str:
        if name is not None and (name.strip() or (row is None and actor.user_id is None)):
            return clean_name(name)
        if row:
            return str(row["participant_name"])
        if actor.user_id is None:
            raise RodaError("name_required")
        query = select(profiles.c.full_name).where(profiles.c.id == actor.user_id)
        found = await transaction.row(query)
        return str(found["full_name"]) if found else clean_name(name)

    async def _save(
        self, transaction: Transaction, values: dict[str, Any], row: StoredRow | None, actor: Actor
    ) -> None:
        if row is None:
            await audit.append(
                transaction,
                "participant_registered",
                session_id=values["session_id"],
                actor_id=actor.user_id,
                participant_id=values["id"],
            )
            await transaction.become(actor)
            await transaction.insert(participants, values)
            return
        own = participants.c.id == row["id"]
        owner = actor if actor.user_id else replace(actor, participant_id=row["id"])
        await transaction.become(owner)
        if not await transaction.update(participants, own, {key: values[key] for key in _OWN}):
            raise RodaError("forbidden", "not their own row")
        decided = {key: values[key] for key in _DECIDED if values[key] != row[key]}
        if decided:
            await transaction.become(SERVER)
            await transaction.update(participants, own, decided)


def _check_room(view: SessionView, actor: Actor, row: StoredRow | None) -> None:
    if row and row["state"] == "barred":
        raise RodaError("participant_barred")
    is_host = view.host_id == actor.user_id or bool(row and row["role"] == "host")
    if (row and row["is_active"]) or is_host:
        return
    # Who has been let in before is no newcomer.
    if view.locked and not (row and row["state"] in ADMITTED):
        raise RodaError("session_locked")
    if view.people >= view.max_participants:
        raise RodaError("session_full")


def state_on_registration(
    view: SessionView, row: StoredRow | None, is_host: bool
) -> ParticipantState:
    """The state a registration gives: a reload or a second window keeps the place; who was
    in the call before need not wait again; hosts never wait."""
    known: ParticipantState = row["state"] if row else "waiting"
    free = is_host or not view.waiting_room_enabled or bool(row and row["role"] == "host")
    return next_state(known, "admit" if free or known == "left" else "knock")


def _by_id(participant_id: str) -> Any:
    return select(participants).where(participants.c.id == participant_id)


def _in_session(session_id: str, participant_id: str) -> ColumnElement[bool]:
    if not (is_identifier(session_id) and is_identifier(participant_id)):
        raise RodaError("participant_not_found")
    return (participants.c.session_id == session_id) & (participants.c.id == participant_id)


def _is_own(row: StoredRow, actor: Actor) -> bool:
    if row["user_id"] is not None:
        return bool(row["user_id"] == actor.user_id)
    return bool(row["id"] == actor.participant_id)


def _participant(row: StoredRow) -> Participant:
    return Participant(**{name: row[name] for name in Participant.__slots__})
