from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from signaling.http import middleware
from tests.support.rest import RestWorld


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/", 405, "method_not_allowed"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("DELETE", "/api/v1/me", 405, "method_not_allowed"),
        ("GET", "/static/../pyproject.toml", 404, "not_found"),
        ("GET", "/static/..%2f..%2fpyproject.toml", 404, "not_found"),
        ("GET", "/static/__init__.py", 404, "not_found"),
        ("GET", "/static/%00", 404, "not_found"),
        ("GET", "/static/" + "x" * 5000, 404, "not_found"),
    ],
)
async def test_every_failure_is_the_documented_json(
    world: RestWorld, method: str, path: str, status: int, code: str
) -> None:
    answer = await (await world.browser()).call(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert set(answer.body["error"]) == {"code", "message", "remedy"}


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "Esta sessão não existe."),
        ("es-MX", "Esta sesión no existe."),
        ("fr, en;q=0.5", "There is no such session."),
        ("rubbish;q=x;;;,,", "There is no such session."),
    ],
)
async def test_errors_speak_the_callers_language(
    world: RestWorld, language: str, message: str
) -> None:
    answer = await (await world.browser()).get(
        "/api/v1/sessions/by-token/none", headers={"Accept-Language": language}
    )
    assert answer.body["error"]["message"] == message


async def test_an_unexpected_fault_is_an_incident_not_a_trace(
    world: RestWorld, tmp_path: Path
) -> None:
    host = await world.host()
    with sqlite3.connect(tmp_path / "roda.db") as database:
        database.execute("DROP TABLE instant_session_participants")
    answer = await host.get("/api/v1/sessions")
    assert (answer.status, answer.code) == (500, "internal")
    assert "instant_session" not in str(answer.body)


async def test_security_headers_are_on_every_answer(world: RestWorld) -> None:
    browser = await world.browser()
    for path in ("/healthz", "/nowhere", "/api/v1/me", "/static/client.js", "/s/any-token"):
        headers = (await browser.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert "camera=(self)" in headers["Permissions-Policy"]


async def test_files_are_asked_for_again_but_not_sent_again(world: RestWorld) -> None:
    browser = await world.browser()
    first = await browser.get("/static/client.js")
    assert first.headers["Content-Type"].startswith("text/javascript")
    assert first.headers["Cache-Control"] == "no-cache"
    etag = {"If-None-Match": first.headers["ETag"]}
    assert (await browser.get("/static/client.js", headers=etag)).status == 304


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health(world: RestWorld, path: str) -> None:
    answer = await (await world.browser()).get(path)
    assert (answer.status, answer.body["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("allow_eval", "scripts"),
    [(False, "script-src 'self';"), (True, "script-src 'self' 'unsafe-eval';")],
)
async def test_only_a_demo_lets_scripts_evaluate_text(allow_eval: bool, scripts: str) -> None:
    response = web.Response()
    add = middleware.security_headers(allow_eval=allow_eval)
    await add(make_mocked_request("GET", "/"), response)
    assert scripts in response.headers["Content-Security-Policy"]
