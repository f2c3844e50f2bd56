"""Media over IPv6, where only that is announced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import GUEST, PATIENT, Person
from tests.support.clinic import clinic

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_a_call_over_ipv6(guest: Person, patient: Person, tmp_path: Path) -> None:
    async with clinic(tmp_path, RODA_ANNOUNCED_IPS="[::1]") as roda:
        session = await roda.session()
        there, here = await guest.window(), await patient.window()
        await there.join(session.link, "Ana")
        await here.join(session.link, "Rui")
        await here.sees_live(GUEST)
        await there.sees_live(PATIENT)
        assert roda.logged_errors() == []
