"""Which layers of a track are watched, so that the publisher can leave out the rest."""

from __future__ import annotations

from typing import NamedTuple

from sfu.encoding import Encoding
from sfu.layer_rates import RETURN_WITHIN_S
from sfu.producer import Producer

UNWANTED_AFTER_S = 2.0  # a layer that was just left may be wanted again
_ALL = 8  # spatial layers; no stream has more


class Watched(NamedTuple):
    """What a publisher should send."""

    rids: tuple[str, ...]  # empty without simulcast
    spatial_layers: int | None = None  # how many, the lowest first; None where there are rids


class LayerDemand:
    """One track's. What is lowest is always wanted, so that whoever joins sees something at
    once."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._unwanted_since: dict[int, float] = {}  # by encoding, or by spatial layer
        self._told = Watched(producer.rids, None if producer.rids else _ALL)

    def due(self, now: float) -> Watched | None:
        """What to send from now on, if the publisher has not been told of just that."""
        watched = self._of_encodings(now) if self._producer.rids else self._of_layers(now)
        if watched == self._told:
            return None
        self._told = watched
        return watched

    # --- inside ---------------------------------------------------------------------------------

    def _of_encodings(self, now: float) -> Watched:
        """Among them is one that has not begun yet, which some publishers put off until their own
        estimate allows it: a layer nobody has seen could not be selected later. So is one that has
        ceased by itself, as the camera has become smaller: it is not to be had before it comes
        again, and then at once."""
        producer = self._producer
        wanted = []
        for encoding, rid in zip(producer.encodings, producer.rids, strict=True):
            awaited = encoding.stream is None or self._has_ceased(encoding, now)
            needed = encoding.audience.is_wanted or encoding.index == 0 or awaited
            if self._is_wanted(encoding.index, needed, now):
                wanted.append(rid)
                if encoding.suspended:
                    encoding.returns_until = now + RETURN_WITHIN_S
            encoding.suspended = rid not in wanted
        return Watched(tuple(wanted))

    def _has_ceased(self, encoding: Encoding, now: float) -> bool:
        """The publisher sends, but not this, though it was not told to leave it out."""
        silent = not encoding.suspended and not encoding.is_to_be_had(now)
        return silent and self._producer.encodings[0].is_active(now)

    def _of_layers(self, now: float) -> Watched:
        encoding = self._producer.encodings[0]
        there = encoding.layer_rates.count
        if there == 1:
            return self._told
        needed = encoding.audience.spatial_layers
        wanted = 1
        for spatial in range(1, there):
            if self._is_wanted(spatial, spatial < needed, now):
                wanted = spatial + 1
        told = self._told.spatial_layers or _ALL
        if wanted == min(told, there):
            return self._told
        encoding.layer_rates.tell(wanted, now)
        return Watched((), wanted)

    def _is_wanted(self, index: int, needed: bool, now: float) -> bool:
        if needed:
            self._unwanted_since.pop(index, None)
        since = now if needed else self._unwanted_since.setdefault(index, now)
        return now - since < UNWANTED_AFTER_S
