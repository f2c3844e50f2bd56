"""A session's hosts and its end: through real sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from signaling.errors import STATUSES
from signaling.room_values import RoomLimits
from tests.support.live_world import (
    EXPIRES_AT,
    close_code,
    hosted,
    live_server,
)


async def test_hosting_is_handed_over_and_kept() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        ana, _ = await server.join(server.books.add_seat("ana"))
        await host.ask("hand_over", participant_id="ana")
        updates = [await ana.hear("participant_updated") for _ in range(2)]
        assert {u["participant"]["name"]: u["participant"]["role"] for u in updates} == {
            "Host": "participant",
            "Ana": "host",
        }
        assert (await host.ask("end_session"))["error"]["code"] == "not_host"
        assert (await ana.ask("lock_session", locked=True))["type"] == "ok"
        assert server.books.seats["ana"].role == "host"


async def test_the_host_ends_the_session_for_everyone() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, _ = await server.join(server.books.add_seat("guest"))
        waiting = await server.connect(server.books.add_seat("late"))
        assert (await host.ask("end_session"))["type"] == "ok"
        for client in (host, guest, waiting):
            last = await client.hear("closed")
            assert (last["error"]["code"], last["reason"]) == ("session_ended", "host")
            assert last["error"]["message"] == "The host has ended this session."
            assert await client.close_code() == STATUSES["session_ended"].websocket
        assert server.books.ended == {"s1": "host"}
        assert server.plane.connections == {}
        await server.settled(lambda: ("guest", "left", True) in server.books.writes)
        again = await server.connect("guest")
        assert (await again.ask("join"))["error"]["code"] == "session_ended"


async def test_everyone_is_warned_then_told_that_time_is_over() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, expires_at=EXPIRES_AT - timedelta(minutes=50))
        server.pass_time(299)
        assert "expiry_warning" not in host.heard_types()
        server.pass_time(2)
        assert (await host.hear("expiry_warning"))["expires_at"]
        server.pass_time(300)
        assert (await host.hear("closed"))["reason"] == "expired"
        assert await host.close_code() == STATUSES["session_expired"].websocket
        await server.settled(lambda: server.books.ended == {"s1": "expired"})


async def test_an_extension_moves_the_end() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, expires_at=EXPIRES_AT - timedelta(minutes=50))
        server.books.sessions["s1"] = replace(server.books.sessions["s1"], expires_at=EXPIRES_AT)
        await server.hub.session_changed("s1")
        assert (await host.hear("session_updated"))["session"]["expires_at"] == (
            EXPIRES_AT.isoformat()
        )
        server.pass_time(601)
        assert (await host.ask("chat", text="still here"))["type"] == "ok"


async def test_an_empty_session_ends() -> None:
    async with live_server(RoomLimits(empty_timeout_s=600)) as server:
        host, _ = await hosted(server)
        await host.ask("leave")
        await host.close_code()
        server.pass_time(599)
        assert server.books.ended == {}
        server.pass_time(1)
        await server.settled(lambda: server.books.ended == {"s1": "empty"})
        assert server.hub.counts()["rooms"] == 0


async def test_the_rest_api_ends_and_removes() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, _ = await server.join(server.books.add_seat("guest"))
        await server.hub.participant_removed("s1", "guest", "participant_removed")
        assert await guest.closed() == close_code("participant_removed")
        assert (await host.hear("peer_left"))["reason"] == "removed"
        await server.hub.participant_removed("s1", "nobody", "participant_removed")
        await server.hub.participant_removed("s9", "guest", "participant_removed")
        await server.hub.session_ended("s1", "operator")
        await server.hub.session_ended("s1", "operator")
        assert await host.closed() == close_code("session_ended")


async def test_the_owner_takes_hosting_back_in_the_call() -> None:
    async with live_server() as server:
        host, joined = await hosted(server)
        assert joined["participant"]["owner"] is True
        ana, _ = await server.join(server.books.add_seat("ana"))
        guest, _ = await server.join(server.books.add_seat("guest"))
        await host.ask("hand_over", participant_id="ana")
        for other in (ana, guest):
            assert (await other.ask("take_hosting"))["error"]["code"] == "not_host"
        assert (await host.ask("take_hosting"))["type"] == "ok"
        roles = {seat.participant_id: seat.role for seat in server.books.seats.values()}
        assert roles == {"host": "host", "ana": "participant", "guest": "participant"}
        assert (await ana.ask("lock_session", locked=True))["error"]["code"] == "not_host"
        assert (await host.ask("lock_session", locked=True))["type"] == "ok"


async def test_the_owner_takes_hosting_back_when_the_host_has_gone() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, waiting_room_enabled=True)
        ana, _ = await server.join(server.books.add_seat("ana", state="left"))
        await host.ask("hand_over", participant_id="ana")
        await ana.ask("leave")
        await server.join(server.books.add_seat("bia"))
        assert (await host.ask("admit", participant_id="bia"))["error"]["code"] == "not_host"
        await host.ask("take_hosting")
        line = await host.hear("waiting_list")
        assert [p["name"] for p in line["waiting"]] == ["Bia"]
        assert (await host.ask("admit", participant_id="bia"))["type"] == "ok"


async def test_the_host_leaves_the_others_go_on_and_the_host_returns() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, _ = await server.join(server.books.add_seat("guest"))
        await host.ask("leave")
        await guest.hear("peer_left")
        assert (await guest.ask("chat", text="still here"))["type"] == "ok"
        back, joined = await server.join("host")
        assert joined["participant"]["role"] == "host"
        assert (await back.ask("mute_participant"))["type"] == "ok"


async def test_the_host_extends_in_the_call() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, _ = await server.join(server.books.add_seat("guest"))
        assert (await guest.ask("extend_session", minutes=5))["error"]["code"] == "not_host"
        bad = await host.ask("extend_session", minutes=-5)
        assert bad["error"]["code"] == "message_invalid"
        assert (await host.ask("extend_session", minutes=5))["type"] == "ok"
        told = await guest.hear("session_updated")
        later = EXPIRES_AT + timedelta(minutes=5)
        assert told["session"]["expires_at"] == later.isoformat()


async def test_a_session_kept_open_may_stand_empty() -> None:
    limits = RoomLimits(empty_timeout_s=600)
    async with live_server(limits, kept_open=("s1",)) as server:
        host, _ = await hosted(server)
        await host.ask("leave")
        await host.close_code()
        server.pass_time(1200)
        assert server.books.ended == {}
        assert server.hub.live_sessions() == {"s1"}


async def test_a_room_stays_in_memory_until_its_session_ends_for_being_empty() -> None:
    async with live_server(RoomLimits(empty_timeout_s=3 * 3600)) as server:
        host, _ = await hosted(server, expires_at=EXPIRES_AT + timedelta(days=1))
        await host.ask("leave")
        await host.close_code()
        server.pass_time(3 * 3600 - 1)
        assert server.books.ended == {}
        server.pass_time(1)
        await server.settled(lambda: server.books.ended == {"s1": "empty"})


async def test_who_was_removed_between_socket_and_join_does_not_get_in() -> None:
    async with live_server() as server:
        await hosted(server)
        early = await server.connect(server.books.add_seat("guest"))
        await server.settled(lambda: "guest" in server.hub.connected())
        await server.hub.participant_removed("s1", "guest", "participant_barred")
        assert await early.closed() == close_code("participant_barred")


async def test_who_leaves_over_rest_has_left_and_is_not_removed() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, waiting_room_enabled=True)
        ana, _ = await server.join(server.books.add_seat("ana", state="left"))
        await server.hub.participant_removed("s1", "ana", "connection_closed")
        assert await ana.closed() == close_code("connection_closed")
        assert (await host.hear("peer_left"))["reason"] == "left"
        _, back = await server.join("ana")
        assert back["state"] == "in_call"


async def test_the_owner_cannot_be_removed_by_the_host_they_made() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        ana, _ = await server.join(server.books.add_seat("ana"))
        await host.ask("hand_over", participant_id="ana")
        answer = await ana.ask("remove_participant", participant_id="host", bar=True)
        assert answer["error"]["code"] == "forbidden"
        assert server.books.refusals == {}
        assert (await host.ask("chat", text="still here"))["type"] == "ok"


async def test_the_books_are_told_who_acted() -> None:
    async with live_server() as server:
        host, _ = await hosted(server, waiting_room_enabled=True)
        ana, _ = await server.join(server.books.add_seat("ana"))
        await host.ask("admit", participant_id="ana")
        await ana.hear("admitted")
        await host.ask("hand_over", participant_id="ana")
        bia, _ = await server.join(server.books.add_seat("bia"))
        cid, _ = await server.join(server.books.add_seat("cid"))
        await ana.ask("admit_all")
        await bia.hear("admitted")
        await ana.ask("send_back", participant_id="bia")
        await ana.ask("decline", participant_id="bia")
        await ana.ask("remove_participant", participant_id="cid")
        assert await cid.closed() == close_code("participant_removed")
        await ana.ask("lock_session", locked=True)
        await ana.ask("extend_session", minutes=5)
        await host.ask("take_hosting")
        await host.ask("end_session")
        assert await host.closed() == close_code("session_ended")
    acted = {(what, act): by for what, act, by in server.books.acts if by}
    # Written as one where the entry came before the admission was written.
    assert (acted.get(("ana", "admitted")) or acted[("ana", "in_call")]) == "user-host"
    assert [acted[(who, "removed")] for who in ("bia", "cid")] == ["user-ana", "user-ana"]
    told = [one for one in server.books.acts if one[0] == "s1" or one[1] == "host"]
    assert told == [
        ("ana", "host", "user-host"),
        ("s1", "locked", "user-ana"),
        ("s1", "extended", "user-ana"),
        ("host", "host", "user-host"),
        ("s1", "ended", "user-host"),
    ]
    assert all(by is None for _, act, by in server.books.acts if act == "left")
