"""The WebSocket endpoint and the hub, over real sockets."""

from __future__ import annotations

from typing import Any

from signaling.errors import STATUSES
from tests.support.live_world import live_server

MICROPHONE = {"mid": "0", "source": "microphone"}
CAMERA = {"mid": "1", "source": "camera"}


async def test_two_join_publish_and_subscribe() -> None:
    async with live_server() as server:
        server.books.add_session()
        host, joined = await server.join(server.books.add_seat("host"))
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
        media.listener.on_subscribe_offer(1, "server's offer", server_tracks(server, joined))
        offer = await guest.hear("subscribe_offer")
        assert (offer["offer_id"], offer["tracks"][0]["connection_id"]) == (
            1,
            joined["connection_id"],
        )
        assert (await guest.ask("subscribe_answer", offer_id=1, sdp="a"))["type"] == "ok"
        again = await guest.ask("subscribe_answer", offer_id=1, sdp="a")
        assert again["error"]["code"] == "offer_superseded"


def server_tracks(server: Any, joined: dict[str, Any]) -> Any:
    return server.plane.connections[joined["connection_id"]].tracks


async def test_a_wrong_token_is_told_why_over_the_open_socket() -> None:
    async with live_server() as server:
        client = await server.connect("nobody", lang="pt-BR")
        message = await client.hear("closed")
        assert message["error"]["code"] == "connect_token_invalid"
        assert "link" in message["error"]["remedy"].lower()
        assert await client.close_code() == STATUSES["connect_token_invalid"].websocket
