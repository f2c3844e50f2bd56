"""Writes ``docs/protocol.md`` from the message types: ``python -m signaling.protocol_doc``."""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from signaling import errors, protocol

PATH = Path(__file__).parent.parent / "docs" / "protocol.md"

INTRODUCTION = """# Signaling protocol

Generated from `signaling/protocol/` by `python -m signaling.protocol_doc`; a test fails when it
is stale.

A client opens `GET /ws?token={{connect_token}}&lang={{en|pt-BR|es}}` and sends one JSON object a
text message, at most {max_bytes} bytes each. Every message of a client is a *request*: it carries
an `id` of its choosing (a number or a text of at most 64 characters) and is answered by
`{{"type": "ok", "id": …}}` with the result's fields, or by
`{{"type": "error", "id": …, "error": {{"code", "message", "remedy"}}}}`. Requests of one socket are
done in order. The server's other messages are *notifications*, without an `id`. Unknown fields in
a request are refused; clients ignore notifications and fields they do not know.

The first request is `join`, within ten seconds. A WebSocket that is refused is accepted first,
then gets a `closed` message and the error's own close code, since browsers cannot read why an
upgrade failed.

**Losing the socket.** A connection in the call keeps its seat and its media for thirty seconds.
`GET /ws?token=…&resume={{connection_id}}`, then `join`, takes the seat up again: the answer holds
the same `connection_id` and the full state, and the subscribe offer that is still to be answered
comes again. A different `connection_id` in the answer means that the seat was gone: the client
starts its media anew. The token may be a fresh one of the same participant, or the old one even
where it has expired meanwhile: as long as the seat is kept it leads back there, and nowhere else
(`connect_token_expired`). A page that is being
left says so by the close code 1001 (as browsers do by themselves) or by `leave`; its seat is
given up at once. Closing with any other code counts as a loss.
"""

Section = tuple[str, str, Iterable[type[BaseModel]]]


def render() -> str:
    """The whole document."""
    parts = [INTRODUCTION.format(max_bytes=protocol.MAX_MESSAGE_BYTES)]
    for title, text, models in _sections():
        parts.append(f"## {title}\n\n{text}\n")
        parts.extend(_model(model) for model in models)
    parts.append(_errors())
    return "\n".join(parts)


def requests() -> tuple[type[BaseModel], ...]:
    """Every request, in the order of its definition."""
    return _members(typing.get_args(protocol.AnyRequest)[0])


def notifications() -> tuple[type[BaseModel], ...]:
    """Every notification, in the order of its definition."""
    return _members(protocol.Notification)


def _members(union: object) -> tuple[type[BaseModel], ...]:
    return typing.get_args(union)


def _sections() -> Iterable[Section]:
    answers = (
        protocol.Ok,
        protocol.Error,
        protocol.JoinResult,
        protocol.PublishResult,
        protocol.StatsResult,
    )
    values = (
        protocol.TrackOffer,
        protocol.Track,
        protocol.ForwardedTrack,
        protocol.ParticipantInfo,
        protocol.ConnectionStatus,
        protocol.Peer,
        protocol.IceServer,
        protocol.ErrorBody,
        protocol.SessionInfo,
        protocol.ChatMessage,
        protocol.TimelineEntry,
        protocol.ConnectionStats,
        protocol.PublishStats,
        protocol.PublishedTrackStats,
        protocol.EncodingStats,
        protocol.SubscribeStats,
        protocol.SubscribedTrackStats,
    )
    yield "Requests", "From the client. Each has an `id` beside the fields shown.", requests()
    yield "Answers", "To the client, with the request's `id`.", answers
    yield "Notifications", "To the client, at any time after the join.", notifications()
    yield "Values", "Objects inside messages.", values


def _model(model: type[BaseModel]) -> str:
    kind = model.model_fields.get("type")
    name = _literal(kind) if kind is not None else None
    heading = f"### `{name}`" if name else f"### {model.__name__}"
    lines = [heading, "", f"`{model.__name__}`. {_doc(model)}".strip() if name else _doc(model), ""]
    rows = [_row(key, info) for key, info in model.model_fields.items() if key not in ("type",)]
    if issubclass(model, protocol.Request):
        rows = [row for row in rows if not row.startswith("| `id`")]
    if rows:
        lines += ["| field | type | |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _literal(info: FieldInfo) -> str | None:
    values = typing.get_args(info.annotation)
    return str(values[0]) if typing.get_origin(info.annotation) is typing.Literal else None


def _doc(model: type[BaseModel]) -> str:
    # A class without its own docstring inherits one, which would say the wrong thing.
    own = model.__dict__.get("__doc__") or ""
    text = re.sub(r"\s+", " ", own).strip()
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _row(key: str, info: FieldInfo) -> str:
    if info.is_required():
        note = "required"
    elif info.default is PydanticUndefined or info.default is None:
        note = "optional"
    else:
        default = "false" if info.default is False else info.default
        note = f"default `{default!r}`" if isinstance(default, list) else f"default `{default}`"
    limits = _limits(info.metadata)
    return f"| `{key}` | {_type(info.annotation)}{limits} | {note} |"


def _type(annotation: object) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " \\| ".join(f'`"{value}"`' for value in arguments)
    if origin is typing.Annotated:
        return _type(arguments[0]) + _limits(arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return " \\| ".join(_type(argument) for argument in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    names: Mapping[object, str] = {
        str: "text",
        int: "integer",
        float: "number",
        bool: "boolean",
        type(None): "null",
    }
    if annotation in names:
        return names[annotation]
    name = str(getattr(annotation, "__name__", annotation))
    return f"[{name}](#{name.lower()})"


def _limits(metadata: Iterable[object]) -> str:
    found = []
    for item in metadata:
        inner = getattr(item, "metadata", [item])
        for limit in inner:
            pattern = getattr(limit, "pattern", None)
            most = getattr(limit, "max_length", None)
            found += [f"`{pattern}`"] if pattern else []
            found += [f"at most {most}"] if most else []
    return f" ({', '.join(found)})" if found else ""


def _errors() -> str:
    lines = [
        "## Error codes",
        "",
        "The WebSocket close code is used where the error ends the socket. Sentences and remedies",
        "come in English, Brazilian Portuguese and Spanish.",
        "",
        "| code | close code | says |",
        "|---|---|---|",
    ]
    for code, status in errors.STATUSES.items():
        message = errors.error_body(code)["message"]
        lines.append(f"| `{code}` | {status.websocket} | {message} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    PATH.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
