from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from signaling.session_state import (
    END_REASONS,
    RUNNING,
    TRANSITIONS,
    EndReason,
    SessionEvent,
    SessionState,
    SessionTransitionError,
    may,
    next_state,
    state_of,
)

STATES = get_args(SessionState)
EVENTS = get_args(SessionEvent)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)

LIVES = [
    (["begin", "lock", "unlock", "extend", "end"], "ended"),
    (["begin", "empty"], "ended"),
    (["expire"], "expired"),
    (["lock", "end"], "ended"),
    # the first reason stays
    (["begin", "end", "expire"], "ended"),
    (["begin", "expire", "end"], "expired"),
]


@pytest.mark.parametrize(("events", "end"), LIVES)
def test_lives(events: list[SessionEvent], end: str) -> None:
    state: SessionState = "scheduled"
    for event in events:
        state = next_state(state, event)
    assert state == end


def test_the_table_names_every_state_and_event() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert {event for row in TRANSITIONS.values() for event in row} == set(EVENTS)
    assert set(END_REASONS) == set(get_args(EndReason))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_what_the_table_lacks_is_refused(state: SessionState, event: SessionEvent) -> None:
    if may(state, event):
        assert next_state(state, event) == TRANSITIONS[state][event]
        return
    with pytest.raises(SessionTransitionError, match=f"{event} in state {state}"):
        next_state(state, event)


@pytest.mark.parametrize("state", [s for s in STATES if s not in RUNNING])
def test_nothing_brings_a_session_back(state: SessionState) -> None:
    assert set(TRANSITIONS[state].values()) == {state}


def test_a_session_nobody_came_to_is_not_empty() -> None:
    assert not may("scheduled", "empty")


# (is_active, end_reason, expires_at, begun) → state
ROWS = [
    (True, None, LATER, False, "scheduled"),
    (True, None, LATER, True, "active"),
    (True, None, NOW, True, "expired"),
    (True, None, EARLIER, False, "expired"),
    (False, "expired", EARLIER, True, "expired"),
    (False, "host", LATER, True, "ended"),
    (False, "empty", LATER, True, "ended"),
    (False, None, LATER, False, "ended"),
]


@pytest.mark.parametrize(("is_active", "end_reason", "expires_at", "begun", "state"), ROWS)
def test_what_a_row_shows(
    is_active: bool, end_reason: str | None, expires_at: datetime, begun: bool, state: str
) -> None:
    found = state_of(
        is_active=is_active, end_reason=end_reason, expires_at=expires_at, begun=begun, now=NOW
    )
    assert found == state
