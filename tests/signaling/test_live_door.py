"""Who is let in, kept waiting, sent away: through real sockets."""

from __future__ import annotations

import asyncio

from signaling.room_values import RoomLimits
from tests.support.live_world import (
    close_code,
    hosted,
    live_server,
)


async def test_the_waiting_room() -> None:
    async with live_server() as server:
        server.books.add_session(waiting_room_enabled=True)
        ana, waiting = await server.join(server.books.add_seat("ana"))
        assert (waiting["state"], waiting["peers"], waiting["ice_servers"]) == ("waiting", [], [])
        assert (await ana.ask("publish_offer", sdp="o"))["error"]["code"] == "not_joined"
        assert server.plane.connections == {}
        host, joined = await server.join(server.books.add_seat("host"))
        assert [p["name"] for p in joined["waiting"]] == ["Ana"]
        bia, _ = await server.join(server.books.add_seat("bia"))
        assert [p["name"] for p in (await host.hear("waiting_list"))["waiting"]] == ["Ana", "Bia"]
        assert ana.heard_types() <= {"timeline"}

        assert (await bia.ask("admit_all"))["error"]["code"] == "not_joined"
        await host.ask("admit", participant_id="ana")
        admitted = await ana.hear("admitted")
        assert (admitted["state"], admitted["connection_id"]) == (
            "in_call",
            waiting["connection_id"],
        )
        assert len(admitted["peers"]) == 1
        assert admitted["ice_servers"]
        await host.hear("peer_joined")
        assert (await ana.ask("publish_offer", sdp="o"))["type"] == "ok"
        assert (await ana.ask("admit_all"))["error"]["code"] == "not_host"

        await host.ask("decline", participant_id="bia")
        assert await bia.closed() == close_code("declined")

        await host.ask("send_back", participant_id="ana")
        await ana.hear("sent_back")
        await host.hear("peer_left", reason="sent_back")
        assert (await ana.ask("chat", text="hello?"))["error"]["code"] == "not_joined"
        await host.ask("admit_all")
        assert (await ana.hear("admitted"))["connection_id"] == waiting["connection_id"]
        assert waiting["connection_id"] in server.plane.connections


async def test_a_reload_keeps_the_place_and_an_admission() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, waiting_room_enabled=True)
        first, _ = await server.join(server.books.add_seat("ana"))
        await server.join(server.books.add_seat("bia"))
        await first.ws.close(code=1001)
        again, back = await server.join("ana")
        assert back["state"] == "waiting"
        await host.ask("get_timeline")
        last = [m for m in host.heard if m["type"] == "waiting_list"][-1]
        assert [(p["name"], p["state"]) for p in last["waiting"]] == [
            ("Ana", "waiting"),
            ("Bia", "waiting"),
        ]
        await host.ask("admit", participant_id="ana")
        await again.hear("admitted")
        await again.ws.close(code=1001)
        _, straight = await server.join("ana")
        assert straight["state"] == "in_call"


async def test_the_host_removes_and_bars() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, _ = await server.join(server.books.add_seat("guest"))
        await server.join("guest")
        assert (await guest.ask("remove_participant", participant_id="host"))["error"][
            "code"
        ] == "not_host"
        await host.ask("remove_participant", participant_id="guest", bar=True)
        assert await guest.closed() == close_code("participant_barred")
        assert len(server.plane.connections) == 1
        back = await server.connect("guest")
        assert await back.closed() == close_code("participant_barred")


async def test_a_locked_session_refuses_newcomers() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        await host.ask("lock_session", locked=True)
        assert (await host.hear("session_updated"))["session"]["locked"] is True
        newcomer = await server.connect(server.books.add_seat("ana"))
        assert (await newcomer.ask("join"))["error"]["code"] == "session_locked"
        assert await newcomer.closed() == close_code("session_locked")
        await host.ask("lock_session", locked=False)
        _, joined = await server.join("ana")
        assert joined["state"] == "in_call"


async def test_too_many_windows_are_told_so() -> None:
    async with live_server(RoomLimits(connections_per_participant=2)) as server:
        await hosted(server)
        await server.join("host")
        third = await server.connect("host")
        answer = await third.ask("join")
        assert answer["error"]["code"] == "too_many_connections"
        assert await third.closed() == close_code("too_many_connections")


async def test_sockets_that_never_join_are_limited_too() -> None:
    async with live_server(RoomLimits(connections_per_participant=1)) as server:
        server.books.add_session()
        server.books.add_seat("host")
        for _ in range(2):
            await server.connect("host")
        assert await (await server.connect("host")).closed() == close_code("too_many_connections")


async def test_fifty_at_once_for_one_seat_left() -> None:
    async with live_server() as server:
        await hosted(server, max_participants=2)
        names = [server.books.add_seat(f"ana{n}") for n in range(50)]
        clients = await asyncio.gather(*(server.connect(name) for name in names))
        answers = await asyncio.gather(*(client.ask("join") for client in clients))
        assert [a["type"] for a in answers].count("ok") == 1
        codes = [a["error"]["code"] for a in answers if a["type"] == "error"]
        assert codes == ["session_full"] * 49
        assert server.hub.counts()["participants"] == 2


async def test_windows_take_no_seats() -> None:
    async with live_server() as server:
        await hosted(server, max_participants=2)
        server.books.add_seat("ana")
        joined = await asyncio.gather(*(server.join("ana") for _ in range(5)))
        assert [answer["type"] for _, answer in joined] == ["ok"] * 5
        assert server.hub.counts()["participants"] == 2
        assert server.hub.counts()["connections"] == 6
        late = await server.connect(server.books.add_seat("bia"))
        assert (await late.ask("join"))["error"]["code"] == "session_full"


async def test_the_hub_knows_who_is_connected() -> None:
    async with live_server() as server:
        await hosted(server, waiting_room_enabled=True)
        ana, _ = await server.join(server.books.add_seat("ana"))
        await server.connect(server.books.add_seat("unjoined"))
        await server.settled(lambda: len(server.hub.connected()) == 3)
        assert server.hub.connected() == {"host", "ana", "unjoined"}
        await ana.ws.close(code=1001)
        await server.settled(lambda: server.hub.counts()["sockets"] == 2)
        assert "ana" in server.hub.connected()  # her place is kept for a minute
        server.pass_time(61)
        assert server.hub.connected() == {"host", "unjoined"}
