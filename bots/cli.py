"""``roda bot``: one headless participant from the command line."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from bots.bot import Bot, BotOptions
from bots.errors import BotError
from bots.file_source import file_source
from bots.pattern import Rgb
from bots.recorded import recorded_source
from bots.report import BotReport
from bots.sources import MediaSource, SyntheticSettings, synthetic_source

CONNECT_LIMIT_S = 20.0
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
_COLOURS: dict[str, Rgb] = {
    "red": (200, 40, 40),
    "green": (40, 160, 60),
    "blue": (40, 70, 200),
    "yellow": (220, 200, 40),
    "purple": (140, 50, 170),
    "orange": (230, 130, 30),
    "grey": (128, 128, 128),
}


class ColourType(click.ParamType[Rgb]):
    """A name of `_COLOURS` or ``#rrggbb``."""

    name = "colour"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Rgb:
        text = str(value)
        if text in _COLOURS:
            return _COLOURS[text]
        match = _HEX.fullmatch(text)
        if match is None:
            self.fail(f"{text!r} is neither #rrggbb nor one of {', '.join(_COLOURS)}", param, ctx)
        red, green, blue = bytes.fromhex(match[1])
        return red, green, blue


@dataclass(frozen=True, slots=True)
class _Run:
    url: str
    options: BotOptions
    publish: str
    synthetic: SyntheticSettings
    duration_s: float | None
    expect_media: bool


@click.command("bot")
@click.argument("url")
@click.option("--name", default="Bot", show_default=True, help="Name the others see.")
@click.option(
    "--publish",
    default="synthetic",
    show_default=True,
    metavar="FILE|synthetic|none",
    help="What to send: a media file (looped), a moving picture with a tone, or nothing.",
)
@click.option(
    "--record",
    "record_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each received track to a file in this folder.",
)
@click.option("--duration", type=click.FloatRange(min=0.1), help="Seconds; without it, until told.")
@click.option("--json", "as_json", is_flag=True, help="Print a final report as JSON.")
@click.option("--colour", type=ColourType(), default="#1e78c8", help="Of the synthetic picture.")
@click.option("--tone", type=click.FloatRange(0, 20_000), default=440.0, help="Hz; 0 for silence.")
@click.option(
    "--expect-media/--no-expect-media",
    default=True,
    help="Whether the exit status demands that media flowed.",
)
@click.option(
    "--decode/--no-decode",
    default=True,
    help="Decode what arrives, or only count it and send what was encoded once.",
)
@click.option("--login-token", envvar="RODA_BOT_TOKEN", help="Join with an account, not as guest.")
def bot(
    url: str,
    name: str,
    publish: str,
    record_dir: Path | None,
    duration: float | None,
    as_json: bool,
    colour: Rgb,
    tone: float,
    expect_media: bool,
    decode: bool,
    login_token: str | None,
) -> None:
    """Join the session at URL (a share link) as a headless participant.

    The exit status is 0 only when the bot connected and, unless told otherwise, media flowed.
    """
    if record_dir is not None:
        if not decode:
            raise click.UsageError("--record needs decoding")
        record_dir.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    run = _Run(
        url=url,
        options=BotOptions(name, decode, record_dir, login_token),
        publish=publish,
        synthetic=SyntheticSettings(colour=colour, tone_hz=tone),
        duration_s=duration,
        expect_media=expect_media,
    )
    report = asyncio.run(_run(run))
    click.echo(report.model_dump_json(indent=2) if as_json else _summary(report))
    raise SystemExit(exit_status(report, expect_media))


def exit_status(report: BotReport, expect_media: bool) -> int:
    """0 when the bot connected and, where expected, media flowed; else 1."""
    return 0 if report.connected and (report.media_flowed or not expect_media) else 1


async def _run(run: _Run) -> BotReport:
    member = Bot(run.options)
    task = asyncio.ensure_future(_attend(member, run))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(run.duration_s):
                await task
    except BotError as exc:
        member.error = exc
    report = await member.report()
    report = report.model_copy(update={"server": await member.server_stats()})
    await member.leave()
    return report


async def _attend(member: Bot, run: _Run) -> None:
    member.use(await _source(run))
    await member.join(run.url)
    await member.connected(CONNECT_LIMIT_S)
    await member.wait_closed()


async def _source(run: _Run) -> MediaSource | None:
    if run.publish == "none":
        return None
    if run.publish != "synthetic":
        return file_source(Path(run.publish))
    if run.options.decode:
        return synthetic_source(run.synthetic)
    return await recorded_source(run.synthetic)


def _summary(report: BotReport) -> str:
    lines = [
        f"{report.name}: {'connected' if report.connected else 'not connected'}, "
        f"media {'flowed' if report.media_flowed else 'did not flow'}, {report.duration_s:.1f} s",
        f"sent {report.published.packets} packets, {report.published.packets_lost} lost; "
        f"received {report.packets_received}, {report.packets_lost} lost",
    ]
    lines += [
        f"  {t.connection_id} {t.source}: {t.frames} frames, {t.packets} packets"
        for t in report.tracks
    ]
    if report.error is not None:
        lines.append(f"{report.error.code}: {report.error.message} {report.error.remedy}".rstrip())
    return "\n".join(lines)
