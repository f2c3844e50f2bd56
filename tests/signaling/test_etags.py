from __future__ import annotations

import pytest

from signaling.etags import if_match, new_etag


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('"a"', True),
        ("*", True),
        (" * ", True),
        ('"*"', True),
        ('"x", "a"', True),
        ('"b"', False),
        ('W/"a"', False),
        ("a", False),
        ("", False),
        ('"a', False),
        ('"' + "x" * 5000 + '", "a"', False),
    ],
)
def test_if_match(header: str, matches: bool) -> None:
    assert if_match(header, '"a"') is matches


def test_tags_are_quoted_and_differ() -> None:
    first, second = new_etag(), new_etag()
    assert first != second
    assert if_match(first, first)
