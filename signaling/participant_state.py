"""The life of a participant in a session, as one table.

Everything that decides a participant's state lives in this file. Presence (how many windows are
open) is not part of it: a participant who waits stays ``waiting`` while the page reloads.
``docs/lifetimes.md`` draws the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from signaling.seats import ParticipantState

ParticipantEvent = Literal[
    "knock",  # asks to enter, and somebody has to let them in
    "admit",  # a host lets them in, or nothing stands before the room
    "enter",  # a first or further connection is in the call
    "lose",  # the last connection lost its socket; the seat is kept for a while
    "leave",  # the last connection is gone for good
    "decline",  # a host turns them away; they may knock again
    "send_back",  # a host puts them back in the waiting room
    "remove",  # a host removes them; they may knock again
    "bar",  # a host removes them and refuses the return
]

_REMOVALS: Mapping[ParticipantEvent, ParticipantState] = {"remove": "removed", "bar": "barred"}

TRANSITIONS: Mapping[ParticipantState, Mapping[ParticipantEvent, ParticipantState]] = {
    "waiting": {
        "knock": "waiting",
        "admit": "admitted",
        "leave": "waiting",
        "decline": "removed",
        **_REMOVALS,
    },
    "admitted": {
        "knock": "admitted",
        "admit": "admitted",
        "enter": "in_call",
        "leave": "admitted",
        "send_back": "waiting",
        **_REMOVALS,
    },
    "in_call": {
        "knock": "in_call",
        "admit": "in_call",
        "enter": "in_call",
        "lose": "away",
        "leave": "left",
        "send_back": "waiting",
        **_REMOVALS,
    },
    "away": {
        "knock": "away",
        "admit": "away",
        "enter": "in_call",
        "lose": "away",
        "leave": "left",
        "send_back": "waiting",
        **_REMOVALS,
    },
    "left": {
        "knock": "left",
        "admit": "admitted",
        "enter": "in_call",
        "leave": "left",
        "send_back": "waiting",
        **_REMOVALS,
    },
    "removed": {"knock": "waiting", "admit": "admitted", **_REMOVALS},
    "barred": {"bar": "barred"},
}

ADMITTED: frozenset[ParticipantState] = frozenset({"admitted", "in_call", "away", "left"})
"""States of people who enter without waiting."""

PRESENT: frozenset[ParticipantState] = frozenset({"in_call", "away"})
"""States of people who hold a seat in the call now."""

DISMISSALS: Mapping[str, ParticipantEvent] = {
    "participant_removed": "remove",
    "participant_barred": "bar",
    "connection_closed": "leave",  # by the participant, over REST
}
"""The error codes by which all of a participant's connections are closed, and the event of each."""

LEFT_BEHIND: Mapping[ParticipantState, ParticipantState] = {
    state: row["leave"] for state, row in TRANSITIONS.items() if "leave" in row
}
"""What becomes of people whose last connection is gone without the room's having seen it."""


class ParticipantTransitionError(Exception):
    """``event`` means nothing in ``state``: a fault of the caller."""

    def __init__(self, state: ParticipantState, event: ParticipantEvent) -> None:
        super().__init__(f"{event} in state {state}")
        self.state = state
        self.event = event


def next_state(state: ParticipantState, event: ParticipantEvent) -> ParticipantState:
    """The state after ``event``. Raises `ParticipantTransitionError` where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise ParticipantTransitionError(state, event) from None


def may(state: ParticipantState, event: ParticipantEvent) -> bool:
    """Whether ``event`` means anything in ``state``."""
    return event in TRANSITIONS[state]
