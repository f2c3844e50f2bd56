"""Every step of a join is told, by the page and by the server. How long they take is for
``python -m bench.join_time``: a test machine has other things to do."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.support.browser import LIMIT_S, Person
from tests.support.clinic import Clinic
from tests.support.join_timeline import BEGIN, END, JoinTimeline

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
CHAINS = (
    (BEGIN, "client registered", "server signaling_connected", "client joined"),
    ("client publish_offered", "server publish_answered", "server publish_ice"),
    ("server publish_ice", "server publish_dtls", "server publish_first_packet"),
    ("server subscribe_offered", "client subscribe_offered", "server subscribe_answered"),
    ("server subscribe_answered", "server subscribe_dtls", "server first_keyframe_forwarded"),
    ("server first_keyframe_forwarded", END),
)


async def test_the_timeline_of_a_join_is_complete(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session()
    await therapist.has_logged_in(roda.url, roda.host_token)
    host, visitor = await therapist.window(), await guest.window()
    await host.join(session.link)
    timeline = JoinTimeline(visitor.page)
    await visitor.join(session.link, "Visita")
    deadline = asyncio.get_running_loop().time() + LIMIT_S
    while not timeline.is_complete():
        assert asyncio.get_running_loop().time() < deadline, timeline.missing()
        await visitor.page.wait_for_timeout(50)
    assert timeline.failed == []
    steps = timeline.since_join()
    for chain in CHAINS:
        for earlier, later in itertools.pairwise(chain):
            assert steps[earlier] <= steps[later], (earlier, later)
    assert steps[END] < 10_000
    shown = visitor.at("join-timeline").locator("[data-step]")
    assert await shown.count() >= len(steps)
