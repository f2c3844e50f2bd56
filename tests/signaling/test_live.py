"""The hub through real sockets: what people in a session experience."""

from __future__ import annotations

import pytest

from sfu.net.media_api import TrackInfo
from tests.support.live_world import (
    hosted,
    live_server,
)

MICROPHONE = {"mid": "0", "source": "microphone"}
CAMERA = {"mid": "1", "source": "camera"}


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
        stats = (await guest.ask("get_stats"))["stats"]
        assert stats["publish"]["tracks"] == stats["subscribe"]["tracks"] == []
        await guest.ask("ice_candidate", transport="publish", candidate="candidate:1")
        assert media.candidates == [("publish", "candidate:1")]
        assert (await guest.ask("restart_ice"))["type"] == "ok"
        assert media.restarts == 1
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


async def test_quality_and_devices_are_told_when_they_change() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, joined = await server.join(server.books.add_seat("guest"))
        status = {"quality": 2, "camera": "denied", "microphone": "ok", "relayed": True}
        for _ in range(2):
            assert (await guest.ask("report_status", status=status))["type"] == "ok"
        told = await host.hear("peer_status")
        assert (told["connection_id"], told["status"]) == (joined["connection_id"], status)
        await host.ask("get_timeline")
        assert "peer_status" not in host.heard_types() | guest.heard_types()
        _, seen = await server.join(server.books.add_seat("late"))
        (peer,) = (p for p in seen["peers"] if p["connection_id"] == joined["connection_id"])
        assert peer["status"] == status
        for bad in (
            {"quality": 5},
            {"camera": "x" * 1000},
            {"relayed": "x"},
            {"speaker": "ok"},
            None,
        ):
            answer = await guest.ask("report_status", status=bad)
            assert answer["error"]["code"] == "message_invalid"


async def test_everyone_sees_since_when_people_are_in_the_call() -> None:
    async with live_server() as server:
        _, joined = await hosted(server)
        server.pass_time(60)
        earlier = "2029-12-31T20:00:00+00:00"
        await server.join(server.books.add_seat("guest", state="left", joined_at=earlier))
        _, seen = await server.join("host")
        times = {p["participant"]["name"]: p["participant"]["joined_at"] for p in seen["peers"]}
        assert times == {"Host": joined["participant"]["joined_at"], "Guest": earlier}
        assert seen["participant"]["joined_at"] == "2029-12-31T23:00:00+00:00"
