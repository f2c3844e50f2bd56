from __future__ import annotations

from typing import get_args

import pytest

from signaling.participant_state import (
    ADMITTED,
    LEFT_BEHIND,
    TRANSITIONS,
    ParticipantEvent,
    ParticipantTransitionError,
    may,
    next_state,
)
from signaling.seats import ParticipantState

STATES = get_args(ParticipantState)
EVENTS = get_args(ParticipantEvent)

LIVES = [
    # a patient waits, is let in, leaves
    ("waiting", ["knock", "admit", "enter", "leave"], "left"),
    # a reload in the waiting room keeps waiting
    ("waiting", ["knock", "leave", "knock"], "waiting"),
    # who left after having been in goes straight in
    ("left", ["admit", "enter"], "in_call"),
    # the network drops, then comes back
    ("in_call", ["lose", "enter"], "in_call"),
    # the network drops for good
    ("in_call", ["lose", "leave"], "left"),
    # sent back: has to be admitted again
    ("in_call", ["send_back", "admit", "enter"], "in_call"),
    # turned away or removed: may knock again, and waits
    ("waiting", ["decline", "knock"], "waiting"),
    ("in_call", ["remove", "knock"], "waiting"),
    # barred while away
    ("away", ["bar"], "barred"),
]


@pytest.mark.parametrize(("state", "events", "end"), LIVES)
def test_lives(state: ParticipantState, events: list[ParticipantEvent], end: str) -> None:
    for event in events:
        state = next_state(state, event)
    assert state == end


def test_the_table_names_every_state_and_known_events_only() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert {event for row in TRANSITIONS.values() for event in row} == set(EVENTS)
    assert {state for row in TRANSITIONS.values() for state in row.values()} == set(STATES)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_what_the_table_lacks_is_refused(state: ParticipantState, event: ParticipantEvent) -> None:
    if may(state, event):
        assert next_state(state, event) == TRANSITIONS[state][event]
        return
    with pytest.raises(ParticipantTransitionError) as caught:
        next_state(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_brings_a_barred_person_back(event: ParticipantEvent) -> None:
    assert not may("barred", event) or next_state("barred", event) == "barred"


@pytest.mark.parametrize("state", [s for s in STATES if s not in ADMITTED])
def test_only_an_admission_lets_people_in(state: ParticipantState) -> None:
    assert not may(state, "enter")
    for event in ("knock", "leave", "decline", "send_back"):
        if may(state, event):
            assert next_state(state, event) not in ADMITTED


def test_those_left_behind_are_as_if_they_had_left() -> None:
    assert LEFT_BEHIND == {
        "waiting": "waiting",
        "admitted": "admitted",
        "in_call": "left",
        "away": "left",
        "left": "left",
    }
