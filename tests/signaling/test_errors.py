from __future__ import annotations

import pytest

from signaling.errors import (
    END_WORDS,
    STATUSES,
    WORDS,
    RodaError,
    error_body,
    negotiate_language,
)
from signaling.session_state import END_REASONS, end_code


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_code_has_words_in_every_language(language: str) -> None:
    assert WORDS[language].keys() == STATUSES.keys()
    for code, (message, remedy) in WORDS[language].items():
        assert message.endswith("."), code
        assert remedy.endswith("."), code


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_end_of_a_session_has_words_of_its_own(language: str) -> None:
    told = {reason: error_body(end_code(reason), language, reason) for reason in END_REASONS}
    assert len({body["message"] for body in told.values()}) == len(END_REASONS)
    assert {body["code"] for body in told.values()} == {"session_ended", "session_expired"}
    assert END_WORDS[language].keys() == END_REASONS.keys() - {"expired"}


def test_close_codes_are_in_the_private_range_and_distinct() -> None:
    codes = [status.websocket for status in STATUSES.values()]
    assert len(set(codes)) == len(codes)
    assert all(4000 <= code <= 4999 for code in codes)


def test_the_set_is_closed() -> None:
    with pytest.raises(ValueError, match="unknown error code"):
        RodaError("no_such_code")


def test_an_unknown_language_is_english() -> None:
    assert error_body("session_ended", "xx") == error_body("session_ended", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("pt-BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("PT-pt;q=0.4, es;q=0.7", "es"),
        ("en;q=0.1, pt;q=0.2", "pt-BR"),
        ("fr-FR, de", "en"),
        ("es;q=nan-sense, pt", "pt-BR"),
        (";;;=,=,", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_language_negotiation(header: str | None, language: str) -> None:
    assert negotiate_language(header) == language
