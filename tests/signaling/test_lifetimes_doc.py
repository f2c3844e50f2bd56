from __future__ import annotations

import pytest

from signaling import lifetimes_doc


def test_the_document_is_fresh() -> None:
    text = lifetimes_doc.PATH.read_text(encoding="utf-8")
    assert lifetimes_doc.refresh(text) == text, "run: python -m signaling.lifetimes_doc"


def test_a_document_without_its_places_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places"):
        lifetimes_doc.refresh("nothing")


def test_every_state_and_event_is_shown() -> None:
    tables = lifetimes_doc.tables()
    assert "| `scheduled` | active |" in tables["session states"]
    assert "    active --> ended: end, empty" in tables["session states"]
    assert "    waiting --> removed: decline, remove" in tables["participant states"]
