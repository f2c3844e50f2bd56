"""Who acts: what row policies and use cases know of a caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProfileRole = Literal["therapist", "patient", "admin"]
ActorRole = Literal["therapist", "patient", "admin", "anonymous", "server"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller. ``user_id`` is a profile's id, or None for an anonymous caller, who may still
    present a session token (the share link) and be known as a guest by ``participant_id``.
    ``session_id`` is the one session asked for by its id, where that is how it was asked for."""

    role: ActorRole = "anonymous"
    user_id: str | None = None
    session_token: str | None = None
    participant_id: str | None = None
    session_id: str | None = None


ANONYMOUS = Actor()
SERVER = Actor(role="server")  # Roda's own work: log-in, lifetimes, the live rooms' bookkeeping
