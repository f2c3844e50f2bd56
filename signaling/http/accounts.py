"""Log in, log out, change the password, who am I."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from signaling.errors import RodaError
from signaling.http.auth import (
    caller_of,
    clear_login_cookie,
    logged_in,
    login_token_of,
    set_login_cookie,
)
from signaling.http.bodies import LoginBody, PasswordBody, is_true, read_body
from signaling.http.context import caller_address, context_of


async def log_in(request: web.Request) -> web.Response:
    body = await read_body(request, LoginBody)
    accounts = context_of(request).services.accounts
    login = await accounts.log_in(body.email, body.password, caller_address(request))
    response = web.json_response({"token": login.token, "profile": asdict(login.profile)})
    set_login_cookie(request, response, login)
    return response


async def log_out(request: web.Request) -> web.Response:
    token = login_token_of(request)
    if token:
        await context_of(request).services.accounts.log_out(token)
    response = web.json_response({"ok": True})
    clear_login_cookie(response)
    return response


async def log_out_everywhere(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    await context_of(request).services.accounts.log_out_everywhere(profile.id)
    response = web.json_response({"ok": True})
    clear_login_cookie(response)
    return response


async def change_password(request: web.Request) -> web.Response:
    profile = await logged_in(request)
    body = await read_body(request, PasswordBody)
    await context_of(request).services.accounts.change_password(
        profile,
        body.current_password,
        body.new_password,
        caller_address(request),
        login_token_of(request) or "",
    )
    return web.json_response({"ok": True})


async def me(request: web.Request) -> web.Response:
    """``?optional=true`` asks without being refused: a page that greets guests too would else
    show an error in their browser's console."""
    caller = await caller_of(request)
    if caller.profile is None and not is_true(request.query.get("optional")):
        raise RodaError("not_authenticated")
    return web.json_response({"profile": caller.profile and asdict(caller.profile)})


def add_routes(app: web.Application) -> None:
    app.router.add_post("/api/v1/auth/login", log_in)
    app.router.add_post("/api/v1/auth/logout", log_out)
    app.router.add_post("/api/v1/auth/logout-everywhere", log_out_everywhere)
    app.router.add_post("/api/v1/auth/password", change_password)
    app.router.add_get("/api/v1/me", me)
