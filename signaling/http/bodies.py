"""Request bodies, typed, and how they are read."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signaling.care import InquiryStatus, PlanStatus
from signaling.errors import RodaError
from signaling.sessions import DEFAULT_DURATION_MINUTES, DEFAULT_PARTICIPANTS

MAX_BODY_BYTES = 64 * 1024

# Texts are bounded by the use cases, which answer with a code of their own; this bound only
# keeps a validator from being handed more than a body can hold.
Text = Annotated[str, Field(max_length=MAX_BODY_BYTES)]
Count = Annotated[int, Field(ge=-(2**31), lt=2**31, strict=True)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class LoginBody(Body):
    email: Text
    password: Text


class PasswordBody(Body):
    current_password: Text
    new_password: Text


class NewSessionBody(Body):
    session_name: Text
    max_participants: Count = DEFAULT_PARTICIPANTS
    duration_minutes: Count = DEFAULT_DURATION_MINUTES
    waiting_room_enabled: bool = True
    recording_enabled: bool = False


class ExtendBody(Body):
    minutes: Count


class InquiryBody(Body):
    patient_id: Text
    therapist_id: Text
    subject: Text
    message: Text = ""


class PlanBody(Body):
    patient_id: Text
    therapist_id: Text
    title: Text
    description: Text = ""


class InquiryStatusBody(Body):
    status: InquiryStatus


class PlanStatusBody(Body):
    status: PlanStatus


class RegistrationBody(Body):
    participant_name: Text | None = None


class ParticipantChangesBody(Body):
    participant_name: Text


B = TypeVar("B", bound=Body)


def is_true(parameter: str | None) -> bool:
    """Whether a query parameter says yes."""
    return (parameter or "").lower() in ("1", "true")


async def read_limited(request: web.Request) -> bytes:
    """The request's body. Raises `RodaError` ``body_too_large`` above `MAX_BODY_BYTES`."""
    try:
        raw = await request.content.readexactly(MAX_BODY_BYTES + 1)
    except EOFError as exc:
        raw = getattr(exc, "partial", b"")
    if len(raw) > MAX_BODY_BYTES:
        raise RodaError("body_too_large")
    return raw


async def read_body(request: web.Request, model: type[B]) -> B:
    """The request's JSON body; an empty body counts as ``{}``.

    Raises `RodaError`: ``body_too_large``, ``invalid_request``."""
    raw = await read_limited(request)
    try:
        value = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as exc:
        raise RodaError("invalid_request", "the body is not JSON") from exc
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise RodaError("invalid_request", f"{where[:100]}: {first['msg'][:200]}") from exc
