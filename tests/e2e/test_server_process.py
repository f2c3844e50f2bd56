"""The server as operators meet it: starts, answers, stops; commands beside it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import stat
from pathlib import Path

import aiohttp
import pytest

from tests.support.process import environment, run_roda, server_process

pytestmark = pytest.mark.e2e
IDLE_LIMIT_KB = 96 * 1024  # a guard; `python -m bench.idle` prints the figure
READY_LIMIT_S = 6.0  # likewise: 2 s is what a quiet machine is to keep


async def test_a_demo_server_starts_serves_and_stops(tmp_path: Path) -> None:
    async with server_process(tmp_path) as first:
        link = first.demo_link
    async with server_process(tmp_path, RODA_LOG_FORMAT="json") as server:
        async with aiohttp.ClientSession() as http:
            for path in ("/healthz", "/readyz", "/metrics", "/", link.removeprefix(first.url)):
                async with http.get(server.url + path) as answer:
                    assert answer.status == 200, path
            for email in ("rafael.terapeuta@exemplo.com", "paciente.teste@exemplo.com"):
                body = {"email": email, "password": "roda-demo"}
                async with http.post(server.url + "/api/v1/auth/login", json=body) as answer:
                    assert answer.status == 200
        # The session of the first start is still the ready one: its row outlived the process.
        assert server.demo_link.rpartition("/")[2] == link.rpartition("/")[2]
        token = link.rpartition("/")[2]
        server.process.terminate()
        assert await asyncio.wait_for(server.process.wait(), 10) == 0
        assert token not in server.log.read_text()
        assert "exemplo.com" not in server.log.read_text()
    key = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


async def test_a_log_that_nobody_reads_stalls_nothing(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    os.mkfifo(log)
    unread = os.open(log, os.O_RDWR)
    try:
        async with server_process(tmp_path) as server, aiohttp.ClientSession(server.url) as http:
            async with asyncio.timeout(60):
                while not await dropped_lines(http):
                    for _ in range(200):
                        async with http.get("/api/v1/me?optional=true") as answer:
                            assert answer.status == 200
            server.process.terminate()
            assert await asyncio.wait_for(server.process.wait(), 10) == 0
    finally:
        os.close(unread)


async def dropped_lines(http: aiohttp.ClientSession) -> float:
    async with http.get("/metrics") as answer:
        found = re.search(
            r"^roda_log_lines_dropped_total (\S+)$", await answer.text(), re.MULTILINE
        )
    assert found
    return float(found[1])


async def test_a_start_takes_little_time(tmp_path: Path) -> None:
    times = []
    for _ in range(4):  # the first makes the database; the machine may be busy with others
        async with server_process(tmp_path) as server:
            times.append(server.ready_after_s)
    assert min(times) < READY_LIMIT_S


async def test_the_idle_server_is_small(tmp_path: Path) -> None:
    async with server_process(tmp_path):
        pass  # the accounts exist, the modules are compiled
    async with server_process(tmp_path) as server:
        assert server.resident_kb() <= IDLE_LIMIT_KB


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"RODA_HTTP_PROT": "1"}, "RODA_HTTP_PROT"),
        ({"RODA_HTTP_PORT": "http"}, "RODA_HTTP_PORT"),
        ({"RODA_HTTP_PORT": "70000"}, "RODA_HTTP_PORT"),
        ({"RODA_SECRET_KEY": "short"}, "RODA_SECRET_KEY"),
        ({"RODA_TURN_URLS": "turn:turn.example.org:3478"}, "RODA_TURN_SECRET"),
        ({"RODA_DATABASE_URL": "mysql://x"}, "RODA_DATABASE_URL"),
        ({"RODA_DEMO": "false"}, "roda migrate"),
    ],
)
async def test_a_start_that_cannot_be_says_why(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    status, output = await run_roda("serve", env=environment(tmp_path, **settings))
    assert status == 1
    assert said in output
    assert "Traceback" not in output


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, output = await run_roda("serve", env=environment(tmp_path, RODA_HTTP_PORT=port))
    assert status == 1
    assert port in output


async def test_the_operators_commands(tmp_path: Path) -> None:
    env = environment(tmp_path, RODA_PUBLIC_URL="https://video.example.org")
    email = "vera@example.org"
    add = ("user", "add", email, "--role", "therapist", "--name", "Vera")
    status, output = await run_roda(*add, env=env, given="a good password\n")
    assert (status, "roda migrate" in output) == (1, True)
    for _ in range(2):
        assert await run_roda("migrate", env=env) == (0, "")
    assert (await run_roda(*add, env=env, given="a good password\n"))[0] == 0
    assert "email_taken" in (await run_roda(*add, env=env, given="a good password\n"))[1]
    assert "weak_password" in (await run_roda(*add, env=env, given="short\n"))[1]
    create = ("session", "create", "--host", email, "--name", "Talk", "--minutes", "30")
    status, link = await run_roda(*create, env=env)
    assert status == 0
    assert link.startswith("https://video.example.org/s/")
    status, listed = await run_roda("session", "list", env=env)
    assert link.strip() in listed
    session_id = listed.split()[0]
    assert (await run_roda("session", "end", session_id, env=env)) == (0, "ended\n")
    assert await run_roda("session", "list", env=env) == (0, "")
    nobody = ("session", "create", "--host", "nobody@example.org", "--name", "Talk")
    assert "reference_not_found" in (await run_roda(*nobody, env=env))[1]
