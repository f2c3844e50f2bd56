"""Whatever comes from the network gets its documented error, and two bots in a call next to it
lose no packet."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aioice import stun

from bots.report import BotReport
from signaling.errors import STATUSES
from signaling.seats import SeatClaim, SeatTokens
from tests.support.browser import Person
from tests.support.clinic import Clinic, Session, clinic
from tests.support.light_bots import LightBots, light_bots, lost
from tests.support.rude import (
    OFFER,
    TRACKS,
    Target,
    client_ufrag,
    datagrams,
    joined,
    publish_target,
    receive,
    register,
    rude_socket,
)

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
MARKUP = '<img src=x onerror="document.title=1"><b>Bold</b> & "quoted"'


@dataclass
class Call:
    """Two bots in ``session``; other sessions are for those who misbehave."""

    roda: Clinic
    session: Session
    bots: LightBots
    folder: Path
    last: list[BotReport]

    async def goes_on(self) -> None:
        """Media went on meanwhile, whole; the server is well and has met no fault of its own."""
        for _ in range(100):
            now = await self.bots.reports()
            if self._each_received_more(now):
                break
            await asyncio.sleep(0.02)
        assert self._each_received_more(now)
        assert [one.error for one in now] == [None] * len(now)
        assert lost(now) == 0
        self.last = now
        for path in ("/healthz", "/readyz"):
            async with self.roda.http.get(self.roda.url + path) as answer:
                assert answer.status == 200, path
        assert self.roda.logged_errors() == []

    def _each_received_more(self, now: list[BotReport]) -> bool:
        pairs = zip(self.last, now, strict=True)
        return all(after.packets_received > before.packets_received for before, after in pairs)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_call(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Call]:
    folder = tmp_path_factory.mktemp("bad-input")
    async with clinic(folder) as roda:
        session = await roda.session(max_participants=40)
        async with light_bots(session.link, 2, 1) as bots:
            yield Call(roda, session, bots, folder, await bots.reports())


@pytest_asyncio.fixture(loop_scope="session")
async def call(running_call: Call) -> AsyncIterator[Call]:
    yield running_call
    await running_call.goes_on()


# --- the media port -------------------------------------------------------------------------------


def binding_request(target: Target, password: str, username: str = "") -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = username or f"{target.ufrag}:{client_ufrag()}"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLING"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(password.encode())
    request.add_fingerprint()
    return bytes(request)


def rubbish() -> Iterator[bytes]:
    """Every class of first byte (RFC 7983) at many lengths, and truncated and longer-than-said
    packets of each kind. Seeded: the same every time."""
    chance = random.Random(7)
    for first in (0, 1, 3, 16, 20, 22, 25, 63, 64, 79, 127, 128, 144, 191, 192, 255):
        for size in (0, 1, 3, 11, 12, 19, 20, 27, 100, 1199, 2047, 4000, 9000):
            yield bytes([first]) + chance.randbytes(size)
    dtls = bytes.fromhex("16fefd0000000000000000") + (60).to_bytes(2, "big")
    rtp = bytes.fromhex("90600001000000010000000200bede0002")
    rtcp = bytes.fromhex("81c9000700000001")
    for header in (dtls, rtp, rtcp, bytes.fromhex("80cd0003"), bytes.fromhex("81ceffff")):
        for size in (*range(len(header)), 2000):
            yield (header + chance.randbytes(2000))[:size]


async def test_datagrams_from_nowhere(call: Call) -> None:
    async with joined(call.roda, call.session) as rude, datagrams() as sock:
        target = await publish_target(rude)
        for data in (b"", *rubbish()):
            sock.sendto(data, target.address)
        whole = binding_request(target, target.password)
        for size in range(len(whole)):
            sock.sendto(whole[:size], target.address)
        sock.sendto(whole, target.address)
        # What was sent before it has been read once this is answered.
        assert stun.parse_message(await receive(sock)).message_class is stun.Class.RESPONSE


async def test_stun_with_wrong_credentials(call: Call) -> None:
    async with joined(call.roda, call.session) as rude, datagrams() as sock:
        target = await publish_target(rude)
        for password, username in (
            ("wrong" * 5, ""),
            ("", ""),
            (target.password, "nobody:nobody"),
            (target.password, f"{target.ufrag}:someone"),
            (target.password, "x" * 400),
        ):
            sock.sendto(binding_request(target, password, username), target.address)
        right = binding_request(target, target.password)
        sock.sendto(right, target.address)
        expected = stun.parse_message(right).transaction_id
        errors = 0
        while (message := stun.parse_message(await receive(sock))).transaction_id != expected:
            assert message.message_class is stun.Class.ERROR
            assert message.attributes["ERROR-CODE"][0] in (400, 401)
            errors += 1
        assert message.message_class is stun.Class.RESPONSE
        assert errors <= 5


async def test_rubbish_from_a_participants_own_address(call: Call) -> None:
    async with joined(call.roda, call.session) as rude, datagrams() as sock:
        target = await publish_target(rude)
        sock.sendto(binding_request(target, target.password), target.address)
        await receive(sock)
        for data in rubbish():
            sock.sendto(data, target.address)
        again = binding_request(target, target.password)
        sock.sendto(again, target.address)
        wanted = again[8:20]
        while (await receive(sock))[8:20] != wanted:
            continue
        assert (await rude.ask("get_timeline"))["type"] == "ok"


# --- the WebSocket --------------------------------------------------------------------------------

SDP = OFFER.read_text().replace("\r\n", "\n").replace("\n", "\r\n")
UNKNOWN = SDP.replace("a=mid:0", "a=x-nobody-knows:1 2 3\r\na=mid:0\r\ny=what")
BAD_SDP = [
    ("", {"message_invalid"}),
    ("x", {"sdp_invalid"}),
    ("v=0\r\n", {"sdp_invalid"}),
    ("\x00" * 1000, {"sdp_invalid"}),
    (SDP.replace("a=fingerprint", "a=nothing"), {"sdp_invalid"}),
    (SDP.replace("a=ice-ufrag", "a=nothing"), {"sdp_invalid"}),
    (SDP.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), {"sdp_invalid", "sdp_unsupported", "ok"}),
    ("v=0\r\n" + "a=x\r\n" * 25_000, {"sdp_invalid"}),
    (SDP + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 2000, {"sdp_invalid"}),
    ("x" * 131_073, {"message_invalid"}),
    (SDP.replace("a=mid:0", "a=x-nobody-knows:1 2 3\r\na=mid:0"), {"ok"}),
    (UNKNOWN, {"ok", "sdp_invalid"}),
    (SDP.replace("m=audio 9", "m=audio 0"), {"ok"}),
    (
        SDP.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0"),
        {"ok", "sdp_invalid"},
    ),
    *(
        (SDP[: len(SDP) * part // 16], {"ok", "sdp_invalid", "sdp_unsupported"})
        for part in range(1, 16)
    ),
]


async def test_bad_sdp(call: Call) -> None:
    for sdp, expected in BAD_SDP:
        async with joined(call.roda, call.session) as rude:
            answer = await rude.ask("publish_offer", sdp=sdp, tracks=TRACKS)
            outcome = answer["error"]["code"] if answer["type"] == "error" else "ok"
            assert outcome in expected, sdp[:100]
            # The connection goes on and can still publish as it should.
            await publish_target(rude)
            answer = await rude.ask("subscribe_answer", offer_id=10**6, sdp=sdp or "x")
            assert answer["type"] == "error"
            await rude.ask("leave")


BAD_MESSAGES: list[tuple[str, str]] = [
    ("not json", "message_not_json"),
    ("", "message_not_json"),
    ("[]", "message_not_json"),
    ("{" * 50_000, "message_not_json"),
    ('{"id": 1}', "message_unknown_type"),
    ('{"id": 1, "type": "dance"}', "message_unknown_type"),
    ('{"type": "join"}', "message_invalid"),
    ('{"id": 1, "type": "join", "role": "host"}', "message_invalid"),
    ('{"id": 1, "type": "set_muted", "track_id": 5, "muted": "x"}', "message_invalid"),
    ('{"id": 1, "type": "set_muted", "track_id": "nobodys", "muted": true}', "track_unknown"),
    ('{"id": 1, "type": "join"}', "already_joined"),
    ('{"id": 1, "type": "end_session"}', "not_host"),
    ('{"id": 1, "type": "admit_all"}', "not_host"),
    ('{"id": 1, "type": "mute_participant"}', "not_host"),
    (json.dumps({"id": 1, "type": "chat", "text": "x" * 200_000}), "message_invalid"),
]


async def test_bad_messages(call: Call) -> None:
    async with joined(call.roda, call.session) as rude:
        for text, code in BAD_MESSAGES:
            answer = await rude.say(text)
            assert (answer["type"], answer["error"]["code"]) == ("error", code), text[:80]
            assert answer["error"]["message"]
            assert answer["error"]["remedy"]


async def test_a_megabyte_of_text(call: Call) -> None:
    async with joined(call.roda, call.session) as rude:
        answer = await rude.say("x" * 1024 * 1024)
        assert answer["error"]["code"] == "body_too_large"
        assert await rude.close_code() == 1009


# --- tokens and names -----------------------------------------------------------------------------


async def refused(roda: Clinic, method: str, path: str, body: Any = None) -> tuple[int, str]:
    async with roda.http.request(method, f"{roda.url}/api/v1{path}", json=body) as answer:
        told = (await answer.json())["error"]
        assert told["message"]
        assert told["remedy"]
        return answer.status, told["code"]


async def expired_session(call: Call) -> Session:
    """Its time is set back in the database: an hour cannot be waited for."""
    session = await call.roda.session()
    with sqlite3.connect(call.folder / "data" / "roda.db", timeout=10) as database:
        past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        changed = database.execute(
            "UPDATE instant_sessions SET expires_at = ? WHERE id = ?", (past, session.id)
        )
        assert changed.rowcount == 1
    return session


@pytest.mark.parametrize("kind", ["wrong", "ended", "expired"])
async def test_session_tokens(call: Call, kind: str) -> None:
    session = await (expired_session(call) if kind == "expired" else call.roda.session())
    token, code = session.token, f"session_{kind}"
    if kind == "ended":
        await call.roda.ask("POST", f"/sessions/{session.id}/end")
    if kind == "wrong":
        token, code = "x" * len(token), "session_not_found"
    expected = (STATUSES[code].http, code)
    for given in (token, *(("a" * 5000, "%00", "..%2f..") if kind == "wrong" else ())):
        link = f"/sessions/by-token/{given}"
        assert await refused(call.roda, "GET", link) == expected
        name = {"participant_name": "Rude"}
        assert await refused(call.roda, "POST", f"{link}/participants", name) == expected


def connect_token(call: Call, seat: dict[str, Any], age: timedelta, secret: str = "") -> str:
    given = seat["participant"]
    kept = secret or (call.folder / "data" / "secret_key").read_text().strip()
    tokens = SeatTokens(kept, lambda: datetime.now(UTC) - age)
    return tokens.connect_token(SeatClaim(given["session_id"], given["id"]))


async def closed_with(call: Call, token: str) -> tuple[str, int | None]:
    async with rude_socket(call.roda, token) as rude:
        told = await rude.answer()
        assert told["type"] == "closed"
        return told["error"]["code"], await rude.close_code()


async def test_connect_tokens(call: Call) -> None:
    seat = await register(call.roda, call.session)
    other = await call.roda.session()
    gone = await register(call.roda, other)
    await call.roda.ask("POST", f"/sessions/{other.id}/end")
    for token, code in (
        ("", "connect_token_invalid"),
        ("rubbish", "connect_token_invalid"),
        ("x" * 3000, "connect_token_invalid"),
        (call.session.token, "connect_token_invalid"),
        (seat["connect_token"][:-3], "connect_token_invalid"),
        (connect_token(call, seat, timedelta(0), "another key " * 4), "connect_token_invalid"),
        (connect_token(call, seat, timedelta(hours=1)), "connect_token_expired"),
        (gone["connect_token"], "session_ended"),
    ):
        assert await closed_with(call, token) == (code, STATUSES[code].websocket), token[:20]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_required"),
        ("\u202e \t\n\u200b", "name_required"),
        ("x" * 10_000, "name_too_long"),
    ],
)
async def test_names_of_no_and_of_many_characters(call: Call, name: str, code: str) -> None:
    link = f"/sessions/by-token/{call.session.token}/participants"
    body = {"participant_name": name}
    assert await refused(call.roda, "POST", link, body) == (STATUSES[code].http, code)


async def test_markup_in_a_name_is_text(call: Call, guest: Person) -> None:
    session = await call.roda.session(session_name=MARKUP)
    window = await guest.window()
    await window.join(session.link, "Visita")
    seat = await register(call.roda, session, MARKUP)
    async with rude_socket(call.roda, seat["connect_token"]) as rude:
        assert (await rude.ask("join"))["type"] == "ok"
        await rude.ask("chat", text=MARKUP)
        row = window.at("participant-row").filter(has_text=MARKUP)
        await row.wait_for()
        assert await window.at("remote-tile").filter(has_text=MARKUP).count() == 1
        assert await window.at("chat-message").filter(has_text=MARKUP).count() == 1
        assert await window.page.locator("img[src=x]").count() == 0
        assert await window.page.title() != "1"
