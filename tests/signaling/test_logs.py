from __future__ import annotations

import pytest

from signaling.logs import HIDDEN, hide_secrets


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
