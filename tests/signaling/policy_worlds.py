"""Random worlds and actors for the policy property: few ids, so that they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from signaling.actors import Actor
from tests.support.database import START as NOW

World = Mapping[str, list[dict[str, Any]]]  # table name → rows

USERS = tuple(f"user-{n}" for n in range(5))
ROLES = ("therapist", "therapist", "patient", "patient", "admin")
SESSIONS = tuple(f"session-{n}" for n in range(3))
SEATS = tuple(f"seat-{n}" for n in range(6))
STATES = ("waiting", "admitted", "in_call", "away", "left", "removed", "barred")
HOSTS = (USERS[0], USERS[1], USERS[4])
NOBODY = "nobody"


def token_of(session_id: str) -> str:
    return f"token-of-{session_id}"


@dataclass(frozen=True)
class Case:
    """A world, who acts in it, and the rows they try to add."""

    world: World
    actor: Actor
    new_rows: World


def _times(**more: Any) -> dict[str, Any]:
    return {"created_at": NOW, "updated_at": NOW, **more}


def _session(session_id: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "therapist_id": st.sampled_from(HOSTS),
            "is_active": st.sampled_from((True, True, False)),
            "expires_at": st.sampled_from((60, 60, 0, -60)).map(
                lambda minutes: NOW + timedelta(minutes=minutes)
            ),
            "waiting_room_enabled": st.booleans(),
        }
    ).map(
        lambda drawn: _times(
            id=session_id,
            session_name="talk",
            session_token=token_of(session_id),
            max_participants=10,
            recording_enabled=False,
            locked=False,
            ended_at=None,
            end_reason=None,
            **drawn,
        )
    )


def _seat(seat_id: str, *, new: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    states = ("waiting", "admitted", "in_call") if new else STATES
    return st.fixed_dictionaries(
        {
            "session_id": st.sampled_from((*SESSIONS, NOBODY) if new else SESSIONS),
            "user_id": st.sampled_from((None, None, *USERS)),
            "role": st.sampled_from(("participant", "participant", "host")),
            "state": st.sampled_from(states),
            "is_active": st.booleans(),
            "joined_at": st.sampled_from((None, None, NOW) if new else (None, NOW)),
        }
    ).map(lambda drawn: _times(id=seat_id, participant_name="someone", left_at=None, **drawn))


def _care(row_id: str, words: tuple[str, str], status: str, people: tuple[str, ...]) -> Any:
    named = st.tuples(st.sampled_from(people), st.sampled_from(people))
    return named.map(
        lambda pair: _times(
            id=row_id,
            patient_id=pair[0],
            therapist_id=pair[1],
            status=status,
            **dict.fromkeys(words, "words"),
        )
    )


_inquiry = (("subject", "message"), "open")
_plan = (("title", "description"), "draft")


def _audit_event(row_id: str, session_id: str | None) -> dict[str, Any]:
    row = {"id": row_id, "occurred_at": NOW, "event": "created", "session_id": session_id}
    return {**row, "actor_id": USERS[0], "participant_id": None, "detail": ""}


def _event(row_id: str) -> st.SearchStrategy[dict[str, Any]]:
    drawn = st.sampled_from((None, *SESSIONS))
    return drawn.map(lambda session_id: _audit_event(row_id, session_id))


def _profile(user_id: str, role: str) -> dict[str, Any]:
    email = f"{user_id}@example.org"
    return _times(id=user_id, email=email, full_name=user_id, role=role)


_PROFILES = [_profile(*one) for one in zip(USERS, ROLES, strict=True)]
_CREDENTIALS = [{"profile_id": USERS[0], "password_hash": "hash", "changed_at": NOW}]
_LOGIN = {"profile_id": USERS[0], "created_at": NOW, "expires_at": NOW}


def _one_seat_a_user(seats: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    kept: dict[Any, dict[str, Any]] = {}
    for seat in seats:
        known = seat["user_id"] is not None
        kept[(seat["session_id"], seat["user_id"]) if known else seat["id"]] = seat
    return list(kept.values())


worlds: st.SearchStrategy[World] = st.fixed_dictionaries(
    {
        "profiles": st.just(_PROFILES),
        "credentials": st.just(_CREDENTIALS),
        "logins": st.just([{"token_hash": "hash", **_LOGIN}]),
        "instant_sessions": st.tuples(*map(_session, SESSIONS)).map(list),
        "instant_session_participants": st.tuples(*map(_seat, SEATS)).map(_one_seat_a_user),
        "patient_inquiries": st.tuples(*(_care(f"i{n}", *_inquiry, USERS) for n in range(2))).map(
            list
        ),
        "treatment_plans": st.tuples(*(_care(f"p{n}", *_plan, USERS) for n in range(2))).map(list),
        "audit_events": st.tuples(_event("e0"), _event("e1")).map(list),
    }
)

_EMPTY = (
    "instant_sessions",
    "instant_session_participants",
    "patient_inquiries",
    "treatment_plans",
    "audit_events",
)
SMALL_WORLD: World = {
    "profiles": _PROFILES,
    "credentials": _CREDENTIALS,
    "logins": [{"token_hash": "hash", **_LOGIN}],
    **{name: [] for name in _EMPTY},
}

_some = st.sampled_from
new_rows: st.SearchStrategy[World] = st.fixed_dictionaries(
    {
        "instant_sessions": _session("session-new").map(lambda row: [row]),
        "instant_session_participants": st.tuples(
            _seat("seat-new", new=True), _seat("seat-newer", new=True)
        ).map(list),
        "patient_inquiries": _care("i-new", *_inquiry, (*USERS, NOBODY)).map(lambda row: [row]),
        "treatment_plans": _care("p-new", *_plan, (*USERS, NOBODY)).map(lambda row: [row]),
    }
)

SERVERS_ROWS: World = {
    "profiles": [_profile("user-new", "admin")],
    "credentials": [{**_CREDENTIALS[0], "profile_id": USERS[1]}],
    "logins": [{"token_hash": "new", **_LOGIN}],
    "audit_events": [_audit_event("e-new", None)],
}
"""Rows that nobody but the server may add, whatever the world."""

_users = st.builds(
    lambda user, token, session_id: Actor(
        role=user[1], user_id=user[0], session_token=token, session_id=session_id
    ),
    _some(tuple(zip(USERS, ROLES, strict=True))),
    _some((None, *map(token_of, SESSIONS))),
    _some((None, *SESSIONS)),
)
_guests = st.builds(
    lambda token, seat, session_id: Actor(
        session_token=token, participant_id=seat, session_id=session_id
    ),
    _some((None, NOBODY, *map(token_of, SESSIONS), *map(token_of, SESSIONS))),
    _some((None, *SEATS)),
    _some((None, *SESSIONS)),
)

cases: st.SearchStrategy[Case] = st.builds(Case, worlds, st.one_of(_users, _guests), new_rows)
