"""The life of a session, as one table.

Everything that decides a session's state lives in this file; nothing stores the state itself: it
is read off the row's own columns by `state_of`. ``locked`` is a flag over the two running states,
full is a count. ``docs/lifetimes.md`` shows the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

SessionState = Literal["scheduled", "active", "ended", "expired"]

SessionEvent = Literal[
    "begin",  # somebody is in the call
    "extend",  # the host moves the end
    "lock",  # the host refuses newcomers
    "unlock",  # the host allows them again
    "end",  # the host or the operator ends it
    "empty",  # it had begun, and nobody was in it or waited for the configured time
    "expire",  # its time is over
]

EndReason = Literal["host", "operator", "empty", "expired"]

END_REASONS: Mapping[EndReason, SessionEvent] = {
    "host": "end",
    "operator": "end",
    "empty": "empty",
    "expired": "expire",
}
"""Which event a recorded reason for the end is."""


def end_code(reason: EndReason) -> str:
    """The error code by which everyone in the session is told."""
    return "session_expired" if reason == "expired" else "session_ended"


TRANSITIONS: Mapping[SessionState, Mapping[SessionEvent, SessionState]] = {
    "scheduled": {
        "begin": "active",
        "extend": "scheduled",
        "lock": "scheduled",
        "unlock": "scheduled",
        "end": "ended",
        "expire": "expired",
    },
    "active": {
        "begin": "active",
        "extend": "active",
        "lock": "active",
        "unlock": "active",
        "end": "ended",
        "empty": "ended",
        "expire": "expired",
    },
    # Ending again is harmless: two may do it at once, and the first reason stays.
    "ended": {"end": "ended", "empty": "ended", "expire": "ended"},
    "expired": {"end": "expired", "empty": "expired", "expire": "expired"},
}

RUNNING: frozenset[SessionState] = frozenset({"scheduled", "active"})
"""States in which people may register and enter."""


class SessionTransitionError(Exception):
    """``event`` means nothing in ``state``: a fault of the caller."""

    def __init__(self, state: SessionState, event: SessionEvent) -> None:
        super().__init__(f"{event} in state {state}")
        self.state = state
        self.event = event


def state_of(
    *, is_active: bool, end_reason: str | None, expires_at: datetime, begun: bool, now: datetime
) -> SessionState:
    """The state a session's row shows at ``now``. ``begun``: somebody has been in it."""
    if not is_active:
        return "expired" if end_reason == "expired" else "ended"
    if expires_at <= now:
        return "expired"
    return "active" if begun else "scheduled"


def next_state(state: SessionState, event: SessionEvent) -> SessionState:
    """The state after ``event``. Raises `SessionTransitionError` where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise SessionTransitionError(state, event) from None


def may(state: SessionState, event: SessionEvent) -> bool:
    """Whether ``event`` means anything in ``state``."""
    return event in TRANSITIONS[state]
