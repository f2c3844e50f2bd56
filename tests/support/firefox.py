"""Debian's Firefox ESR, driven by WebDriver BiDi over its WebSocket."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.browser import PROBE
from tests.support.namespace import Namespace

FIREFOX = Path("/usr/bin/firefox-esr")
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.getusermedia.insecure.enabled": True,
    "media.devices.insecure.enabled": True,
    # Its own estimate would begin too low for the largest layer, and climb for a while.
    "media.peerconnection.video.start_bitrate": 3000,
    "media.peerconnection.video.min_bitrate_estimate": 3000,
    "media.autoplay.default": 0,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
}
START_LIMIT_S = 30
ANSWER_LIMIT_S = 30


def require_firefox() -> None:
    """Skips the test, or fails it in CI, where Firefox is missing."""
    if not FIREFOX.exists():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("Debian's firefox-esr is not installed")


class Firefox:
    """One window."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._window = ""

    async def begin(self) -> None:
        await self._ask("session.new", capabilities={})
        tree = await self._ask("browsingContext.getTree")
        self._window = tree["contexts"][0]["context"]
        await self._ask(
            "script.addPreloadScript", functionDeclaration=f"() => {{ {PROBE.read_text()} }}"
        )

    async def open(self, url: str) -> None:
        await self._ask("browsingContext.navigate", context=self._window, url=url, wait="complete")

    async def evaluate(self, body: str) -> Any:
        """What the body of an async function returns, as JSON has it."""
        expression = f"(async () => JSON.stringify(await (async () => {{ {body} }})()) ?? 'null')()"
        answer = await self._ask(
            "script.evaluate",
            expression=expression,
            target={"context": self._window},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def until(self, body: str, what: str, limit_s: float = 20.0) -> Any:
        """What ``body`` returns, once that is true."""
        deadline = asyncio.get_running_loop().time() + limit_s
        while not (found := await self.evaluate(body)):
            assert asyncio.get_running_loop().time() < deadline, f"{what} did not come"
            await asyncio.sleep(0.1)
        return found

    async def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        async with asyncio.timeout(ANSWER_LIMIT_S):
            while (answer := await self._socket.receive_json()).get("id") != self._number:
                pass
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result


@asynccontextmanager
async def firefox(profile: Path, inside: Namespace) -> AsyncIterator[Firefox]:
    """A fresh process with a fake camera and microphone. It never sends to loopback addresses, so
    that it needs a network with others.

    :param profile: an empty directory
    :param inside: the network to run it in"""
    preferences = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(preferences))
    process = await asyncio.create_subprocess_exec(
        *inside.command(FIREFOX, "--headless", "--no-remote", "--remote-debugging-port=0"),
        *("--profile", str(profile), "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_LIMIT_S):
            address = await _address(process)
        drain = asyncio.create_task(_drain(process))
        connector = aiohttp.TCPConnector(socket_factory=inside.socket)
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
        ):
            window = Firefox(socket)
            await window.begin()
            yield window
        drain.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("Firefox ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass
