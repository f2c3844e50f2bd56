"""Which codec a publisher should send, by what its subscribers can decode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sfu.codecs import Parameters, codec_rules
from sfu.rtp_parameters import Codec

Form = tuple[str, Parameters]
"""A codec as subscribers are offered it: its name and what its decoder is told."""
Verdict = Callable[[Codec], bool | None]
"""Whether one subscriber can decode a codec; None while that is not known."""


def codec_form(codec: Codec) -> Form | None:
    """None for a codec that is not forwarded."""
    rules = codec_rules(codec)
    return None if rules is None else (rules.name, rules.offer(codec))


class Decoders:
    """What is known of one subscriber's decoders.

    Its answers are sure: they took a codec, or refused it. What it offers to send is a hint: who
    encodes a codec decodes it too. Who refuses a codec's plainest profile has none of the others.
    What nothing was heard of is not known."""

    def __init__(self) -> None:
        self._sure: dict[Form, bool] = {}
        self._lacks: set[str] = set()  # names
        self._hinted: set[Form] = set()

    def answered(self, codec: Codec, decodable: bool) -> None:
        rules, form = codec_rules(codec), codec_form(codec)
        if rules is None or form is None:
            return
        self._sure[form] = decodable
        if decodable:
            self._lacks.discard(rules.name)
        elif rules.rank(codec) == 0:
            self._lacks.add(rules.name)

    def offered(self, codecs: Iterable[Codec]) -> None:
        """The codecs of its latest publish offer."""
        self._hinted = {form for codec in codecs if (form := codec_form(codec)) is not None}

    def verdict(self, codec: Codec) -> bool | None:
        """See `Verdict`."""
        form = codec_form(codec)
        if form is None:
            return False
        if form in self._sure:
            return self._sure[form]
        if form in self._hinted:
            return True
        return False if form[0] in self._lacks else None


def best_codec(offered: Sequence[Codec], verdicts: Sequence[Verdict]) -> Codec | None:
    """Of ``offered``, the one wanted most first, the codec that nobody is known to be unable to
    decode and that most are known to decode; None where each is one too many for somebody."""
    best: tuple[int, Codec] | None = None
    for codec in offered:
        known = [verdict(codec) for verdict in verdicts]
        if False in known:
            continue
        count = known.count(True)
        if best is None or count > best[0]:
            best = (count, codec)
    return None if best is None else best[1]


def better_codec(
    current: Codec, offered: Sequence[Codec], verdicts: Sequence[Verdict]
) -> Codec | None:
    """What to send instead of ``current``, which somebody cannot decode; None where everybody can,
    for all that is known, or no other codec is better."""
    if all(verdict(current) is not False for verdict in verdicts):
        return None
    return best_codec(offered, verdicts)
