"""``/whip/{session_token}`` (RFC 9725) and ``/whep/{session_token}`` (draft-ietf-wish-whep).

The bearer token is the only credential: a connect token, or a log-in token, whose owner is
registered in the session first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from aiohttp import web

from signaling.errors import RodaError
from signaling.http.auth import bearer_of, caller_of
from signaling.http.bodies import read_limited
from signaling.http.context import caller_address, context_of
from signaling.media_resources import Door, MediaResource, MediaResources, Opening
from signaling.protocol import IceServer
from signaling.seats import Seat, SeatClaim

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_PARTICIPANT_ID_CHARS = 64
_ENDPOINT = "/{door:whip|whep}/{token}"
_RESOURCE = _ENDPOINT + "/{resource}"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Accept-Language",
    "Access-Control-Max-Age": "86400",
}
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


class MediaEndpoint:
    def __init__(self, resources: MediaResources) -> None:
        self._resources = resources

    async def create(self, request: web.Request) -> web.Response:
        address = caller_address(request)
        self._resources.check_address(address)
        token = request.match_info["token"]
        seat = await _seat_of(request, token)
        offer = await _text(request, SDP)
        opened = await self._resources.open(
            Opening(_door(request), seat, token, offer, address, _participant_of(request))
        )
        response = web.Response(status=201, text=opened.answer_sdp, content_type=SDP)
        response.headers["Location"] = f"{request.path}/{opened.resource.resource_id}"
        response.headers["ETag"] = opened.resource.etag
        response.headers["Accept-Patch"] = FRAGMENT
        response.headers["Cache-Control"] = "no-store"
        for link in ice_links(opened.ice_servers):
            response.headers.add("Link", link)
        return response

    async def patch(self, request: web.Request) -> web.Response:
        resource = await self._own(request)
        fragment = await _text(request, FRAGMENT)
        answer = await self._resources.patch(resource, fragment, request.headers.get("If-Match"))
        if answer is None:
            return web.Response(status=204)
        response = web.Response(text=answer, content_type=FRAGMENT)
        response.headers["ETag"] = resource.etag
        response.headers["Cache-Control"] = "no-store"
        return response

    async def delete(self, request: web.Request) -> web.Response:
        (await self._own(request)).leave("connection_closed")
        return web.Response()

    async def options(self, request: web.Request) -> web.Response:
        accepts = "Accept-Patch" if "resource" in request.match_info else "Accept-Post"
        takes = FRAGMENT if "resource" in request.match_info else SDP
        return web.Response(status=204, headers={**_PREFLIGHT, accepts: takes})

    async def _own(self, request: web.Request) -> MediaResource:
        """The resource of the path, for the participant whose it is. A connect token that has
        expired since still tells who that is."""
        _need_bearer(request)
        caller = await caller_of(request, allow_expired=True)
        info = request.match_info
        resource = self._resources.find(_door(request), info["token"], info["resource"])
        seat = resource.opening.seat
        by_login = caller.profile is not None and caller.profile.id == seat.user_id
        claim = SeatClaim(seat.session_id, seat.participant_id)
        if not by_login and caller.claim != claim:
            raise RodaError("forbidden")
        return resource


def ice_links(servers: Sequence[IceServer]) -> list[str]:
    """``Link`` header values (RFC 9725 section 4.6), one for each address of a server."""
    links = []
    for server in servers:
        attributes = ['rel="ice-server"']
        if server.username is not None and server.credential is not None:
            attributes += [
                f'username="{_quoted(server.username)}"',
                f'credential="{_quoted(server.credential)}"',
                'credential-type="password"',
            ]
        for url in server.urls:
            target = _UNPRINTABLE.sub("", url).replace("<", "").replace(">", "")
            links.append("; ".join([f"<{target}>", *attributes]))
    return links


def _quoted(value: str) -> str:
    """The inside of a quoted-string (RFC 9110 section 5.6.4)."""
    return _UNPRINTABLE.sub("", value).replace("\\", "\\\\").replace('"', '\\"')


def _door(request: web.Request) -> Door:
    return cast(Door, request.match_info["door"])  # the route lets nothing else through


def _participant_of(request: web.Request) -> str | None:
    wanted = request.query.get("participant")
    if wanted is not None and len(wanted) > MAX_PARTICIPANT_ID_CHARS:
        raise RodaError("participant_not_found")
    return wanted


def _need_bearer(request: web.Request) -> None:
    if bearer_of(request) is None:
        raise RodaError("not_authenticated")


async def _seat_of(request: web.Request, session_token: str) -> Seat:
    """The seat that the bearer token proves, or that its owner is given.

    Raises `RodaError`: ``not_authenticated``, ``connect_token_expired``, ``session_*``,
    ``participant_*``, ``forbidden`` (a connect token of another session)."""
    _need_bearer(request)
    services = context_of(request).services
    view = await services.sessions.by_token(session_token)
    caller = await caller_of(request)
    if caller.profile is not None:
        registered = await services.registration.register(
            caller.actor(session_token), session_token, None, None
        )
        return await services.registration.seat_of(
            SeatClaim(view.session_id, registered.participant.id)
        )
    if caller.claim is None or caller.claim.session_id != view.session_id:
        raise RodaError("forbidden", "a connect token of another session")
    return await services.registration.seat_of(caller.claim)


async def _text(request: web.Request, content_type: str) -> str:
    """The body, which must be of this type. Raises `RodaError`: ``unsupported_media_type``,
    ``body_too_large``, ``sdp_invalid``."""
    if request.content_type != content_type:
        raise RodaError("unsupported_media_type")
    try:
        return (await read_limited(request)).decode()
    except UnicodeDecodeError as exc:
        raise RodaError("sdp_invalid", "not UTF-8") from exc


def add_routes(app: web.Application, resources: MediaResources) -> None:
    endpoint = MediaEndpoint(resources)
    app.router.add_post(_ENDPOINT, endpoint.create)
    app.router.add_options(_ENDPOINT, endpoint.options)
    app.router.add_patch(_RESOURCE, endpoint.patch)
    app.router.add_delete(_RESOURCE, endpoint.delete)
    app.router.add_options(_RESOURCE, endpoint.options)
