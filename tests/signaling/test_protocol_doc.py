from __future__ import annotations

import typing

from signaling import protocol, protocol_doc
from signaling.live_requests import HANDLERS


def test_the_document_is_fresh() -> None:
    fresh = protocol_doc.render()
    assert protocol_doc.PATH.read_text(encoding="utf-8") == fresh, (
        "run: python -m signaling.protocol_doc"
    )


def test_every_message_is_in_it() -> None:
    text = protocol_doc.render()
    for model in (*protocol_doc.requests(), *protocol_doc.notifications()):
        (name,) = typing.get_args(model.model_fields["type"].annotation)
        assert f"### `{name}`" in text
        assert f"`{model.__name__}`. " in text, f"{model.__name__} has no words"


def test_every_request_is_handled() -> None:
    assert set(HANDLERS) == set(protocol_doc.requests())


def test_every_message_class_is_listed() -> None:
    listed = set(protocol_doc.requests()) | set(protocol_doc.notifications())
    defined = {
        value
        for value in vars(protocol).values()
        if isinstance(value, type)
        and issubclass(value, protocol.Message)
        and "type" in value.model_fields
    }
    assert defined - listed == {protocol.Ok, protocol.Error}
