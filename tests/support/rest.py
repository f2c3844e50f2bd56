"""A server's REST half on a real port over a real database, and clients to call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from yarl import URL

from signaling.app import open_external_accounts, web_application
from signaling.config import Settings
from signaling.http.context import Context
from signaling.ice import IceServers
from signaling.service import Services
from signaling.session_state import EndReason
from signaling.trusted_proxies import TrustedProxies
from tests.support.api_check import check_answer
from tests.support.database import (
    PASSWORD,
    People,
    SettableClock,
    add_people,
    services_over,
    sqlite_file,
)
from turn.service import IceSettings, build_service


@dataclass
class RecordingRooms:
    """A `LivePort` that remembers what it was told."""

    told: list[tuple[str, ...]] = field(default_factory=list)

    async def session_ended(self, session_id: str, reason: EndReason) -> None:
        self.told.append(("session_ended", session_id, reason))

    async def participant_removed(self, session_id: str, participant_id: str, code: str) -> None:
        self.told.append(("participant_removed", session_id, participant_id, code))

    async def session_changed(self, session_id: str) -> None:
        self.told.append(("session_changed", session_id))

    def connections(self, session_id: str) -> list[dict[str, Any]]:
        return []

    def counts(self) -> dict[str, int]:
        return {"rooms": 7}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        """The error's code; "" of a success."""
        return (
            self.body["error"]["code"]
            if isinstance(self.body, dict) and "error" in self.body
            else ""
        )


class Browser:
    """One browser or program: its own cookies, perhaps a bearer token."""

    def __init__(self, http: aiohttp.ClientSession, base: str, bearer: str | None = None) -> None:
        self.http = http
        self.base = base
        self.bearer = bearer
        self.says_origin = True

    async def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.says_origin:
            sent.setdefault("Origin", self.base)
        if self.bearer:
            sent.setdefault("Authorization", f"Bearer {self.bearer}")
        # Paths are sent as written, so that tests can send what a browser would tidy up.
        url = URL(self.base + path, encoded=True)
        async with self.http.request(method, url, json=json, data=data, headers=sent) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            body = await response.json() if is_json and text else text
            answer = Answer(response.status, body, response.headers)
        check_answer(method, path, answer.status, body)
        return answer

    async def get(self, path: str, **kw: Any) -> Answer:
        return await self.call("GET", path, **kw)

    async def post(self, path: str, json: Any = None, **kw: Any) -> Answer:
        return await self.call("POST", path, json=json, **kw)


@dataclass
class RestWorld:
    """``host`` and ``patient`` are logged in by cookie; `browser` opens more."""

    services: Services
    people: People
    clock: SettableClock
    rooms: RecordingRooms
    base: str
    stack: AsyncExitStack

    async def browser(self, bearer: str | None = None) -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)
        http = await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        return Browser(http, self.base, bearer)

    async def logged_in(self, email: str) -> Browser:
        browser = await self.browser()
        answer = await browser.post("/api/v1/auth/login", {"email": email, "password": PASSWORD})
        assert answer.status == 200, answer
        return browser

    async def host(self) -> Browser:
        return await self.logged_in(self.people.therapist.email)

    async def patient(self) -> Browser:
        return await self.logged_in(self.people.patient.email)

    async def session(self, **choices: Any) -> dict[str, Any]:
        """A new session of the therapist."""
        host = await self.host()
        answer = await host.post("/api/v1/sessions", {"session_name": "Talk", **choices})
        assert answer.status == 201, answer
        body: dict[str, Any] = answer.body
        return body


@asynccontextmanager
async def rest_world(
    folder: Path,
    public_url: str = "",
    database_url: str = "",
    trusted_proxies: tuple[str, ...] = (),
    settings: Settings | None = None,
) -> AsyncIterator[RestWorld]:
    """``database_url``: of a database at the current schema; a new SQLite file where empty."""
    clock, rooms = SettableClock(), RecordingRooms()
    async with AsyncExitStack() as stack:
        url = database_url or await sqlite_file(folder)
        services = await stack.enter_async_context(services_over(url, clock, rooms))
        people = await add_people(services)
        ice = IceServers(build_service(IceSettings(stun_urls=("stun:stun.example.org:3478",))))
        external = open_external_accounts(settings, services.store) if settings else None
        context = Context(
            services, rooms, ice, public_url, external, TrustedProxies(trusted_proxies)
        )
        server = TestServer(web_application(context, CollectorRegistry(), lambda: 1))
        await server.start_server()
        stack.push_async_callback(server.close)
        base = str(server.make_url("")).rstrip("/")
        yield RestWorld(services, people, clock, rooms, base, stack)
