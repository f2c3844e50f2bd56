"""The composition root: builds one server from its settings, starts and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

import web as page
from signaling import demo
from signaling.config import Settings, secret_key
from signaling.http import accounts, health, pages, participants, sessions
from signaling.http.auth import refuse_cross_site
from signaling.http.bodies import MAX_BODY_BYTES
from signaling.http.context import CONTEXT, Context
from signaling.http.middleware import access_log, add_security_headers, errors
from signaling.live_port import LivePort, NoLiveRooms
from signaling.service import Services
from signaling.store.store import Store, engine_for

SWEEP_EVERY_S = 5.0
log = structlog.stdlib.get_logger("roda")


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_services(settings: Settings, live: LivePort) -> Services:
    """The use cases over the configured database."""
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(engine_for(settings.database), utc_now)
    return Services.over(store, secret_key(settings), live, utc_now)


def web_application(context: Context, registry: CollectorRegistry, media_port: Callable[[], int]) -> web.Application:
    """Every route but the WebSocket's."""
    app = web.Application(
        middlewares=[access_log, errors, refuse_cross_site], client_max_size=MAX_BODY_BYTES
    )
    app[CONTEXT] = context
    app.on_response_prepare.append(add_security_headers)
    accounts.add_routes(app)
    sessions.add_routes(app)
    participants.add_routes(app)
    health.add_routes(app, health.Health(registry, media_port))
    pages.add_routes(app, Path(page.__file__).parent)
    return app


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers. ``url`` is where; ``demo_link`` the ready session's, in demo mode."""

    url: str
    services: Services
    media_port: int
    demo_link: str = ""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[RunningServer]:
    """Start a server; stop it on leaving. Raises `SchemaBehindError`, OSError (port taken)."""
    async with AsyncExitStack() as stack:
        live = NoLiveRooms()
        services = open_services(settings, live)
        stack.push_async_callback(services.close)
        await services.store.check_schema()
        await services.registration.close_stale()
        registry = CollectorRegistry()
        registry.register(health.PulledNumbers("live_", live.counts))
        context = Context(services, live, no_ice_servers, settings.public_url)
        app = web_application(context, registry, lambda: 0)
        url = await _listen(stack, app, settings)
        stack.push_async_callback(_cancel, asyncio.create_task(_sweep(services)))
        link = ""
        if settings.demo:
            session = await demo.prepare(services)
            link = f"{settings.public_url or url}/s/{session.session_token}"
        yield RunningServer(url, services, 0, link)


async def no_ice_servers(participant_id: str) -> tuple[list[dict[str, Any]], int]:
    return [], 3600


async def _listen(stack: AsyncExitStack, app: web.Application, settings: Settings) -> str:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    tls = _tls(settings)
    site = web.TCPSite(runner, settings.http_host, settings.http_port, ssl_context=tls)
    await site.start()
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


async def _sweep(services: Services) -> None:
    """End sessions whose time is over, also those nobody is in."""
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            await services.sessions.end_expired()
        except SQLAlchemyError:
            log.exception("sweep failed")


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
