from __future__ import annotations

import json
import logging
from typing import Literal

import pytest
import structlog

from signaling.log_writer import MAX_WAITING
from signaling.logs import HIDDEN, configure, hide_secrets


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("participant_name", "Ana"),
        ("name", "Ana"),
        ("full_name", "Ana"),
        ("session_token", "x"),
        ("password", "x"),
        ("email", "a@example.org"),
        ("Authorization", "Bearer x"),
        ("event", "GET /ws?token=eyJhbGciOiJI.eyJzdWIi.c2ln&lang=en"),
        ("path", "/s/Mi8gpgioPW6YPcegkfc5ZbGks4Gv3-kH"),
        ("path", "/api/v1/sessions/by-token/Mi8gpgioPW6YPcegkfc5ZbGks4Gv3-kH/participants"),
        ("exception", "refused eyJhbGciOiJI.eyJzdWIi.c2ln"),
        ("detail", "no account ana@example.org"),
        ("values", {"link": "/s/Mi8gpgioPW6YPcegkfc5ZbGks4Gv3-kH"}),
    ],
)
def test_tokens_and_names_are_hidden(key: str, value: object) -> None:
    shown = str(hide_secrets(None, "info", {key: value})[key])
    assert HIDDEN in shown
    for secret in ("Ana", "Mi8gpg", "eyJhbG", "ana@", "a@example", "Bearer"):
        assert secret not in shown


@pytest.mark.parametrize(
    "entry",
    [
        {"event": "request", "route": "/api/v1/me", "status": 200, "took_ms": 1.5, "level": "info"},
        {"session_id": "a90ff7fb-e5aa-4521-91a8-bf45ea8143f2", "reason": None},
    ],
)
def test_the_rest_is_kept(entry: dict[str, object]) -> None:
    assert hide_secrets(None, "info", dict(entry)) == entry


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_lines_of_ours_and_of_libraries_alike(
    log_format: Literal["console", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    about = "of ana@example.org"
    before, kept = (root.handlers, root.level), structlog.get_config()
    try:
        writer = configure(log_format, "info")
        own = structlog.stdlib.get_logger("roda.some")
        own.debug("too small")
        own.info("request", path="/s/Mi8gpgioPW6YPcegkfc5ZbGks4Gv3-kH")
        try:
            raise ZeroDivisionError(about)
        except ZeroDivisionError:
            own.exception("failed")
        logging.getLogger("some.library").warning("connected as ana@example.org")
        logging.getLogger("aioice").info("too chatty")
        writer.write("x" * MAX_WAITING + "\n")
        writer.close()
    finally:
        structlog.configure(**kept)
        root.handlers, root.level = before
    lines = capsys.readouterr().err.strip()
    assert "too" not in lines
    assert "Mi8gpg" not in lines
    assert "ana@" not in lines
    assert lines.count(HIDDEN) == 3
    for expected in (
        "request",
        "failed",
        "ZeroDivisionError",
        "connected as",
        "warning",
        "log_lines_dropped",
    ):
        assert expected in lines
    if log_format == "json":
        levels = [json.loads(line)["level"] for line in lines.splitlines()]
        assert levels == ["info", "error", "warning", "warning"]
