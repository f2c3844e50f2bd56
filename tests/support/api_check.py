"""Holds real answers to the OpenAPI document's types and error codes."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from signaling.errors import STATUSES
from signaling.http.api_answers import ErrorAnswer
from signaling.http.api_calls import Call, calls
from signaling.http.openapi_document import OF_EVERY_CALL


@cache
def _patterns() -> list[tuple[re.Pattern[str], Call]]:
    # As the router does: what stands literally before what is a parameter.
    table = sorted(calls(), key=lambda call: call.path.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/{}]+", call.path)), call) for call in table]


def call_of(method: str, path: str) -> Call | None:
    """The documented call that a request is; None for what the API does not have."""
    bare = path.partition("?")[0]
    found = (c for pattern, c in _patterns() if pattern.fullmatch(bare) and c.method == method)
    return next(found, None)


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Raises AssertionError or ValidationError for an answer that is not as documented."""
    call = call_of(method, path)
    if call is None or not call.path.startswith("/api/"):
        return
    if status >= 400:
        code = ErrorAnswer.model_validate(body).error.code
        assert code in (*call.errors, *OF_EVERY_CALL), f"{call.method} {call.path}: {code}"
        assert STATUSES[code].http == status
        return
    assert status in call.statuses, f"{call.method} {call.path}: {status}"
    if isinstance(call.answer, type) and issubclass(call.answer, BaseModel):
        call.answer.model_validate(body)
