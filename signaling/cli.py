"""The command ``roda``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from signaling.config import Settings, SettingsError, load_settings
from signaling.errors import RodaError, error_body

T = TypeVar("T")
_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with settings; the environment (RODA_*) wins.",
)


class LazyGroup(click.Group):
    """A group some of whose commands are imported only when used."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]] | None = None, **kw: Any):
        super().__init__(*args, **kw)
        self._lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        import importlib

        module, attribute = self._lazy[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, lazy={"bot": ("bots.cli", "bot")})
@click.version_option(package_name="roda-sfu")
def main() -> None:
    """Roda: self-hosted video sessions."""


@main.command()
@_config
def serve(config: Path | None) -> None:
    """Run the server until SIGTERM or SIGINT."""
    # structlog imports rich for tracebacks in colour, 4 MB that a server never uses.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    from signaling.serve import serve as run_server

    run_server(_settings(config))


@main.command()
@_config
def migrate(config: Path | None) -> None:
    """Bring the database to the current schema."""
    from signaling.store.migrate import migrate as run_migrations

    settings = _settings(config)
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    run_migrations(settings.database)


@main.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@_config
@click.argument("email")
@click.option("--role", type=click.Choice(["therapist", "patient", "admin"]), required=True)
@click.option("--name", required=True)
def add_user(config: Path | None, email: str, role: Any, name: str) -> None:
    """Create an account; the password is asked for, or read from standard input."""
    from signaling import admin

    password = _password()
    profile = _run(config, lambda services: services.accounts.add_user(email, role, name, password))
    admin.show_profile(profile)


@main.group()
def session() -> None:
    """Sessions."""


@session.command("create")
@_config
@click.option("--host", "host_email", required=True, help="The therapist's e-mail.")
@click.option("--name", required=True)
@click.option("--max-participants", type=int, default=10, show_default=True)
@click.option("--minutes", type=int, default=60, show_default=True)
@click.option("--waiting-room/--no-waiting-room", default=True, show_default=True)
@click.option("--recording/--no-recording", default=False, show_default=True)
def create_session(
    config: Path | None,
    host_email: str,
    name: str,
    max_participants: int,
    minutes: int,
    waiting_room: bool,
    recording: bool,
) -> None:
    """Start a session and print its share link."""
    from signaling import admin
    from signaling.sessions import NewSession

    wanted = NewSession(name, max_participants, minutes, waiting_room, recording)
    view = _run(config, lambda services: admin.create_session(services, host_email, wanted))
    click.echo(admin.link(_settings(config), view))


@session.command("list")
@_config
def list_sessions(config: Path | None) -> None:
    """Running sessions, newest first."""
    from signaling import admin

    views = _run(config, lambda services: services.sessions.all_active())
    admin.show_sessions(_settings(config), views)


@session.command("end")
@_config
@click.argument("session_id")
def end_session(config: Path | None, session_id: str) -> None:
    """End a session. People in it are told within a few seconds."""
    _run(config, lambda services: services.sessions.end(session_id, "operator"))
    click.echo("ended")


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config)
    except SettingsError as exc:
        raise click.ClickException(str(exc)) from exc


def _password() -> str:
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    return sys.stdin.readline().rstrip("\n")


def _run(config: Path | None, use: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    from signaling import admin
    from signaling.store.store import SchemaBehindError

    try:
        return asyncio.run(admin.with_services(_settings(config), use))
    except RodaError as exc:
        words = error_body(exc.code)
        raise click.ClickException(f"{exc.code}: {words['message']} {words['remedy']}") from exc
    except SchemaBehindError as exc:
        raise click.ClickException(str(exc)) from exc


if __name__ == "__main__":
    main()
