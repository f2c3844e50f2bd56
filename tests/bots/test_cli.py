from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import bot, exit_status
from bots.report import BotReport, PublishReport

NOWHERE = "http://127.0.0.1:9/s/0123456789abcdef"


def report(connected: bool, media_flowed: bool) -> BotReport:
    return BotReport(
        name="B",
        connected=connected,
        media_flowed=media_flowed,
        join_ms=None,
        duration_s=1,
        participant_id=None,
        connection_id=None,
        peers=0,
        ice_servers=0,
        published=PublishReport(),
        packets_received=0,
        packets_lost=0,
        frames_decoded=0,
        tracks=[],
        steps=[],
    )


@pytest.mark.parametrize(
    ("connected", "media_flowed", "expect_media", "status"),
    [
        (True, True, True, 0),
        (True, False, True, 1),
        (True, False, False, 0),
        (False, True, True, 1),
        (False, False, False, 1),
    ],
)
def test_exit_status(connected: bool, media_flowed: bool, expect_media: bool, status: int) -> None:
    assert exit_status(report(connected, media_flowed), expect_media) == status


def test_an_unreachable_server_is_a_report_and_a_failure() -> None:
    result = CliRunner().invoke(bot, [NOWHERE, "--json", "--publish", "none", "--duration", "5"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["connected"] is False
    assert told["error"]["code"] == "server_unreachable"
    assert [(s["step"], s["outcome"]) for s in told["steps"]] == [("registered", "failed")]
    assert "0123456789abcdef" not in result.output


def test_the_summary_names_the_error() -> None:
    result = CliRunner().invoke(bot, ["http://h/nothing", "--publish", "none"])
    assert result.exit_code == 1
    assert "link_invalid" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--colour", "puce"], "neither #rrggbb"),
        (["--record", "x", "--no-decode"], "--record needs decoding"),
        (["--duration", "-1"], "--duration"),
    ],
)
def test_wrong_options(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(bot, [NOWHERE, *arguments])
    assert result.exit_code == 2
    assert told in result.output


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(bot, [NOWHERE, "--json", "--publish", str(tmp_path / "no.webm")])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "source_invalid"
