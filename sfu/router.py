"""One live session's media: who publishes, who subscribes."""

from __future__ import annotations

from collections.abc import Iterable

from sfu.producer import Producer
from sfu.subscriber import Subscriber


class Router:
    """Every subscriber gets every track of every other connection.

    Methods return the ids of the connections that need a new offer.
    """

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self._producers: dict[str, dict[str, Producer]] = {}  # connection → track → producer
        self._subscribers: dict[str, Subscriber] = {}

    def add_subscriber(self, connection_id: str, subscriber: Subscriber) -> bool:
        """Whether there was something to subscribe to."""
        self._subscribers[connection_id] = subscriber
        added = [
            subscriber.add(producer)
            for owner, producers in self._producers.items()
            if owner != connection_id
            for producer in producers.values()
        ]
        return any(added)

    def add_producers(self, connection_id: str, producers: Iterable[Producer]) -> set[str]:
        own = self._producers.setdefault(connection_id, {})
        changed = set()
        for producer in producers:
            own[producer.track_id] = producer
            changed |= {
                other
                for other, subscriber in self._subscribers.items()
                if other != connection_id and subscriber.add(producer)
            }
        return changed

    def remove_producers(self, connection_id: str, producers: Iterable[Producer]) -> set[str]:
        own = self._producers.get(connection_id, {})
        changed: set[str] = set()
        for producer in producers:
            if own.pop(producer.track_id, None) is None:
                continue
            changed |= self._subscribers.keys() - {connection_id}
            for other in changed:
                self._subscribers[other].remove(producer)
        return changed

    def remove_connection(self, connection_id: str) -> set[str]:
        """Its tracks end for the others, and it gets nothing more."""
        subscriber = self._subscribers.pop(connection_id, None)
        if subscriber is not None:
            subscriber.clear()
        changed = self.remove_producers(
            connection_id, list(self._producers.get(connection_id, {}).values())
        )
        self._producers.pop(connection_id, None)
        return changed

    def producers(self, connection_id: str) -> list[Producer]:
        return list(self._producers.get(connection_id, {}).values())

    @property
    def is_empty(self) -> bool:
        return not self._producers and not self._subscribers
