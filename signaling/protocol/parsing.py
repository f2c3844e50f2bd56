"""From a WebSocket message to a request."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from signaling.protocol.requests import AnyRequest


class ProtocolError(Exception):
    """A message that is not JSON, has an unknown type, or wrong fields.

    ``code`` is one of ``message_not_json``, ``message_unknown_type``, ``message_invalid``;
    ``request_id`` is the offending request's id where one could be read.
    """

    def __init__(self, code: str, detail: str, request_id: int | str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.request_id = request_id


_requests: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)


def parse_request(text: str) -> AnyRequest:
    """The request in one WebSocket text message, or `ProtocolError`."""
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ProtocolError("message_not_json", "not a JSON object") from exc
    if not isinstance(value, dict):
        raise ProtocolError("message_not_json", "not a JSON object")
    request_id = _readable_id(value.get("id"))
    try:
        return _requests.validate_python(value)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        unknown = first["type"] in ("union_tag_invalid", "union_tag_not_found")
        code = "message_unknown_type" if unknown else "message_invalid"
        where = ".".join(str(part) for part in first["loc"][1:]) or "type"
        raise ProtocolError(code, f"{where}: {first['msg']}"[:300], request_id) from exc


def _readable_id(given: object) -> int | str | None:
    """The request's id where it can be sent back: a lone surrogate has no UTF-8 form."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given if abs(given) <= 2**53 else None
    if not isinstance(given, str) or len(given) > 64:
        return None
    return given if given.isascii() or not any("\ud800" <= c <= "\udfff" for c in given) else None
