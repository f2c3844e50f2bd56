"""The share link's calls (look, register), the participants of a session, and ICE servers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from signaling.errors import RodaError
from signaling.http.answers import participant_json, preview_json
from signaling.http.auth import Caller, caller_of, guest_claim, set_guest_cookie
from signaling.http.bodies import ParticipantChangesBody, RegistrationBody, is_true, read_body
from signaling.http.context import context_of, share_url, signaling_url
from signaling.registration import Registered
from signaling.seats import SeatClaim

_LINK = "/api/v1/sessions/by-token/{token}"
_PARTICIPANTS = "/api/v1/sessions/{session_id}/participants"
_ONE = _PARTICIPANTS + "/{participant_id}"


async def preview(request: web.Request) -> web.Response:
    sessions = context_of(request).services.sessions
    view = await sessions.by_token(request.match_info["token"])
    body = preview_json(request, view)
    body["share_url"] = share_url(request, view.session_token)
    return web.json_response({"session": body, **body})


async def register(request: web.Request) -> web.Response:
    token = request.match_info["token"]
    body = await read_body(request, RegistrationBody)
    caller = await caller_of(request, allow_expired=True)
    registered = await context_of(request).services.registration.register(
        caller.actor(token),
        token,
        body.participant_name,
        lambda session_id: caller.claim or guest_claim(request, session_id),
    )
    return await _registered(request, registered)


async def _registered(request: web.Request, registered: Registered) -> web.Response:
    participant, connect_token = registered.participant, registered.connect_token
    servers, ttl = await _ice_servers(request, participant.id)
    body: dict[str, Any] = {
        "participant": participant_json(participant),
        "connect_token": connect_token,
        "signaling_url": signaling_url(request, connect_token),
        "ice_servers": servers,
        "ice_servers_ttl": ttl,
    }
    response = web.json_response(body, status=201 if registered.created else 200)
    if participant.user_id is None:
        claim = SeatClaim(participant.session_id, participant.id)
        services = context_of(request).services
        expires_at = registered.session.expires_at
        cookie = services.tokens.guest_cookie(claim, expires_at)
        seconds = int((expires_at - services.sessions.now).total_seconds())
        set_guest_cookie(request, response, claim, cookie, seconds)
    return response


async def list_participants(request: web.Request) -> web.Response:
    caller = await _known_caller(request)
    registration = context_of(request).services.registration
    found = await registration.participants_of(
        caller.actor(request.query.get("token")), request.match_info["session_id"]
    )
    return web.json_response({"participants": [participant_json(one) for one in found]})


async def change_participant(request: web.Request) -> web.Response:
    caller = await _known_caller(request)
    body = await read_body(request, ParticipantChangesBody)
    session_id, participant_id = _ids(request)
    registration = context_of(request).services.registration
    changed = await registration.rename(
        caller.actor(), session_id, participant_id, body.participant_name
    )
    return web.json_response({"participant": participant_json(changed)})


async def remove_participant(request: web.Request) -> web.Response:
    caller = await _known_caller(request)
    session_id, participant_id = _ids(request)
    bar = is_true(request.query.get("bar"))
    registration = context_of(request).services.registration
    await registration.remove(caller.actor(), session_id, participant_id, bar=bar)
    return web.Response(status=204)


async def ice_servers(request: web.Request) -> web.Response:
    caller = await caller_of(request)
    if caller.claim is not None:
        await context_of(request).services.registration.seat_of(caller.claim)
        who = caller.claim.participant_id
    elif caller.profile is not None:
        who = caller.profile.id
    else:
        raise RodaError("not_authenticated")
    servers, ttl = await _ice_servers(request, who)
    return web.json_response({"ice_servers": servers, "ttl": ttl})


async def _ice_servers(request: web.Request, who: str) -> tuple[list[dict[str, Any]], int]:
    servers, ttl = await context_of(request).ice.with_ttl(who)
    return [server.model_dump(exclude_none=True) for server in servers], ttl


async def _known_caller(request: web.Request) -> Caller:
    caller = await caller_of(request, request.match_info["session_id"])
    presents_token = request.method == "GET" and "token" in request.query
    if caller.profile is None and caller.claim is None and not presents_token:
        raise RodaError("not_authenticated")
    return caller


def _ids(request: web.Request) -> tuple[str, str]:
    return request.match_info["session_id"], request.match_info["participant_id"]


def add_routes(app: web.Application) -> None:
    app.router.add_get(_LINK, preview)
    app.router.add_post(_LINK + "/participants", register)
    app.router.add_get(_PARTICIPANTS, list_participants)
    app.router.add_patch(_ONE, change_participant)
    app.router.add_delete(_ONE, remove_participant)
    app.router.add_get("/api/v1/ice-servers", ice_servers)
