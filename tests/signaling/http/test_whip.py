"""The HTTP surface of WHIP and WHEP against a whole server: refusals, headers, lifetimes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiortc.mediastreams import AudioStreamTrack

from bots.bot import Bot, BotOptions
from signaling import protocol
from signaling.http.whip import ice_links
from signaling.protocol import IceServer
from tests.support.api_check import check_answer
from tests.support.call_server import CallServer, call_server
from tests.support.eventually import eventually
from tests.support.standard_client import FRAGMENT, SDP, StandardClient, standard_client

RESTART = "a=ice-ufrag:newufrag\r\na=ice-pwd:newpasswordnewpasswordnew\r\n"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[CallServer]:
    async with call_server(tmp_path, stun_urls=("stun:127.0.0.1:3478",)) as started:
        yield started


@pytest.fixture
async def obs(server: CallServer) -> AsyncIterator[StandardClient]:
    async with standard_client(server.http, url_of(server, "whip"), server.host_token) as client:
        yield client


def url_of(server: CallServer, door: str, link: str | None = None) -> str:
    return f"{server.running.url}/{door}/{(link or server.link).rsplit('/', 1)[1]}"


async def guest(server: CallServer, name: str, link: str | None = None) -> dict[str, Any]:
    token = (link or server.link).rsplit("/", 1)[1]
    path = f"/api/v1/sessions/by-token/{token}/participants"
    body = {"participant_name": name}
    async with server.http.post(server.running.url + path, json=body) as answer:
        answer.raise_for_status()
        server.http.cookie_jar.clear()
        found: dict[str, Any] = await answer.json()
        return found


async def publish(client: StandardClient) -> None:
    reply = await client.publish([AudioStreamTrack()])
    assert reply.status == 201, reply.text


async def test_a_created_resource_says_all_a_client_needs(obs: StandardClient) -> None:
    reply = await obs.publish([AudioStreamTrack()])
    assert reply.status == 201
    assert reply.headers["Content-Type"].startswith(SDP)
    assert reply.headers["Location"].startswith(f"/whip/{obs.url.rsplit('/', 1)[1]}/")
    assert reply.headers["ETag"].startswith('"')
    assert reply.headers["Accept-Patch"] == FRAGMENT
    assert reply.links == ['<stun:127.0.0.1:3478>; rel="ice-server"']
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    exposed = reply.headers["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("Location", "ETag", "Link"))


@pytest.mark.parametrize(
    ("door", "token", "body", "content_type", "status", "code"),
    [
        ("whip", None, "v=0", SDP, 401, "not_authenticated"),
        ("whep", None, "v=0", SDP, 401, "not_authenticated"),
        ("whip", "forged", "v=0", SDP, 401, "not_authenticated"),
        ("whip", "host", "v=0", "text/plain", 415, "unsupported_media_type"),
        ("whip", "host", "v=0", SDP, 400, "sdp_invalid"),
        ("whep", "host", "v=0", SDP, 400, "sdp_invalid"),
        ("whip", "host", "", SDP, 400, "sdp_invalid"),
        ("whip", "host", b"\xff\xfe", SDP, 400, "sdp_invalid"),
        ("whip", "host", "a" * 70_000, SDP, 413, "body_too_large"),
    ],
)
async def test_refusals(
    server: CallServer,
    door: str,
    token: str | None,
    body: str | bytes,
    content_type: str,
    status: int,
    code: str,
) -> None:
    bearer = server.host_token if token == "host" else token
    client = StandardClient(server.http, url_of(server, door), bearer)
    reply = await client.ask("POST", client.url, body, content_type)
    await client.close()
    assert (reply.status, reply.problem.get("code")) == (status, code), reply.text
    assert reply.problem["status"] == status
    assert reply.problem["error"]["code"] == code
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)


async def test_the_host_sees_each_connection_with_its_statistics(
    server: CallServer, obs: StandardClient
) -> None:
    session_id, link = await server.new_session(waiting_room_enabled=False)
    obs.url = url_of(server, "whip", link)
    await publish(obs)
    path = f"/sessions/{session_id}/connections"

    async def connection() -> dict[str, Any]:
        found = await server.ask("GET", path)
        check_answer("GET", f"/api/v1{path}", 200, found)
        (one,) = found["connections"]
        return dict(one)

    async with asyncio.timeout(10):
        while (seen := await connection())["stats"]["publish"]["state"] != "connected":
            pass
        while not (await connection())["stats"]["publish"]["tracks"][0]["encodings"][0]["packets"]:
            pass
    assert (seen["door"], seen["state"], seen["role"]) == ("whip", "in_room", "host")
    assert (seen["stats"]["publish"]["way"], seen["status"]["quality"]) == ("udp", None)
    assert [track["source"] for track in seen["tracks"]] == ["microphone"]
    assert "publish_dtls" in [entry["step"] for entry in seen["timeline"]]
    await obs.delete()
    gone = await connection()
    assert gone["status"] is None
    assert (gone["state"], gone["timeline"][-1]["step"]) == ("closed", "closed")
    assert gone["stats"]["publish"]["tracks"][0]["codec"] == "opus"


async def test_open_connections_are_in_the_metrics(server: CallServer, obs: StandardClient) -> None:
    async def gauges() -> list[str]:
        async with server.http.get(f"{server.running.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return [line for line in lines if line.startswith(("roda_whip_c", "roda_whep_c"))]

    await publish(obs)
    assert await gauges() == ["roda_whip_connections 1.0", "roda_whep_connections 0.0"]
    await obs.delete()
    assert await gauges() == ["roda_whip_connections 0.0", "roda_whep_connections 0.0"]


async def test_sessions_that_cannot_be_joined(server: CallServer, obs: StandardClient) -> None:
    missing = await obs.ask("POST", f"{server.running.url}/whip/nosuchsession", "v=0", SDP)
    assert (missing.status, missing.problem["code"]) == (404, "session_not_found")
    session_id, link = await server.new_session()
    other = await guest(server, "Ana", link)
    obs.token = other["connect_token"]
    foreign = await obs.post("v=0")
    assert (foreign.status, foreign.problem["code"]) == (403, "forbidden")
    await server.ask("POST", f"/sessions/{session_id}/end")
    ended = await obs.ask("POST", url_of(server, "whip", link), "v=0", SDP)
    assert (ended.status, ended.problem["code"]) == (410, "session_ended")


async def test_other_methods_and_preflights(server: CallServer, obs: StandardClient) -> None:
    assert (await obs.ask("HEAD", obs.url)).status == 405
    for method in ("GET", "PUT", "DELETE"):
        reply = await obs.ask(method, obs.url)
        assert (reply.status, reply.problem["code"]) == (405, "method_not_allowed")
    preflight = await obs.ask("OPTIONS", obs.url)
    assert preflight.status == 204
    assert preflight.headers["Accept-Post"] == SDP
    assert "If-Match" in preflight.headers["Access-Control-Allow-Headers"]
    assert (await obs.ask("OPTIONS", obs.url + "/x")).headers["Accept-Patch"] == FRAGMENT
    gone = await obs.ask("PATCH", obs.url + "/nosuchresource", RESTART, FRAGMENT, If_Match="*")
    assert (gone.status, gone.problem["code"]) == (404, "not_found")


async def test_an_offer_is_never_answered_in_part(obs: StandardClient) -> None:
    obs.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    obs.pc.addTransceiver("video", direction="sendonly")
    await obs.pc.setLocalDescription(await obs.pc.createOffer())
    offer = re.sub(r"(VP8|H264)/90000", "X-NEW/90000", obs.pc.localDescription.sdp)
    reply = await obs.post(offer)
    assert (reply.status, reply.problem["code"]) == (422, "sdp_unsupported")


async def test_conditions_of_a_patch(obs: StandardClient) -> None:
    await publish(obs)
    assert (await obs.patch(RESTART)).problem["code"] == "precondition_required"
    stale = await obs.patch(RESTART, If_Match='"other"')
    assert (stale.status, stale.problem["code"]) == (412, "precondition_failed")
    wrong = await obs.ask("PATCH", obs.resource, RESTART, SDP, If_Match="*")
    assert wrong.status == 415
    for bad in ("rubbish", "a=ice-ufrag:newufrag\r\n", "", "a=ice-pwd:x\r\nm=audio"):
        reply = await obs.patch(bad, If_Match="*")
        assert (reply.status, reply.problem["code"]) == (400, "sdp_invalid"), bad
    restarted = await obs.patch(RESTART, If_Match=obs.etag)
    assert restarted.status == 200
    again = await obs.patch(RESTART, If_Match=restarted.headers["ETag"])
    assert again.status == 204


async def test_only_its_owner_changes_a_resource(server: CallServer, obs: StandardClient) -> None:
    await publish(obs)
    obs.token = (await guest(server, "Eve"))["connect_token"]
    for reply in (await obs.delete(), await obs.patch(RESTART, If_Match="*")):
        assert (reply.status, reply.problem["code"]) == (403, "forbidden")
    obs.token = None
    assert (await obs.delete()).status == 401


async def test_who_waits_is_announced_and_let_in_once_admitted(server: CallServer) -> None:
    _, link = await server.new_session(waiting_room_enabled=True)
    token = (await guest(server, "Ana", link))["connect_token"]
    async with (
        Bot(BotOptions("Host", bearer=server.host_token)) as host,
        standard_client(server.http, url_of(server, "whip", link), token) as ana,
    ):
        await host.join(link)
        refused = await ana.publish([AudioStreamTrack()])
        assert (refused.status, refused.problem["code"]) == (403, "not_admitted")
        assert "Retry-After" in refused.headers
        await eventually(lambda: host.room.waiting, "the doorbell")
        who = host.room.waiting[0].participant_id
        await host.request(lambda i: protocol.Admit(id=i, type="admit", participant_id=who))
        await publish_again(ana)
        await eventually(lambda: host.room.peers, "the tile")
        await host.request(lambda i: protocol.SendBack(id=i, type="send_back", participant_id=who))
        await eventually(lambda: not host.room.peers, "the end of the tile")
        assert (await ana.delete()).status == 404


async def publish_again(client: StandardClient) -> None:
    reply = await client.post(client.pc.localDescription.sdp)
    assert reply.status == 201, reply.text
    client.resource = client.url + "/" + reply.headers["Location"].rsplit("/", 1)[1]


async def test_ends_with_removal_and_with_the_session(server: CallServer) -> None:
    session_id, link = await server.new_session(waiting_room_enabled=False)
    seat = await guest(server, "Ana", link)
    url = url_of(server, "whip", link)
    async with (
        standard_client(server.http, url, seat["connect_token"]) as ana,
        standard_client(server.http, url, server.host_token) as host,
    ):
        await publish(ana)
        await publish(host)
        people = await server.ask("GET", f"/sessions/{session_id}/participants")
        await eventually_active(server, session_id, 2)
        assert {one["participant_name"] for one in people["participants"]} >= {"Ana"}
        path = f"/sessions/{session_id}/participants/{seat['participant']['id']}"
        headers = {"Authorization": f"Bearer {server.host_token}"}
        async with server.http.delete(
            f"{server.running.url}/api/v1{path}", headers=headers
        ) as answer:
            assert answer.status == 204
        assert (await ana.delete()).status == 404
        await server.ask("POST", f"/sessions/{session_id}/end")
        assert (await host.delete()).status == 404


async def eventually_active(server: CallServer, session_id: str, count: int) -> None:
    async with asyncio.timeout(5):
        active = -1
        while active != count:
            people = await server.ask("GET", f"/sessions/{session_id}/participants")
            active = sum(one["state"] == "in_call" for one in people["participants"])


async def test_connections_of_one_participant_are_counted(server: CallServer) -> None:
    offer = ""
    async with standard_client(server.http, url_of(server, "whip"), server.host_token) as client:
        await publish(client)
        offer = client.pc.localDescription.sdp
        statuses = [(await client.post(offer)).status for _ in range(5)]
        assert statuses == [201, 201, 201, 201, 429]


async def test_openings_of_one_address_are_counted(server: CallServer) -> None:
    client = StandardClient(server.http, url_of(server, "whip"), None)
    statuses = {(await client.post("v=0")).status for _ in range(60)}
    refused = await client.post("v=0")
    await client.close()
    assert statuses == {401}
    assert (refused.status, refused.problem["code"]) == (429, "too_many_requests")


async def test_a_player_of_nobody(server: CallServer) -> None:
    url = url_of(server, "whep") + "?participant=nobody"
    async with standard_client(server.http, url, server.host_token) as player:
        reply = await player.play()
        assert (reply.status, reply.problem["code"]) == (404, "participant_not_found")


def test_links_quote_what_they_carry() -> None:
    servers = [
        IceServer(urls=["stun:a.example", "turn:b.example?transport=udp"]),
        IceServer(urls=["turns:c.example"], username='1:"x\\y"\r\n', credential="s=="),
    ]
    assert ice_links(servers) == [
        '<stun:a.example>; rel="ice-server"',
        '<turn:b.example?transport=udp>; rel="ice-server"',
        '<turns:c.example>; rel="ice-server"; username="1:\\"x\\\\y\\""; credential="s==";'
        ' credential-type="password"',
    ]
