"""A whole server on loopback, with real media, for bots to call through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from signaling.app import RunningServer, running
from signaling.config import Settings
from signaling.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from signaling.store.migrate import upgrade


@dataclass
class CallServer:
    """``link`` is the share link of a ready session without a waiting room."""

    running: RunningServer
    http: aiohttp.ClientSession
    host_token: str

    @property
    def link(self) -> str:
        return self.running.demo_link

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A REST call as the host; its JSON."""
        headers = {"Authorization": f"Bearer {self.host_token}"}
        url = f"{self.running.url}/api/v1{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def new_session(self, **fields: Any) -> tuple[str, str]:
        """``(id, share link)`` of another session of the host's."""
        made = await self.ask("POST", "/sessions", {"session_name": "Consulta", **fields})
        return made["id"], f"{self.running.url}/s/{made['session_token']}"


@asynccontextmanager
async def call_server(directory: Path, **changes: Any) -> AsyncIterator[CallServer]:
    """Start on free ports with a fresh database in ``directory``."""
    settings = Settings(
        http_port=0,
        media_port=0,
        announced_ips=("127.0.0.1",),
        data_dir=directory,
        demo=True,
        **changes,
    )
    await upgrade(settings.database)
    async with running(settings) as server, aiohttp.ClientSession() as http:
        account = {"email": DEMO_ACCOUNTS[0][0], "password": DEMO_PASSWORD}
        async with http.post(f"{server.url}/api/v1/auth/login", json=account) as answer:
            answer.raise_for_status()
            token = (await answer.json())["token"]
        yield CallServer(server, http, token)
