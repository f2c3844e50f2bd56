"""The socket itself: what it says, when it ends."""

from __future__ import annotations

from aiohttp import WSCloseCode

from signaling.errors import STATUSES
from signaling.http.websocket import HEARTBEAT_S
from tests.support.live_world import live_server


async def test_a_wrong_token_is_told_why_over_the_open_socket() -> None:
    async with live_server() as server:
        client = await server.connect("nobody", lang="pt-BR")
        message = await client.hear("closed")
        assert message["error"]["code"] == "connect_token_invalid"
        assert "link" in message["error"]["remedy"].lower()
        assert await client.close_code() == STATUSES["connect_token_invalid"].websocket


async def test_who_does_not_join_in_time_is_closed() -> None:
    async with live_server(join_time_limit_s=0.05) as server:
        server.books.add_session()
        client = await server.connect(server.books.add_seat("host"))
        assert await client.closed() == ("join_timeout", STATUSES["join_timeout"].websocket)


async def test_who_joined_in_time_stays() -> None:
    async with live_server(join_time_limit_s=0.05) as server:
        server.books.add_session()
        client, joined = await server.join(server.books.add_seat("host"))
        assert joined["type"] == "ok"
        server.endpoint.check_joined(next(iter(server.hub._clients)))
        assert (await client.ask("get_timeline"))["type"] == "ok"


async def test_a_reader_that_does_not_read_is_cut_off_alone() -> None:
    async with live_server() as server:
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        await server.join(server.books.add_seat("deaf"))
        await host.hear("peer_joined")
        (deaf,) = (c for c in server.hub._clients if c.seat.participant_id == "deaf")
        text = "x" * 2000
        for _ in range(5000):  # faster than the socket drains
            deaf.send(chat(text))
        await host.hear("participant_updated")  # away
        assert (await host.ask("chat", text="hello"))["type"] == "ok"


def chat(text: str) -> object:
    from signaling.protocol import ChatMessage, ChatPosted

    return ChatPosted(
        message=ChatMessage(message_id="1", participant_id="p", name="P", text=text, sent_at="now")
    )


async def test_a_page_that_goes_away_leaves_at_once() -> None:
    async with live_server() as server:
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        guest, joined = await server.join(server.books.add_seat("guest"))
        await guest.ws.close(code=WSCloseCode.GOING_AWAY)
        left = await host.hear("peer_left")
        assert (left["connection_id"], left["reason"]) == (joined["connection_id"], "left")
        assert joined["connection_id"] not in server.plane.connections


async def test_a_server_that_stops_says_so() -> None:
    async with live_server() as server:
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        unjoined = await server.connect("host")
        await server.hub.close()
        for client in (host, unjoined):
            assert await client.closed() == (
                "server_draining",
                STATUSES["server_draining"].websocket,
            )
        assert server.books.writes[-1] == ("host", "left", True)
        late = await server.connect("host")
        assert (await late.closed())[0] == "server_draining"


async def test_a_peer_that_is_dead_without_a_word_is_seen_and_its_seat_kept() -> None:
    async with live_server(heartbeat_s=0.2) as server:
        server.books.add_session()
        host, _ = await server.join(server.books.add_seat("host"))
        dead = await server.connect(server.books.add_seat("guest"), autoping=False)
        joined = await dead.ask("join")
        # Its TCP connection stays open: only the missing pong tells.
        away = await host.hear("participant_updated")
        assert (away["participant"]["name"], away["participant"]["state"]) == ("Guest", "away")
        assert not dead.ws.closed
        assert joined["connection_id"] in server.plane.connections
        _, back = await server.join("guest", resume=joined["connection_id"])
        assert back["connection_id"] == joined["connection_id"]


def test_a_dead_peer_is_seen_within_fifteen_seconds() -> None:
    assert HEARTBEAT_S + HEARTBEAT_S / 2 <= 15
