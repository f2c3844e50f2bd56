"""A server process and its REST calls, as the demo therapist's programs make them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from signaling.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from tests.support.namespace import Namespace
from tests.support.process import ServerProcess, server_process

THERAPIST_EMAIL, PATIENT_EMAIL = (email for email, _, _ in DEMO_ACCOUNTS)


@dataclass(frozen=True)
class Session:
    id: str
    token: str
    link: str


@dataclass(frozen=True)
class Clinic:
    """``host_token`` is a log-in token of the demo therapist."""

    server: ServerProcess
    http: aiohttp.ClientSession
    host_token: str

    @property
    def url(self) -> str:
        return self.server.url

    async def ask(self, method: str, path: str, body: Any = None, bearer: str = "") -> Any:
        """A call of ``/api/v1`` that succeeds, as the host unless ``bearer`` is another's; its
        JSON."""
        headers = {"Authorization": f"Bearer {bearer or self.host_token}"}
        url = f"{self.url}/api/v1{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 400, (answer.status, await answer.text())
            return await answer.json()

    async def log_in(self, email: str) -> str:
        """A log-in token."""
        account = {"email": email, "password": DEMO_PASSWORD}
        async with self.http.post(f"{self.url}/api/v1/auth/login", json=account) as answer:
            answer.raise_for_status()
            token: str = (await answer.json())["token"]
            return token

    async def session(self, **choices: Any) -> Session:
        """A new session of the host's; without a waiting room unless one is asked for."""
        fields = {"session_name": "Consulta", "waiting_room_enabled": False, **choices}
        made = await self.ask("POST", "/sessions", fields)
        token = made["session_token"]
        return Session(made["id"], token, f"{self.url}/s/{token}")

    async def plan(self, title: str, text: str) -> dict[str, str]:
        """A treatment plan of the demo therapist for the demo patient, to be posted."""
        me = await self.ask("GET", "/me")
        patient = await self.ask("GET", "/me", bearer=await self.log_in(PATIENT_EMAIL))
        people = {
            "patient_id": patient["profile"]["id"],
            "therapist_id": me["profile"]["id"],
        }
        return {**people, "title": title, "description": text}

    async def connections(self) -> list[dict[str, Any]]:
        """Of the newest session, as its host is told of them."""
        newest = (await self.ask("GET", "/sessions"))["sessions"][0]
        found = await self.ask("GET", f"/sessions/{newest['id']}/connections")
        connections: list[dict[str, Any]] = found["connections"]
        return connections

    async def ways(self) -> dict[str, set[str]]:
        """How the server reaches people, by their names."""
        return {
            one["name"]: {one["stats"][transport]["way"] for transport in ("publish", "subscribe")}
            for one in await self.connections()
            if one["state"] == "in_room"
        }

    async def participants(self, session: Session) -> list[dict[str, Any]]:
        """Every row of the session."""
        found = await self.ask("GET", f"/sessions/{session.id}/participants")
        rows: list[dict[str, Any]] = found["participants"]
        return rows

    def logged_errors(self) -> list[str]:
        """Lines of the server's log that tell of a fault of its own. What is not JSON is one:
        the interpreter wrote it."""
        lines = self.server.log.read_text().splitlines()
        return [line for line in lines if not line.startswith("{") or _is_fault(line)]


def _is_fault(line: str) -> bool:
    entry = json.loads(line)
    return entry["level"] in ("error", "critical") or "exception" in entry


@asynccontextmanager
async def clinic(
    folder: Path, *, inside: Namespace | None = None, **settings: str
) -> AsyncIterator[Clinic]:
    """A demo server on free ports, and the therapist logged in.

    :param inside: the network to run it in, if not the caller's; it needs its address then, as
        ``RODA_HTTP_HOST`` and ``RODA_ANNOUNCED_IPS``"""
    connector = aiohttp.TCPConnector(socket_factory=None if inside is None else inside.socket)
    async with (
        server_process(folder, inside=inside, RODA_LOG_FORMAT="json", **settings) as server,
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        without = Clinic(server, http, "")
        yield Clinic(server, http, await without.log_in(THERAPIST_EMAIL))
