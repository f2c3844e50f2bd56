from __future__ import annotations

from signaling import policies_doc, policy


def test_the_document_is_fresh() -> None:
    fresh = policies_doc.render()
    assert policies_doc.PATH.read_text(encoding="utf-8") == fresh, (
        "run: python -m signaling.policies_doc"
    )


def test_every_policy_is_in_it_once() -> None:
    text = policies_doc.render()
    for one in policy.POLICIES:
        assert text.count(f"| `{one.name}` |") == 1, one.name
        assert one.words in text
