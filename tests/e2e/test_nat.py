"""A server behind a real NAT, found by its STUN server's candidates, or reached by its relay."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.clinic import Clinic, clinic
from tests.support.coturn import coturn, coturn_path
from tests.support.nat import PUBLIC, SERVER_SETTINGS, STUN_ADDRESS, Nat, nat

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
SECRET = "a secret that coturn shares with the server"
CALL_S, LIMIT_S = 5.0, 40.0


async def bot(network: Nat, link: str, name: str) -> dict[str, Any]:
    """Join from outside as a process of its own; its report."""
    process = await asyncio.create_subprocess_exec(
        *network.outside.command(
            *(sys.executable, "-m", "signaling.cli", "bot", link, "--json", "--name", name),
            *("--duration", str(CALL_S)),
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    report: dict[str, Any] = json.loads(output)
    return report


async def call(network: Nat, roda: Clinic) -> None:
    """Two bots outside send to each other by way of the server."""
    link = network.link((await roda.session()).link)
    reports = await asyncio.gather(*(bot(network, link, name) for name in ("Ana", "Rui")))
    for report in reports:
        assert report["error"] is None, report["error"]
        pictures = [t["frames"] for t in report["tracks"] if t["kind"] == "video"]
        assert max(pictures, default=0) > 10, report
    assert roda.logged_errors() == []


def require_coturn() -> None:
    if coturn_path() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Debian's coturn is not installed")


async def test_server_reflexive_candidates_carry_a_call(tmp_path: Path) -> None:
    """Neither a candidate of the server's own address nor one of its relay's is there to do it."""
    require_coturn()
    async with nat() as network, coturn(SECRET, tmp_path, network.outside, STUN_ADDRESS) as port:
        await network.let_in_answers_alone(port)
        stun = {"RODA_STUN_URLS": f"stun:{STUN_ADDRESS}:{port}"}
        async with clinic(tmp_path, inside=network.server, **SERVER_SETTINGS, **stun) as roda:
            await call(network, roda)


async def test_behind_a_symmetric_nat_the_servers_relay_carries_it(tmp_path: Path) -> None:
    """Participants' own relays lead no further than to that one."""
    require_coturn()
    async with (
        nat() as network,
        coturn(SECRET, tmp_path, network.outside, STUN_ADDRESS, denied=PUBLIC) as port,
    ):
        await network.let_in_answers_alone(port)
        await network.be_symmetric()
        turn = {"RODA_TURN_URLS": f"turn:{STUN_ADDRESS}:{port}", "RODA_TURN_SECRET": SECRET}
        async with clinic(tmp_path, inside=network.server, **SERVER_SETTINGS, **turn) as roda:
            await call(network, roda)
