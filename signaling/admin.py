"""What the operator's commands do with the use cases."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import click

from signaling.accounts import Profile
from signaling.app import open_services
from signaling.config import Settings
from signaling.errors import RodaError
from signaling.live_port import NoLiveRooms
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession

T = TypeVar("T")


async def with_services(settings: Settings, use: Callable[[Services], Coroutine[Any, Any, T]]) -> T:
    """Open the database, do one thing, close it. Raises `SchemaBehindError`, `RodaError`."""
    services = open_services(settings, NoLiveRooms())
    try:
        await services.store.check_schema()
        return await use(services)
    finally:
        await services.close()


async def create_session(services: Services, host_email: str, wanted: NewSession) -> SessionView:
    """Raises `RodaError`: ``reference_not_found``, and what `Sessions.create` raises."""
    host = await services.accounts.find(host_email)
    if host is None:
        raise RodaError("reference_not_found", "no such account")
    return await services.sessions.create(host.as_actor(), wanted)


def link(settings: Settings, view: SessionView) -> str:
    host = settings.http_host if settings.http_host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    base = settings.public_url or f"http://{host}:{settings.http_port}"
    return f"{base}/s/{view.session_token}"


def show_profile(profile: Profile) -> None:
    click.echo(f"{profile.id}  {profile.email}  {profile.role}")


def show_sessions(settings: Settings, views: Sequence[SessionView]) -> None:
    for view in views:
        until = view.expires_at.isoformat(timespec="minutes")
        people = f"{view.people}/{view.max_participants}"
        click.echo(f"{view.session_id}  {until}  {people}  {view.name}  {link(settings, view)}")
