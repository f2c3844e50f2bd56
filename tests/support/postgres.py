"""A real PostgreSQL on loopback: a private port, a private folder, gone with the tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from signaling.store.migrate import upgrade
from tests.support.coturn import free_port

OWNER, LOGIN, TEMPLATE = "roda_owner", "roda_login", "roda_template"
_ADMIN = "postgres"
_SERVER_OPTIONS = "-c fsync={fsync} -c max_connections=200 -c shared_buffers=64MB"


@dataclass(frozen=True)
class Database:
    """One database at the current schema. ``url`` logs in as an ordinary role, ``owner_url`` as
    the tables' owner."""

    url: str
    owner_url: str

    async def raw(self) -> asyncpg.Connection:
        """A connection as the server's own role, without the server."""
        connection = await asyncpg.connect(self.url)
        await connection.execute("SET ROLE roda_server")
        return connection


class PostgresServer:
    def __init__(self, port: int) -> None:
        self._port = port

    def url(self, database: str, role: str) -> str:
        return f"postgresql://{role}@127.0.0.1:{self._port}/{database}"

    async def prepare(self) -> None:
        """Roles as an operator makes them, and a database to copy."""
        await self._admin(
            f"CREATE ROLE {OWNER} LOGIN CREATEROLE",
            f"CREATE ROLE {LOGIN} LOGIN NOINHERIT",
            f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}",
        )
        await upgrade(self.url(TEMPLATE, OWNER))
        await self._admin(f"GRANT roda_server TO {LOGIN}")

    async def new_database(self, *, empty: bool = False) -> Database:
        name = f"roda_{uuid.uuid4().hex}"
        template = "template1" if empty else TEMPLATE
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return Database(self.url(name, LOGIN), self.url(name, OWNER))

    async def _admin(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url("postgres", _ADMIN))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def postgres_folder() -> Path | None:
    """Where Debian's ``postgresql`` package put the server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run PostgreSQL with one migrated database to copy. ``durable``: it waits for the disk."""
    programs = postgres_folder()
    assert programs is not None, "Debian's postgresql is missing"
    # Its own folder under /tmp: a socket's path is short, and the server's user may enter it.
    with tempfile.TemporaryDirectory(prefix="roda-pg-", dir="/tmp") as made:
        folder, port = Path(made), free_port()
        _give_away(folder)
        data = folder / "data"
        initdb = ("initdb", "-D", str(data), "-U", _ADMIN, "--auth=trust", "-E", "UTF8")
        _run(programs, *initdb, "--no-sync", "--locale=C.UTF-8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 "
        options += _SERVER_OPTIONS.format(fsync="on" if durable else "off")
        log = str(folder / "log")
        _run(programs, "pg_ctl", "-D", str(data), "-w", "-l", log, "-o", options, "start")
        try:
            server = PostgresServer(port)
            # In a thread: a fixture may be asked for while a loop runs in this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, server.prepare()).result()
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                _run(programs, "pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def _give_away(folder: Path) -> None:
    """The server refuses to run as root: then Debian's own user runs it."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def _run(programs: Path, name: str, *arguments: str) -> None:
    as_user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    prefix = as_user if os.geteuid() == 0 else ()
    subprocess.run(
        (*prefix, str(programs / name), *arguments),
        check=True,
        cwd="/tmp",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
