"""The hub through real sockets: what people in a session experience."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sfu.net.media_api import TrackInfo
from signaling.errors import STATUSES
from signaling.room_values import RoomLimits
from tests.support.live_world import EXPIRES_AT, LiveServer, WsClient, live_server

MICROPHONE = {"mid": "0", "source": "microphone"}
CAMERA = {"mid": "1", "source": "camera"}


def close_code(code: str) -> tuple[str, int]:
    return code, STATUSES[code].websocket


async def hosted(server: LiveServer, **fields: Any) -> tuple[WsClient, dict[str, Any]]:
    server.books.add_session(**fields)
    return await server.join(server.books.add_seat("host"))


async def test_two_join_publish_and_subscribe() -> None:
    async with live_server() as server:
        host, joined = await hosted(server)
        assert (joined["type"], joined["state"], joined["peers"]) == ("ok", "in_call", [])
        assert joined["ice_servers"] == [
            {"urls": ["stun:127.0.0.1:3478"], "username": None, "credential": None}
        ]
        published = await host.ask("publish_offer", sdp="o", tracks=[MICROPHONE, CAMERA])
        assert published["sdp"] == "answer to o"
        assert [t["source"] for t in published["tracks"]] == ["microphone", "camera"]

        guest, seen = await server.join(server.books.add_seat("guest"))
        (peer,) = seen["peers"]
        assert peer["connection_id"] == joined["connection_id"]
        assert [t["track_id"] for t in peer["tracks"]] == [
            t["track_id"] for t in published["tracks"]
        ]
        told = await host.hear("peer_joined")
        assert told["peer"]["connection_id"] == seen["connection_id"]

        media = server.plane.connections[seen["connection_id"]]
        tracks = server.plane.connections[joined["connection_id"]].tracks
        media.listener.on_subscribe_offer(1, "server's offer", tracks)
        offer = await guest.hear("subscribe_offer", offer_id=1)
        assert offer["tracks"][0]["connection_id"] == joined["connection_id"]
        assert (await guest.ask("subscribe_answer", offer_id=1, sdp="a"))["type"] == "ok"
        again = await guest.ask("subscribe_answer", offer_id=1, sdp="a")
        assert again["error"]["code"] == "offer_superseded"
        assert (await guest.ask("get_stats"))["stats"] == {"tracks": 0}
        await guest.ask("ice_candidate", transport="publish", candidate="candidate:1")
        assert media.candidates == [("publish", "candidate:1")]
        assert server.books.writes == [("host", "in_call", True), ("guest", "in_call", True)]


async def test_joining_twice_on_one_socket_is_refused_and_harmless() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        assert (await host.ask("join"))["error"]["code"] == "already_joined"
        assert len(server.plane.connections) == 1
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


async def test_the_same_account_in_two_windows_is_two_tiles() -> None:
    async with live_server() as server:
        first, one = await hosted(server)
        second, two = await server.join("host")
        assert one["connection_id"] != two["connection_id"]
        assert [p["connection_id"] for p in two["peers"]] == [one["connection_id"]]
        await second.ask("leave")
        assert await second.close_code() == 1000
        left = await first.hear("peer_left")
        assert (left["connection_id"], left["reason"]) == (two["connection_id"], "left")
        assert (await first.ask("chat", text="still here"))["type"] == "ok"
        assert ("host", "left", True) not in server.books.writes


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


async def test_muting_is_told_and_stops_the_forwarding() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, joined = await server.join(server.books.add_seat("guest"))
        await guest.ask("publish_offer", sdp="o", tracks=[MICROPHONE])
        track = f"{joined['connection_id']}-0"
        await host.hear("peer_tracks")
        await guest.ask("set_muted", track_id=track, muted=True)
        assert (await host.hear("track_muted"))["muted"] is True
        assert server.plane.connections[joined["connection_id"]].tracks[0].muted
        await guest.ask("set_muted", track_id=track, muted=False)
        assert (await host.hear("track_muted"))["muted"] is False
        assert "track_muted" not in guest.heard_types()

        await host.ask("mute_participant", participant_id="guest")
        assert (await guest.hear("track_muted"))["by_host"] is True
        assert server.plane.connections[joined["connection_id"]].tracks[0].muted
        await host.ask("ask_to_unmute", participant_id="guest")
        await guest.hear("unmute_requested")


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


async def test_a_lost_socket_is_resumed_with_media_flowing() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, joined = await server.join(server.books.add_seat("guest"))
        await guest.ask("publish_offer", sdp="o", tracks=[CAMERA])
        media = server.plane.connections[joined["connection_id"]]
        await guest.ws.close()
        away = await host.hear("participant_updated")
        assert away["participant"]["state"] == "away"
        server.pass_time(29)
        assert not media.closed
        media.listener.on_subscribe_offer(7, "offered while away", [])
        await host.ask("chat", text="said while away")

        back, resumed = await server.join("guest", resume=joined["connection_id"])
        assert resumed["connection_id"] == joined["connection_id"]
        assert [m["text"] for m in resumed["chat"]] == ["said while away"]
        assert (await back.hear("subscribe_offer"))["offer_id"] == 7
        updated = await host.hear("participant_updated")
        assert updated["participant"]["state"] == "in_call"
        server.pass_time(60)
        assert not media.closed
        assert "peer_left" not in host.heard_types()
        assert (await back.ask("set_muted", track_id=media.tracks[0].track_id, muted=True))[
            "type"
        ] == "ok"


async def test_a_resume_takes_over_a_socket_that_seems_alive() -> None:
    async with live_server() as server:
        old, joined = await hosted(server)
        _, resumed = await server.join("host", resume=joined["connection_id"])
        assert resumed["connection_id"] == joined["connection_id"]
        assert await old.closed() == close_code("connection_replaced")
        assert len(server.plane.connections) == 1


async def test_a_resume_that_comes_too_late_or_is_anothers_is_a_fresh_join() -> None:
    async with live_server() as server:
        host, joined = await hosted(server)
        _, stranger = await server.join(
            server.books.add_seat("guest"), resume=joined["connection_id"]
        )
        assert stranger["connection_id"] != joined["connection_id"]
        await host.ws.close()
        await server.settled(lambda: not server.attached(joined["connection_id"]))
        server.pass_time(30)
        await server.settled(lambda: joined["connection_id"] not in server.plane.connections)
        _, late = await server.join("host", resume=joined["connection_id"])
        assert late["connection_id"] != joined["connection_id"]


async def test_a_vanished_peer_goes_at_once() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, joined = await server.join(server.books.add_seat("guest"))
        listener = server.plane.connections[joined["connection_id"]].listener
        listener.on_transport_state("publish", "connected")
        assert (await host.hear("transport_state"))["state"] == "connected"
        listener.on_transport_state("publish", "failed")
        assert (await host.hear("transport_state"))["state"] == "failed"
        listener.on_lost("consent expired")
        left = await host.hear("peer_left")
        assert (left["connection_id"], left["reason"]) == (joined["connection_id"], "lost")
        assert await guest.closed() == close_code("media_unreachable")
        (gone,) = [c for c in server.hub.connections("s1") if c["state"] == "closed"]
        assert "consent expired" in [e["detail"] for e in gone["timeline"]]


async def test_media_that_never_connected_leaves_the_page_its_socket() -> None:
    async with live_server() as server:
        host, joined = await hosted(server)
        server.plane.connections[joined["connection_id"]].listener.on_lost("no path")
        entries = (await host.ask("get_timeline"))["entries"]
        assert ("media_lost", "failed", "no path") in [
            (e["step"], e["outcome"], e["detail"]) for e in entries
        ]
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


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
            assert await client.closed() == close_code("session_ended")
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
        assert await host.closed() == close_code("session_expired")
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
        await server.hub.session_ended("s1", "session_ended")
        await server.hub.session_ended("s1", "session_ended")
        assert await host.closed() == close_code("session_ended")


async def test_the_timeline_of_a_join() -> None:
    async with live_server() as server:
        host, joined = await hosted(server)
        listener = server.plane.connections[joined["connection_id"]].listener
        listener.on_step("publish_ice", "failed", "no answer")
        await host.ask("timeline", step="devices_granted", at_ms=1.5)
        await host.ask("publish_offer", sdp="o")
        entries = (await host.ask("get_timeline"))["entries"]
        assert [(e["source"], e["step"], e["outcome"]) for e in entries] == [
            ("server", "signaling_connected", "ok"),
            ("server", "joined", "ok"),
            ("server", "publish_ice", "failed"),
            ("client", "devices_granted", "ok"),
            ("server", "publish_answered", "ok"),
        ]
        told = [m["entry"]["step"] for m in host.heard if m["type"] == "timeline"]
        assert told == ["signaling_connected", "joined", "publish_ice", "publish_answered"]
        (view,) = server.hub.connections("s1")
        assert [e["step"] for e in view["timeline"]] == [e["step"] for e in entries]
        assert (view["state"], view["role"]) == ("in_room", "host")
        counters, steps = server.metrics.read()
        assert counters["joins"] == {"in_call": 1}
        assert counters["failed_steps"] == {"publish_ice": 1}
        assert steps["joined"].count == 1


async def test_a_call_does_without_ice_servers_and_says_so() -> None:
    async with live_server() as server:
        server.ice.failure = OSError("provider down")
        host, joined = await hosted(server)
        assert joined["ice_servers"] == []
        entries = (await host.ask("get_timeline"))["entries"]
        assert ("ice_servers", "failed", "OSError") in [
            (e["step"], e["outcome"], e["detail"]) for e in entries
        ]


async def test_a_media_server_that_refuses_is_told() -> None:
    async with live_server() as server:
        server.plane.refuse = True
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        assert await host.closed() == close_code("media_unreachable")
        assert server.hub.counts()["connections"] == 0


async def test_publishing_people_are_seen_whole_by_those_who_come_later() -> None:
    async with live_server() as server:
        _, joined = await hosted(server)
        listener = server.plane.connections[joined["connection_id"]].listener
        track = TrackInfo("t1", joined["connection_id"], "0", "audio", "microphone", muted=True)
        listener.on_tracks([track])
        _, seen = await server.join(server.books.add_seat("guest"))
        assert seen["peers"][0]["tracks"] == [
            {"track_id": "t1", "kind": "audio", "source": "microphone", "muted": True}
        ]


@pytest.mark.parametrize("lang", ["en", "pt-BR", "es"])
async def test_refusals_speak_the_clients_language(lang: str) -> None:
    async with live_server() as server:
        server.books.add_session()
        client = await server.connect(server.books.add_seat("host"), lang=lang)
        messages = {
            "en": "joined",
            "pt-BR": "entr",
            "es": "entr",
        }
        answer = await client.ask("leave")
        assert answer["error"]["message"]
        assert messages[lang] in (answer["error"]["message"] + answer["error"]["remedy"]).lower()


async def test_counts() -> None:
    async with live_server() as server:
        await hosted(server, waiting_room_enabled=True)
        await server.join("host")
        await server.join(server.books.add_seat("ana"))
        assert server.hub.counts() == {
            "rooms": 1,
            "participants": 1,
            "connections": 3,
            "waiting": 1,
            "sockets": 3,
        }
