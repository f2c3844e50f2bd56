from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from tests.support.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, refusal, twilio_stand_in
from turn.service import EMPTY_TTL_S, IceSettings, build_service

TURN = {"turn_urls": ("turn:127.0.0.1:3478",), "turn_secret": "turn-secret-value"}
STUN = {"stun_urls": ("stun:127.0.0.1:3478",)}


async def test_without_settings_the_list_is_empty() -> None:
    answer = await build_service(IceSettings()).ice_servers("p")
    assert (answer.servers, answer.ttl_s) == ((), EMPTY_TTL_S)


async def test_twilio_first_asked_once_for_each_participant() -> None:
    async with twilio_stand_in() as stand_in:
        service = build_service(
            IceSettings(
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=AUTH_TOKEN,
                twilio_base_url=stand_in.base_url,
                **TURN,
            )
        )
        for participant in ("p", "p", "q"):
            answer = await service.ice_servers(participant)
        service.close()
    assert answer.servers[0].urls == ("stun:global.stun.twilio.com:3478",)
    assert stand_in.requests == 2
    assert [(s.name, s.answered) for s in service.status()] == [("twilio", 3), ("coturn", 0)]


async def test_coturn_answers_when_twilio_refuses() -> None:
    async with twilio_stand_in() as stand_in:
        stand_in.answer = refusal(401)
        service = build_service(
            IceSettings(
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=AUTH_TOKEN,
                twilio_base_url=stand_in.base_url,
                **TURN,
                **STUN,
            )
        )
        answer = await service.ice_servers("p")
        service.close()
    assert answer.servers[0].urls == TURN["turn_urls"]
    states = [(s.name, s.failed, s.last_error) for s in service.status()]
    assert states == [
        ("twilio", 1, "upstream_unauthorized"),
        ("coturn", 0, None),
        ("static", 0, None),
    ]


async def test_silence_costs_the_first_join_three_seconds_and_no_other() -> None:
    async with twilio_stand_in() as stand_in:
        stand_in.answer = stand_in.silence
        service = build_service(
            IceSettings(
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=AUTH_TOKEN,
                twilio_base_url=stand_in.base_url,
                **STUN,
            )
        )
        started = time.monotonic()
        first = await service.ice_servers("p")
        middle = time.monotonic()
        second = await service.ice_servers("q")
        ended = time.monotonic()
        service.close()
    assert first.servers == second.servers
    assert first.servers[0].urls == STUN["stun_urls"]
    assert 2.5 < middle - started < 4
    assert ended - middle < 0.5


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"turn_urls": ("turn:h",)}, "RODA_TURN_SECRET"),
        ({"turn_urls": ("stun:h",), "turn_secret": "turn-secret-value"}, "RODA_TURN_URLS"),
        ({"stun_urls": ("turn:h",)}, "RODA_STUN_URLS"),
        ({"twilio_account_sid": ACCOUNT_SID}, "RODA_TWILIO"),
        ({"twilio_auth_token": AUTH_TOKEN}, "RODA_TWILIO_ACCOUNT_SID"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        build_service(IceSettings(**given))
    assert AUTH_TOKEN not in str(caught.value)
    assert "turn-secret-value" not in str(caught.value)


def test_settings_hide_their_secrets() -> None:
    shown = repr(
        IceSettings(
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_api_secret="api-secret",
            **TURN,
        )
    )
    assert not any(s in shown for s in (AUTH_TOKEN, "api-secret", "turn-secret-value"))


def test_the_twilio_library_is_loaded_only_when_used() -> None:
    code = "import sys, turn.service; sys.exit('twilio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
