"""What every answer has in common: documented errors, security headers, one access log line."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from signaling.errors import RodaError, error_body, negotiate_language

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the share link is a secret
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:;"
        " worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}
CODE_OF_STATUS = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
}

log = structlog.stdlib.get_logger("roda.http")


def language_of(request: web.Request) -> str:
    """``?lang=`` where given (WebSocket and links), else ``Accept-Language``."""
    return negotiate_language(request.query.get("lang") or request.headers.get("Accept-Language"))


def error_response(request: web.Request, error: RodaError) -> web.Response:
    """The documented JSON of a refusal."""
    body: dict[str, str] = error_body(error.code, language_of(request))
    if error.code == "invalid_request" and error.detail:
        body["detail"] = error.detail
    response = web.json_response({"error": body}, status=error.http_status)
    response.headers["Content-Language"] = language_of(request)
    if error.code == "too_many_attempts":
        response.headers["Retry-After"] = "300"
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Make every failure the documented JSON; an unexpected one gets an incident id in the log."""
    try:
        return await handler(request)
    except RodaError as exc:
        return error_response(request, exc)
    except web.HTTPException as exc:
        code = CODE_OF_STATUS.get(exc.status)
        if exc.status < 400 or code is None:
            raise
        response = error_response(request, RodaError(code))
        if "Allow" in exc.headers:
            response.headers["Allow"] = exc.headers["Allow"]
        return response
    except Exception as exc:
        incident = secrets.token_hex(6)
        log.exception("request failed", incident=incident, route=route_of(request))
        return error_response(request, RodaError("internal", f"{incident} {type(exc).__name__}"))


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request, with the route instead of the path: paths hold session tokens."""
    started = time.monotonic()
    status = 0
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as exc:
        status = exc.status
        raise
    finally:
        took_ms = round((time.monotonic() - started) * 1000, 1)
        log.info(
            "request",
            method=request.method,
            route=route_of(request),
            status=status,
            took_ms=took_ms,
        )


def route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


OnPrepare = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def security_headers(*, allow_eval: bool) -> OnPrepare:
    """An ``on_response_prepare`` signal handler.

    :param allow_eval: let scripts evaluate text, as tools that drive a browser do when they wait
        for something on the page
    """
    headers = dict(SECURITY_HEADERS)
    if allow_eval:
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy.replace(
            "script-src 'self'", "script-src 'self' 'unsafe-eval'"
        )

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")

    return add
