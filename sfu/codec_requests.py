"""What one connection is asked to send, and told that it cannot decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sfu.codec_choice import Form, Verdict, best_codec, better_codec, codec_form
from sfu.producer import Producer
from sfu.rtp_parameters import Codec, PublishedMedia

MAX_CHANGES = 8  # asked of one connection: whoever refuses codecs on purpose gets no further


class CodecRequests:
    """Codecs for the tracks of one publisher."""

    def __init__(self) -> None:
        self.asked: set[str] = set()  # ids of the tracks that another codec was asked for
        self._wanted: dict[str, Form] = {}  # by mid
        self._changes = 0

    def pick(
        self,
        mid: str,
        ranked: Sequence[Codec],
        media: Sequence[PublishedMedia],
        verdicts: Sequence[Verdict],
    ) -> Codec:
        """The codec to answer a section with: the one asked for, else the one it has, else the one
        that suits most.

        :param ranked: what can be answered, the one it has first
        :param media: of the last answer"""
        wanted = self._wanted.get(mid)
        asked = [codec for codec in ranked if codec_form(codec) == wanted]
        if asked:
            return asked[0]
        if any(section.mid == mid and section.codecs for section in media):
            return ranked[0]
        return best_codec(ranked, verdicts) or ranked[0]

    def due(
        self,
        producers: Mapping[str, Producer],
        media: Sequence[PublishedMedia],
        verdicts: Sequence[Verdict],
    ) -> list[tuple[str, str]]:
        """Tracks and the codecs to ask for now, each track's once: (track id, codec's name).

        :param producers: by mid
        """
        offered = {section.mid: section.offered for section in media}
        self.asked &= {producer.track_id for producer in producers.values()}
        found = []
        for mid, producer in producers.items():
            if producer.kind != "video" or producer.track_id in self.asked:
                continue
            better = better_codec(producer.codec, offered.get(mid, ()), verdicts)
            form = None if better is None else codec_form(better)
            if better is None or form is None or self._changes >= MAX_CHANGES:
                continue
            self._changes += 1
            self._wanted[mid] = form
            self.asked.add(producer.track_id)
            found.append((producer.track_id, better.name))
        return found


class VideoTrack(NamedTuple):
    """A track of a room, as `Undecodable` is told of it."""

    producer: Producer
    mid: str  # its publisher's
    asked: bool  # its publisher has been asked for another codec


class Undecodable:
    """Tracks that one subscriber cannot decode."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def due(self, tracks: Sequence[VideoTrack], verdict: Verdict) -> list[VideoTrack]:
        """Those to tell of now, each once.

        :param tracks: every video track of the others"""
        cannot = [track for track in tracks if verdict(track.producer.codec) is False]
        new = [track for track in cannot if track.producer.track_id not in self._told]
        self._told = {track.producer.track_id for track in cannot}
        return new
