"""``roda serve``: the server as a process."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys

import click
import uvloop

from signaling import demo, logs
from signaling.app import RunningServer, open_services, running
from signaling.config import Settings, SettingsError
from signaling.live_port import NoLiveRooms
from signaling.log_writer import LogWriter
from signaling.store.store import SchemaBehindError

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # mallopt(3)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Exits with a reason when the server cannot start."""
    log = logs.configure(settings.log_format, settings.log_level)
    _return_large_blocks()
    try:
        uvloop.run(_serve(settings, log))
    except (SchemaBehindError, SettingsError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc
    finally:
        log.close()


def _return_large_blocks() -> None:
    """Have glibc give large blocks back at once: it would learn from the first password hash
    (19 MB) to keep them. Elsewhere than on glibc there is nothing to tell."""
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        return
    for option, value in ((_M_MMAP_THRESHOLD, 1 << 20), (_M_ARENA_MAX, 2)):
        ctypes.CDLL(None).mallopt(option, value)


async def _serve(settings: Settings, log: LogWriter) -> None:
    if settings.demo:
        await _migrate_if_behind(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, log_counts=log.counts) as server:
        _announce(settings, server)
        gc.collect()
        gc.freeze()  # what the start made stays: later collections need not look at it
        await stop.wait()


async def _migrate_if_behind(settings: Settings) -> None:
    """Demo mode needs no step before. Alembic runs as a process of its own, so that its memory
    goes with it."""
    services = open_services(settings, NoLiveRooms())
    try:
        await services.store.check_schema()
    except SchemaBehindError:
        command = (sys.executable, "-m", "signaling.cli", "migrate")
        environment = {**os.environ, "RODA_DATABASE_URL": settings.database}
        process = await asyncio.create_subprocess_exec(*command, env=environment)
        if await process.wait() != 0:
            raise SchemaBehindError("`roda migrate` failed") from None
    finally:
        await services.close()


def _announce(settings: Settings, server: RunningServer) -> None:
    lines = [f"Roda serves at {settings.public_url or server.url}"]
    if settings.demo:
        for email, role, _ in demo.DEMO_ACCOUNTS:
            lines.append(f"  {role:<10} {email}   password {demo.DEMO_PASSWORD}")
        lines.append(f"  ready session: {server.demo_link}")
    click.echo("\n".join(lines))
