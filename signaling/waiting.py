"""The waiting room's queue: places belong to participants, not to their windows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Place:
    """One participant's place. ``since`` and ``absent_since`` are monotonic seconds."""

    participant_id: str
    since: float
    connections: set[str] = field(default_factory=set)
    absent_since: float | None = None


class WaitingRoom:
    """Who waits, oldest first. A place outlives its windows by ``grace_s`` seconds, so that a
    reload comes back to it."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._places: dict[str, Place] = {}  # insertion order is the order of the line

    def __contains__(self, participant_id: str) -> bool:
        return participant_id in self._places

    def __len__(self) -> int:
        return len(self._places)

    def knock(self, participant_id: str, connection_id: str, now: float) -> bool:
        """Take a place, or come back to it with another window. True when the line others see
        has changed."""
        place = self._places.get(participant_id)
        if place is None:
            place = self._places[participant_id] = Place(participant_id, now)
            place.connections.add(connection_id)
            return True
        was_absent = place.absent_since is not None
        place.connections.add(connection_id)
        place.absent_since = None
        return was_absent

    def absent(self, participant_id: str, connection_id: str, now: float) -> bool:
        """A window is gone. True when it was the participant's last, so the line has changed."""
        place = self._places.get(participant_id)
        if place is None or connection_id not in place.connections:
            return False
        place.connections.discard(connection_id)
        if place.connections:
            return False
        place.absent_since = now
        return True

    def give_up(self, participant_id: str) -> tuple[str, ...]:
        """Clear the place (admitted, declined, removed); its connections, sorted."""
        place = self._places.pop(participant_id, None)
        return tuple(sorted(place.connections)) if place else ()

    def expire(self, now: float) -> tuple[str, ...]:
        """Clear the places nobody came back to; whose they were."""
        gone = tuple(
            place.participant_id
            for place in self._places.values()
            if place.absent_since is not None and now - place.absent_since >= self._grace_s
        )
        for participant_id in gone:
            del self._places[participant_id]
        return gone

    def is_absent(self, participant_id: str) -> bool:
        place = self._places.get(participant_id)
        return place is not None and place.absent_since is not None

    def participants(self) -> tuple[str, ...]:
        """Everyone who waits, oldest first."""
        return tuple(self._places)
