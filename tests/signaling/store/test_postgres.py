"""What only PostgreSQL has: roles, and an actor who ends with the transaction."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import func, make_url, select, text

from signaling.actors import ANONYMOUS, SERVER, Actor, ActorRole
from signaling.sessions import NewSession
from signaling.store.engine import engine_for
from signaling.store.migrate import upgrade
from signaling.store.postgres import CONNECTIONS, PostgresEngine
from signaling.store.store import SchemaBehindError, Store
from signaling.store.tables import instant_sessions as sessions
from tests.support.database import SettableClock, add_people, services_over
from tests.support.postgres import Database, PostgresServer


@pytest.fixture
async def database(postgres: PostgresServer) -> Database:
    return await postgres.new_database()


async def add_session(database: Database) -> Actor:
    """One running session; its host."""
    async with services_over(database.url, SettableClock()) as services:
        host = (await add_people(services)).therapist.as_actor()
        await services.sessions.create(host, NewSession("Talk"))
    return host


async def test_a_pooled_connection_keeps_no_actor(database: Database) -> None:
    host = await add_session(database)
    engine = engine_for(database.url)
    store = Store(engine, SettableClock())
    shown = text(
        "SELECT pg_backend_pid() AS pid, current_setting('roda.role', true) AS role,"
        " current_setting('roda.user_id', true) AS user_id,"
        " (SELECT count(*) FROM instant_sessions) AS sessions"
    )
    pids = set()
    for actor, expected in ((host, 1), (ANONYMOUS, 0), (SERVER, 1), (ANONYMOUS, 0)):
        async with store.transaction(actor) as transaction:
            assert len(await transaction.rows(select(sessions.c.id))) == expected
        with pytest.raises(ZeroDivisionError):
            async with store.transaction(actor):
                raise ZeroDivisionError  # rolled back, and given back to the pool
        async with engine.transaction() as connection:  # nobody set
            row = (await connection.execute(shown)).rows[0]
        pids.add(row["pid"])
        assert (row["role"] or None, row["user_id"] or None, row["sessions"]) == (None, None, 0)
    assert len(pids) == 1, "not the same connection each time"
    await store.close()


async def test_many_at_once_each_stay_who_they_are(database: Database) -> None:
    """Sixty people on ten connections, some of whom fail and some of whom are gone half-way."""
    engine = engine_for(database.url)
    store = Store(engine, SettableClock())
    whole = 0

    async def act(number: int) -> None:
        nonlocal whole
        role: ActorRole = "anonymous" if number % 3 == 0 else "patient"
        token = f"token-{number}"
        actor = Actor(role, f"user-{number}" if role == "patient" else None, token)
        expected = {"role": role, "user_id": actor.user_id or "", "session_token": token}
        shown = select(*(func.current_setting(f"roda.{name}").label(name) for name in expected))
        async with store.transaction(actor) as transaction:
            for _ in range(3):
                assert await transaction.row(shown) == expected
                await transaction.row(select(func.pg_sleep(0.001 * (number % 7))))
            if number % 5 == 0:
                raise ZeroDivisionError
            whole += 1

    tasks = [asyncio.create_task(act(number)) for number in range(60)]
    await asyncio.sleep(0)
    for number, task in enumerate(tasks):
        if number % 4 == 1:
            asyncio.get_running_loop().call_later(0.005 * (number % 9), task.cancel)
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = (type(None), ZeroDivisionError, asyncio.CancelledError)
    assert [end for end in ends if not isinstance(end, kinds)] == []
    assert sum(isinstance(end, ZeroDivisionError) for end in ends) > 0
    assert whole > 0
    unset = "SELECT coalesce(current_setting('roda.user_id', true), '') AS user_id"
    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):  # every connection there is
            connection = await stack.enter_async_context(engine.transaction())
            assert (await connection.execute(text(unset))).scalar() == ""
    await store.close()


async def test_nobody_enumerates_by_raw_sql(database: Database) -> None:
    await add_session(database)
    raw = await database.raw()
    count = "SELECT count(*) FROM instant_sessions"
    assert await raw.fetchval(count) == 0
    for role in ("anonymous", "patient", "admin", "nonsense"):
        await raw.execute("SELECT set_config('roda.role', $1, false)", role)
        assert await raw.fetchval(count) == 0, role
    await raw.close()


async def test_the_servers_role_is_nobody_special(database: Database) -> None:
    engine = engine_for(database.url)
    query = text(
        "SELECT current_user AS name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
        " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owned"
        " FROM pg_roles WHERE rolname = current_user"
    )
    async with engine.transaction() as connection:
        row = (await connection.execute(query)).rows[0]
    assert tuple(row.values()) == ("roda_server", False, False, False, False, 0)
    await engine.dispose()
    raw = await database.raw()
    for statement in (
        "ALTER TABLE profiles DISABLE ROW LEVEL SECURITY",
        "DROP POLICY profiles_server ON profiles",
        "CREATE TABLE public.mine (id int)",
        "TRUNCATE profiles",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await raw.execute(statement)
    await raw.close()


async def test_migrating_again_changes_nothing_and_repairs_policies(database: Database) -> None:
    store = Store(engine_for(database.url), SettableClock())
    await upgrade(database.owner_url)
    await store.check_schema()
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("COMMENT ON SCHEMA roda IS 'of an older Roda'")
    await owner.execute("CREATE POLICY stray ON profiles FOR SELECT USING (true)")
    with pytest.raises(SchemaBehindError, match="roda migrate"):
        await store.check_schema()
    await upgrade(database.owner_url)
    await store.check_schema()
    assert await owner.fetchval("SELECT count(*) FROM pg_policies WHERE policyname = 'stray'") == 0
    await owner.close()
    await store.close()


async def test_a_server_that_would_bypass_the_policies_does_not_start(
    postgres: PostgresServer, database: Database
) -> None:
    name = database.url.rpartition("/")[2]
    store = Store(PostgresEngine(make_url(postgres.url(name, "postgres")), None), SettableClock())
    with pytest.raises(SchemaBehindError, match="bypasses row security"):
        await store.check_schema()
    await store.close()


async def test_an_empty_database_says_what_to_run(postgres: PostgresServer) -> None:
    database = await postgres.new_database(empty=True)
    store = Store(engine_for(database.owner_url), SettableClock())
    with pytest.raises(SchemaBehindError, match="run `roda migrate`"):
        await store.check_schema()
    await upgrade(database.owner_url)
    await store.check_schema()
    await store.close()


async def test_a_connection_lost_while_idle_is_replaced(
    postgres: PostgresServer, database: Database
) -> None:
    store = Store(engine_for(database.url), SettableClock())
    await store.ping()
    admin = await asyncpg.connect(postgres.url(database.url.rpartition("/")[2], "postgres"))
    others = (
        "FROM pg_stat_activity WHERE application_name = 'roda' AND datname = current_database()"
    )
    assert await admin.fetchval(f"SELECT count(pg_terminate_backend(pid)) {others}") == 1
    await store.ping()
    await admin.close()
    await store.close()
