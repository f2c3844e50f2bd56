"""Which simulcast layers of a track are watched, so that the publisher can leave out the rest."""

from __future__ import annotations

from sfu.producer import Producer

UNWANTED_AFTER_S = 2.0  # a layer that was just left may be wanted again


class LayerDemand:
    """One track's."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._unwanted_since: dict[int, float] = {}
        self._told = producer.rids

    def due(self, now: float) -> tuple[str, ...] | None:
        """The rids to send from now on, if the publisher has not been told of just these; the
        lowest is always among them, so that whoever joins sees something at once, and one that has
        not begun yet, which some publishers put off until their own estimate allows it: a layer
        nobody has seen could not be selected later."""
        producer = self._producer
        if not producer.rids:
            return None
        for encoding in producer.encodings:
            if encoding.audience.is_wanted or encoding.index == 0 or encoding.stream is None:
                self._unwanted_since.pop(encoding.index, None)
            else:
                self._unwanted_since.setdefault(encoding.index, now)
        wanted = tuple(
            rid
            for encoding, rid in zip(producer.encodings, producer.rids, strict=True)
            if now - self._unwanted_since.get(encoding.index, now) < UNWANTED_AFTER_S
        )
        if wanted == self._told:
            return None
        self._told = wanted
        for encoding, rid in zip(producer.encodings, producer.rids, strict=True):
            encoding.suspended = rid not in wanted
        return wanted
