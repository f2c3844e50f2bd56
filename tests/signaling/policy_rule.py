"""The row policies once more, in plain Python: what the databases are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from signaling.actors import Actor
from tests.signaling.policy_worlds import NOBODY, NOW, World

Row = Mapping[str, Any]
SEATS_TABLE = "instant_session_participants"
KEYS = {"credentials": "profile_id", "logins": "token_hash"}  # every other table's is its id


def key_of(table: str) -> str:
    return KEYS.get(table, "id")


@dataclass(frozen=True)
class Rule:
    """What ``actor`` may do in ``world``."""

    world: World
    actor: Actor

    @property
    def known(self) -> bool:
        return self.actor.role != "anonymous"

    @property
    def is_therapist(self) -> bool:
        return self.actor.role in ("therapist", "admin")

    def may_see(self, table: str, row: Row) -> bool:
        rules: Mapping[str, Callable[[Row], bool]] = {
            "instant_sessions": self._sees_session,
            SEATS_TABLE: self._sees_seat,
            "patient_inquiries": self._is_named,
            "treatment_plans": self._is_named,
            "profiles": self._sees_profile,
            "audit_events": self._sees_event,
        }
        return table in rules and rules[table](row)

    def may_add(self, table: str, row: Row) -> bool:
        if table == "instant_sessions":
            return self.is_therapist and row["therapist_id"] == self.actor.user_id
        if table == SEATS_TABLE:
            return self._may_join(row)
        return table in ("patient_inquiries", "treatment_plans") and self._is_named(row)

    def may_change(self, table: str, row: Row) -> bool:
        if table == "instant_sessions":
            return self.is_therapist and row["therapist_id"] == self.actor.user_id
        if table == SEATS_TABLE:
            return self._is_own_seat(row)
        return table in ("patient_inquiries", "treatment_plans") and self._is_named(row)

    def may_remove(self, table: str, row: Row) -> bool:
        if table != SEATS_TABLE:
            return False
        return self._is_own_seat(row) or (self.is_therapist and self._hosts(row["session_id"]))

    def outcome_of_adding(self, table: str, row: Row) -> str:
        """``added``, or the refusal."""
        if not self.may_add(table, row):
            return "forbidden"
        if NOBODY in row.values():
            return "reference_not_found"
        if table == SEATS_TABLE and row["user_id"] is not None:
            pair = (row["session_id"], row["user_id"])
            if pair in [(seat["session_id"], seat["user_id"]) for seat in self.world[table]]:
                return "conflict"
        return "added"

    def _sees_session(self, row: Row) -> bool:
        holds = row["session_token"] == self.actor.session_token
        if not self.known:
            return holds and _is_running(row)
        own = row["therapist_id"] == self.actor.user_id
        asked = holds or row["id"] == self.actor.session_id
        return own or bool(self._own_seats(row["id"])) or (asked and _is_running(row))

    def _sees_seat(self, row: Row) -> bool:
        session = self._session(row["session_id"])
        assert session is not None
        inside = any(seat["is_active"] for seat in self._own_seats(session["id"]))
        holds = session["session_token"] == self.actor.session_token
        as_company = (inside or holds) and _is_running(session)
        return self._is_own_seat(row) or self._hosts(session["id"]) or as_company

    def _sees_profile(self, row: Row) -> bool:
        care = [*self.world["patient_inquiries"], *self.world["treatment_plans"]]
        pairs = [{one["patient_id"], one["therapist_id"]} for one in care]
        wanted = {self.actor.user_id, row["id"]}
        own = row["id"] == self.actor.user_id
        return self.known and (own or wanted in pairs)

    def _sees_event(self, row: Row) -> bool:
        return self.actor.role == "admin" or (self.is_therapist and self._hosts(row["session_id"]))

    def _is_named(self, row: Row) -> bool:
        return self.known and self.actor.user_id in (row["patient_id"], row["therapist_id"])

    def _may_join(self, row: Row) -> bool:
        session = self._session(row["session_id"])
        if session is None or not _is_running(session) or row["joined_at"] is not None:
            return False
        hosts = self._hosts(session["id"])
        admits = hosts or not session["waiting_room_enabled"]
        state = row["state"] == "waiting" or (row["state"] == "admitted" and admits)
        newcomer = state and (row["role"] == "participant" or hosts)
        if self.known:
            return newcomer and row["user_id"] == self.actor.user_id
        holds = session["session_token"] == self.actor.session_token
        return newcomer and row["user_id"] is None and holds

    def _is_own_seat(self, row: Row) -> bool:
        if row["user_id"] is None:
            return bool(row["id"] == self.actor.participant_id)
        return bool(row["user_id"] == self.actor.user_id)

    def _own_seats(self, session_id: str) -> list[Row]:
        seats = self.world[SEATS_TABLE]
        return [s for s in seats if s["session_id"] == session_id and self._is_own_seat(s)]

    def _hosts(self, session_id: str | None) -> bool:
        session = self._session(session_id)
        return self.known and bool(session and session["therapist_id"] == self.actor.user_id)

    def _session(self, session_id: str | None) -> Row | None:
        return next((s for s in self.world["instant_sessions"] if s["id"] == session_id), None)


def _is_running(session: Row) -> bool:
    return bool(session["is_active"] and session["expires_at"] > NOW)
