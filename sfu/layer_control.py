"""Which encoding and layer each of one subscriber's consumers gets, by its line and its wishes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sfu.bandwidth.allocation import Allocation, Allocator
from sfu.bandwidth.ladder import Demand, Layer, Priority
from sfu.encoding import Encoding
from sfu.layer_choice import TOP
from sfu.subscriber import Section
from sfu.wish import ANY_SIZE, Wish

STARVED_S = 2.0  # so long the line must be too thin before a track is paused altogether
MAX_WISHES = 64
GUESSED_BPS = (150_000.0, 500_000.0, 1_500_000.0)  # of a layer that was never measured


class LayerControl:
    """One subscriber's. Selects encodings and layers, pauses what does not fit and resumes it."""

    def __init__(self) -> None:
        self.speaker: str | None = None  # connection id of who speaks
        self.allocation: Allocation | None = None
        self._allocator = Allocator()
        self._wishes: dict[str, Wish] = {}
        self._starved_since: dict[str, float] = {}

    def wish(self, track_id: str, wish: Wish) -> None:
        """At most `MAX_WISHES` are kept; the oldest is forgotten first."""
        self._wishes.pop(track_id, None)
        self._wishes[track_id] = wish
        if len(self._wishes) > MAX_WISHES:
            del self._wishes[next(iter(self._wishes))]

    def update(
        self,
        sections: Sequence[Section],
        budget_bps: float | None,
        now: float,
        *,
        probe_succeeded: bool = False,
    ) -> None:
        """Divide the line anew.

        :param budget_bps: what the line carries; None while that is not known
        """
        flowing = [s for s in sections if s.consumer.plan is not None and s.producer.has_started]
        if budget_bps is None and not self._wishes and not any(_has_choice(s) for s in flowing):
            return  # nothing to choose: everything flows as it comes
        before = {} if self.allocation is None else self.allocation.layers
        budget = inf if budget_bps is None else budget_bps
        self.allocation = allocation = self._allocator.allocate(
            [self._demand(section, now) for section in flowing],
            budget,
            now,
            probe_succeeded=probe_succeeded,
        )
        for section in flowing:
            one = section.consumer.consumer_id
            layer = allocation.layers[one]
            if layer is None:
                self._give_up(section, now)
            else:
                spare = budget - allocation.used_bps
                self._give(section, layer, _is_hurried(before.get(one), layer, spare))

    def _demand(self, section: Section, now: float) -> Demand:
        producer = section.producer
        wish = self._wishes.get(producer.track_id, ANY_SIZE)
        return Demand(
            consumer_id=section.consumer.consumer_id,
            kind=producer.kind,
            priority=self._priority(section, wish),
            layers=tuple(
                layer
                for encoding in producer.encodings
                if encoding.is_to_be_had(now)
                for layer in _layers(encoding)
            ),
            wanted=(wish.width, wish.height),
            paused=wish.paused or producer.muted,
            size_first=producer.source == "screen",
        )

    def _priority(self, section: Section, wish: Wish) -> Priority:
        producer = section.producer
        if producer.kind == "audio":
            return Priority.AUDIO
        if wish.pinned or producer.connection_id == self.speaker:
            return Priority.SPEAKER
        return Priority.SCREEN if producer.source == "screen" else Priority.TILE

    def _give(self, section: Section, layer: Layer, hurried: bool) -> None:
        producer, consumer = section.producer, section.consumer
        self._starved_since.pop(consumer.consumer_id, None)
        selected = None if layer.whole else (layer.spatial, layer.temporal)
        encoding = producer.encodings[layer.encoding]
        producer.select(consumer, encoding, selected, hurried=hurried)
        producer.resume(consumer)

    def _give_up(self, section: Section, now: float) -> None:
        if not section.producer.muted and self._may_pause(section, now):
            section.producer.pause(section.consumer)

    def _may_pause(self, section: Section, now: float) -> bool:
        """At once where the subscriber wishes it; where the line is too thin, only if it stays so:
        an estimate that has just begun is not worth a picture."""
        wish = self._wishes.get(section.producer.track_id, ANY_SIZE)
        if wish.paused or not (wish.width and wish.height):
            return True
        if not any(e.is_to_be_had(now) for e in section.producer.encodings):
            return False
        since = self._starved_since.setdefault(section.consumer.consumer_id, now)
        return now - since >= STARVED_S


def _has_choice(section: Section) -> bool:
    return bool(section.producer.rids) or any(
        encoding.layer_rates.layers for encoding in section.producer.encodings
    )


def _layers(encoding: Encoding) -> list[Layer]:
    """What the encoding can be had in: all of it, until more is known."""
    measured = encoding.layer_rates.layers
    if not measured:
        guess = GUESSED_BPS[min(encoding.index, len(GUESSED_BPS) - 1)]
        return [Layer(encoding.index, *TOP, encoding.rate.steady_bps or guess, *encoding.size)]
    return [
        Layer(encoding.index, *each.layer, each.bps, *each.size, whole=each.whole)
        for each in measured
    ]


def _is_hurried(before: Layer | None, now: Layer, spare_bps: float) -> bool:
    """Whether what a consumer had before is too much for the line, and not only for its wishes."""
    return before is not None and before.bitrate_bps - now.bitrate_bps > spare_bps
