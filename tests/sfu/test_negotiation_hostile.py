"""Spoiled descriptions are answered or refused by the two documented errors, never otherwise."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from sfu.negotiation import (
    NegotiationError,
    answer_publish,
    make_subscribe_offer,
    parse_sdp,
    read_subscribe_answer,
)
from sfu.wire.errors import WireError
from tests.sfu.sdp_fixtures import LOCAL, OPUS, VP8, forwarded, offers, read

OFFERED = [forwarded("0", OPUS), forwarded("1", VP8)]
TEXTS = [read(name) for name in offers()]
ANSWER = make_subscribe_offer(OFFERED, LOCAL, 1, 1).replace("actpass", "active")
ALL_LINES = sorted({line for text in TEXTS for line in text.split("\r\n") if line})


def _edits(line: str) -> st.SearchStrategy[list[str]]:
    """What may stand in the place of ``line``."""
    position = st.integers(2, max(2, len(line)))
    text = st.sampled_from(["0", "1", "-", ";", " ", "/", ":", "~", "999", "é", ""])
    return st.one_of(
        st.just([]),
        st.just([line, line]),
        position.map(lambda size: [line[:size]]),
        st.sampled_from(ALL_LINES).map(lambda other: [line, other]),
        st.builds(lambda at, new: [line[:at] + new + line[at + 1 :]], position, text),
    )


@st.composite
def spoiled(draw: st.DrawFn, texts: list[str]) -> str:
    """A real description with lines dropped, doubled, cut, foreign or edited."""
    lines = draw(st.sampled_from(texts)).split("\r\n")
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at : at + 1] = draw(_edits(lines[at]))
    return "\r\n".join(lines)


@given(spoiled(TEXTS))
def test_publish_offers(text: str) -> None:
    try:
        offer = parse_sdp(text)
        answer = answer_publish(offer, LOCAL)
    except (WireError, NegotiationError):
        return
    written = parse_sdp(answer.sdp)
    assert [section.mid for section in written.media] == [section.mid for section in offer.media]
    for section, theirs in zip(written.media, offer.media, strict=True):
        assert section.kind == theirs.kind
        assert set(section.formats) <= set(theirs.formats)
        assert {item.id for item in section.extmaps} <= {
            item.id for item in (*offer.extmaps, *theirs.extmaps)
        }
    with contextlib.suppress(NegotiationError):
        answer_publish(offer, LOCAL, answer.media)


@given(spoiled(TEXTS), spoiled(TEXTS))
def test_publish_reoffers_of_another_client(first: str, second: str) -> None:
    with contextlib.suppress(WireError, NegotiationError):
        answer = answer_publish(parse_sdp(first), LOCAL)
        answer_publish(parse_sdp(second), LOCAL, answer.media)


@given(spoiled([ANSWER, *TEXTS]))
def test_subscribe_answers(text: str) -> None:
    try:
        answer = read_subscribe_answer(text, OFFERED)
    except NegotiationError:
        return
    assert [item.mid for item in answer.media] == ["0", "1"]
