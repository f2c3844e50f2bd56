"""The host's calls: start, list, look at, extend, end sessions; the link as a QR code."""

from __future__ import annotations

import io

from aiohttp import web

from signaling.errors import RodaError
from signaling.http.answers import attended_json, audited_json, connection_json, session_json
from signaling.http.auth import logged_in
from signaling.http.bodies import ExtendBody, NewSessionBody, read_body
from signaling.http.context import context_of, share_url
from signaling.session_views import SessionView
from signaling.sessions import NewSession

_ONE = "/api/v1/sessions/{session_id}"


async def create(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    body = await read_body(request, NewSessionBody)
    sessions = context_of(request).services.sessions
    view = await sessions.create(profile.as_actor(), NewSession(**body.model_dump()))
    return web.json_response(session_json(request, view), status=201)


async def list_own(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    views = await context_of(request).services.sessions.own(profile.as_actor())
    return web.json_response({"sessions": [session_json(request, view) for view in views]})


async def list_attended(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    views = await context_of(request).services.sessions.attended(profile.as_actor())
    return web.json_response({"sessions": [attended_json(request, view) for view in views]})


async def get_one(request: web.Request) -> web.Response:
    return web.json_response(session_json(request, await _hosted(request)))


async def extend(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    body = await read_body(request, ExtendBody)
    view = await _hosted(request)
    sessions = context_of(request).services.sessions
    changed = await sessions.extend(profile.as_actor(), view.session_id, body.minutes)
    return web.json_response(session_json(request, changed))


async def end(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    view = await _hosted(request)
    sessions = context_of(request).services.sessions
    await sessions.end(view.session_id, "host", profile.as_actor())
    return web.json_response(session_json(request, await sessions.live_view(view.session_id)))


async def audit_trail(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    trail = context_of(request).services.audit
    found = await trail.of_session(profile.as_actor(), request.match_info["session_id"])
    return web.json_response({"audit_events": [audited_json(one) for one in found]})


async def connections(request: web.Request) -> web.Response:
    view = await _hosted(request)
    found = context_of(request).live.connections(view.session_id)
    return web.json_response({"connections": [connection_json(one) for one in found]})


async def qr_code(request: web.Request) -> web.Response:
    import segno  # loaded with the first code shown, not with the server

    view = await _hosted(request)
    image = io.BytesIO()
    code = segno.make(share_url(request, view.session_token), error="m")
    code.save(image, kind="svg", scale=6, border=3)
    return web.Response(body=image.getvalue(), content_type="image/svg+xml")


async def _hosted(request: web.Request) -> SessionView:
    """The session of the path, for its host. Others' sessions are ``forbidden``, and as if they
    were not there (``session_not_found``) where no policy shows them."""
    profile = await logged_in(request)
    sessions = context_of(request).services.sessions
    view = await sessions.get(profile.as_actor(), request.match_info["session_id"])
    if view.host_id != profile.id:
        raise RodaError("not_host")
    return view


def add_routes(app: web.Application) -> None:
    app.router.add_post("/api/v1/sessions", create)
    app.router.add_get("/api/v1/sessions", list_own)
    app.router.add_get("/api/v1/sessions/attended", list_attended)
    app.router.add_get(_ONE, get_one)
    app.router.add_post(_ONE + "/extend", extend)
    app.router.add_post(_ONE + "/end", end)
    app.router.add_get(_ONE + "/audit", audit_trail)
    app.router.add_get(_ONE + "/connections", connections)
    app.router.add_get(_ONE + "/qr.svg", qr_code)
