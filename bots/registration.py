"""Registration as a participant: the REST half of a join."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bots.errors import BotError
from bots.links import ShareLink
from signaling.protocol import ErrorBody, IceServer

MAX_ANSWER_BYTES = 256 * 1024
TIME_LIMIT_S = 15.0


class _Participant(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    session_id: str


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    participant: _Participant
    connect_token: str = Field(min_length=1)
    signaling_url: str = Field(min_length=1)
    ice_servers: list[IceServer] = []


class _Refusal(BaseModel):
    model_config = ConfigDict(extra="ignore")
    error: ErrorBody


@dataclass(frozen=True, slots=True)
class Registration:
    """A seat in the session, and what is needed to take it."""

    participant_id: str
    session_id: str
    signaling_url: str
    connect_token: str = field(repr=False)
    ice_servers: tuple[IceServer, ...] = field(repr=False)


async def register(
    session: aiohttp.ClientSession, link: ShareLink, name: str, bearer: str | None = None
) -> Registration:
    """Register (an upsert) and get a connect token. ``bearer`` is a log-in token, or a guest's
    last connect token. Raises `BotError` with the server's code, or ``server_unreachable``,
    ``timeout``, ``answer_invalid``."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        async with (
            asyncio.timeout(TIME_LIMIT_S),
            session.post(
                link.registration_url,
                json={"participant_name": name},
                headers=headers,
                allow_redirects=False,
            ) as answer,
        ):
            body = await answer.content.read(MAX_ANSWER_BYTES + 1)
            while not answer.content.at_eof() and len(body) <= MAX_ANSWER_BYTES:
                body += await answer.content.read(MAX_ANSWER_BYTES)
    except TimeoutError:
        raise BotError("timeout", "the server did not answer the registration") from None
    except aiohttp.ClientError as exc:
        raise BotError(
            "server_unreachable",
            f"cannot register at {link.origin}: {type(exc).__name__}",
            "Check the address, and that the server runs.",
        ) from None
    if answer.status not in (200, 201):
        raise refusal(answer.status, body)
    return _parse(body)


def _parse(body: bytes) -> Registration:
    try:
        parsed = _Answer.model_validate_json(body[:MAX_ANSWER_BYTES])
    except ValidationError:
        raise BotError("answer_invalid", "the registration's answer has another shape") from None
    return Registration(
        participant_id=parsed.participant.id,
        session_id=parsed.participant.session_id,
        signaling_url=parsed.signaling_url,
        connect_token=parsed.connect_token,
        ice_servers=tuple(parsed.ice_servers),
    )


def refusal(status: int, body: bytes) -> BotError:
    """The server's own error, or ``answer_invalid`` when it gave none."""
    try:
        error = _Refusal.model_validate_json(body).error
    except ValidationError:
        return BotError("answer_invalid", f"HTTP {status} without an explanation")
    return BotError(error.code, error.message, error.remedy)
