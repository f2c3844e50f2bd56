"""Lost sockets and vanished media: through real sockets."""

from __future__ import annotations

from tests.support.live_world import (
    close_code,
    hosted,
    live_server,
)

CAMERA = {"mid": "1", "source": "camera"}


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


async def test_an_expired_token_leads_back_to_the_seat_and_nowhere_else() -> None:
    async with live_server() as server:
        host, _ = await hosted(server)
        guest, joined = await server.join(server.books.add_seat("guest"))
        _, others = await server.join(server.books.add_seat("other"))
        server.books.refusals["guest"] = "connect_token_expired"
        await guest.ws.close()
        await host.hear("participant_updated")
        server.pass_time(29)
        for query in ({}, {"resume": "unknown"}, {"resume": others["connection_id"]}):
            refused = await server.connect("guest", **query)
            assert await refused.closed() == close_code("connect_token_expired")
        back, resumed = await server.join("guest", resume=joined["connection_id"])
        assert resumed["connection_id"] == joined["connection_id"]
        assert (await back.ask("chat", text="here again"))["type"] == "ok"
        await back.ws.close()
        waiting = await server.connect("guest", resume=joined["connection_id"])
        assert (await host.hear("participant_updated"))["participant"]["state"] == "in_call"
        assert (await host.hear("participant_updated"))["participant"]["state"] == "away"
        server.pass_time(30)
        assert (await host.hear("peer_left"))["reason"] == "lost"
        refused = await waiting.ask("join")  # between the socket and the request the seat went
        assert refused["error"]["code"] == "connect_token_expired"
        server.books.refusals["guest"] = "participant_barred"
        barred = await server.connect("guest", resume=joined["connection_id"])
        assert await barred.closed() == close_code("participant_barred")


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


async def test_a_media_server_that_refuses_is_told() -> None:
    async with live_server() as server:
        server.plane.refuse = True
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        assert await host.closed() == close_code("media_unreachable")
        assert server.hub.counts()["connections"] == 0


async def test_a_call_does_without_ice_servers_and_says_so() -> None:
    async with live_server() as server:
        server.ice.failure = OSError("provider down")
        host, joined = await hosted(server)
        assert joined["ice_servers"] == []
        entries = (await host.ask("get_timeline"))["entries"]
        assert ("ice_servers", "failed", "OSError") in [
            (e["step"], e["outcome"], e["detail"]) for e in entries
        ]
