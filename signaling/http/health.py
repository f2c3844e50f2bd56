"""For operators: liveness, readiness, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from signaling.http.context import context_of

READY_TIMEOUT_S = 3.0


class Health:
    """``media_port`` is the bound UDP port, 0 while there is none."""

    def __init__(self, registry: CollectorRegistry, media_port: Callable[[], int]) -> None:
        self._registry = registry
        self._media_port = media_port

    async def live(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        checks = {
            "database": await self._database(request),
            "media_port": self._media_port() > 0,
        }
        ok = all(checks.values())
        body = {"status": "ok" if ok else "unavailable", "checks": checks}
        return web.json_response(body, status=200 if ok else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _database(self, request: web.Request) -> bool:
        try:
            await asyncio.wait_for(context_of(request).services.store.ping(), READY_TIMEOUT_S)
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True


def add_routes(app: web.Application, health: Health) -> None:
    app.router.add_get("/healthz", health.live)
    app.router.add_get("/readyz", health.ready)
    app.router.add_get("/metrics", health.metrics)
