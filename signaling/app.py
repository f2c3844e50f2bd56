"""The composition root: builds one server from its settings, starts and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

import web as page
from sfu.net.media_api import CodecPreferences, MediaPlane
from signaling import demo
from signaling.config import Settings, SettingsError, secret_key
from signaling.http import (
    accounts,
    care,
    health,
    openapi,
    pages,
    participants,
    sessions,
    websocket,
    whip,
)
from signaling.http.auth import refuse_cross_site
from signaling.http.bodies import MAX_BODY_BYTES
from signaling.http.context import CONTEXT, Context
from signaling.http.metrics import Numbers, registry_of
from signaling.http.middleware import access_log, errors, security_headers
from signaling.http.problems import problem_details
from signaling.ice import IceServers, ServerIce
from signaling.live import LiveHub
from signaling.live_bookkeeper import LiveLink, ServiceBookkeeper
from signaling.live_metrics import LiveMetrics
from signaling.live_port import LivePort
from signaling.live_ports import Clock
from signaling.live_room import LiveWorld
from signaling.media_resources import MediaResources
from signaling.room_values import RoomLimits
from signaling.service import Services
from signaling.store.engine import engine_for
from signaling.store.store import Store
from signaling.sweeper import Sweeper
from signaling.trusted_proxies import TrustedProxies
from turn.service import IceSettings, build_service

if TYPE_CHECKING:
    from signaling.external_accounts import ExternalAccounts

log = structlog.stdlib.get_logger("roda")


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_services(settings: Settings, live: LivePort) -> Services:
    """The use cases over the configured database."""
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(engine_for(settings.database), utc_now)
    return Services.over(store, secret_key(settings), live, utc_now)


def web_application(
    context: Context,
    registry: CollectorRegistry,
    media_port: Callable[[], int],
    *,
    demo: bool = False,
) -> web.Application:
    """Every route but the WebSocket's."""
    app = web.Application(
        middlewares=[access_log, errors, problem_details, refuse_cross_site],
        client_max_size=MAX_BODY_BYTES,
    )
    app[CONTEXT] = context
    app.on_response_prepare.append(security_headers(allow_eval=demo))
    accounts.add_routes(app)
    sessions.add_routes(app)
    participants.add_routes(app)
    care.add_routes(app)
    openapi.add_routes(app)
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


OpenMedia = Callable[[Settings, IceServers], Awaitable[MediaPlane]]


async def open_media_server(settings: Settings, ice: IceServers) -> MediaPlane:
    """The real media server on its port. Raises OSError when the port is taken."""
    from sfu.net.addresses import is_behind_nat, local_addresses
    from sfu.net.media_server import MediaServer, MediaSettings

    full = settings.needs_full_ice(is_behind_nat(local_addresses()))
    if full:
        log.info("full_ice", reason=settings.ice)
    media = MediaSettings(
        port=settings.media_port,
        tcp=settings.listens_for_tcp_media,
        announced_ips=settings.announced_ips,
        preferences=CodecPreferences(video=settings.video_codecs, red=settings.audio_red),
        full_ice_servers=ServerIce(ice, settings.stun_urls) if full else None,
        native=settings.native_forwarding,
    )
    return await MediaServer.start(media)


@asynccontextmanager
async def running(
    settings: Settings,
    open_media: OpenMedia = open_media_server,
    log_counts: Numbers = dict,
) -> AsyncIterator[RunningServer]:
    """Start a server; stop it on leaving. ``log_counts`` are the log's, for the metrics. Raises
    `SchemaBehindError`, `SettingsError`, OSError (a port is taken)."""
    async with AsyncExitStack() as stack:
        link = LiveLink()
        services = open_services(settings, link)
        stack.push_async_callback(services.close)
        await services.store.check_schema()
        await services.presence.close_all()
        ice = open_ice_servers(settings)
        stack.callback(ice.close)
        media = await open_media(settings, ice)
        stack.push_async_callback(media.close)
        ready = await demo.prepare(services) if settings.demo else None
        kept_open = frozenset({ready.session_id} if ready else ())
        hub = live_hub(services, media, ice, settings, kept_open)
        link.to = hub
        resources = MediaResources(hub, hub.world)
        proxies = TrustedProxies(settings.trusted_proxies)
        external = open_external_accounts(settings, services.store)
        context = Context(services, hub, ice, settings.public_url, external, proxies)
        app = web_application(
            context,
            registry_of(
                lambda: {**hub.counts(), **resources.counts()},
                hub.world.metrics,
                media.stats,
                log_counts,
            ),
            lambda: media.port,
            demo=settings.demo,
        )
        websocket.add_routes(app, hub)
        whip.add_routes(app, resources)
        url = await _listen(stack, app, settings)
        await hub.start()
        stack.push_async_callback(hub.close)
        sweeper = Sweeper(
            services.sessions, services.presence, hub, _empty_after(settings), kept_open
        )
        stack.push_async_callback(_cancel, asyncio.create_task(sweeper.run()))
        demo_link = f"{settings.public_url or url}/s/{ready.session_token}" if ready else ""
        yield RunningServer(url, services, media.port, demo_link)


def live_hub(
    services: Services,
    media: MediaPlane,
    ice: IceServers,
    settings: Settings,
    kept_open: Collection[str] = (),
) -> LiveHub:
    """The live rooms over the use cases and the media server."""
    world = LiveWorld(
        media=media,
        bookkeeper=ServiceBookkeeper(services.sessions, services.registration, services.presence),
        ice=ice,
        clock=Clock(monotonic=time.monotonic, wall=time.time),
        metrics=LiveMetrics(),
    )
    empty_after = _empty_after(settings)
    seconds = empty_after.total_seconds() if empty_after else None
    return LiveHub(world, RoomLimits(empty_timeout_s=seconds), kept_open)


def _empty_after(settings: Settings) -> timedelta | None:
    """How long a session may be empty; None: as long as it lives."""
    minutes = settings.empty_session_minutes
    return timedelta(minutes=minutes) if minutes else None


def open_ice_servers(settings: Settings) -> IceServers:
    """The configured ICE servers. Raises `SettingsError`."""
    chosen = IceSettings(
        twilio_account_sid=settings.twilio_account_sid or None,
        twilio_auth_token=settings.twilio_auth_token.get_secret_value() or None,
        twilio_api_key=settings.twilio_api_key or None,
        twilio_api_secret=settings.twilio_api_secret.get_secret_value() or None,
        twilio_base_url=settings.twilio_base_url or None,
        turn_urls=settings.turn_urls,
        turn_secret=settings.turn_secret.get_secret_value() or None,
        stun_urls=settings.stun_urls,
    )
    try:
        return IceServers(build_service(chosen))
    except ValueError as exc:
        raise SettingsError(str(exc)) from exc


def open_external_accounts(settings: Settings, store: Store) -> ExternalAccounts | None:
    """The configured identity provider's people, if there is one."""
    if not settings.oidc_issuer:
        return None
    from signaling.http.external import external_accounts  # most servers have no use for it

    return external_accounts(settings, store)


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


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
