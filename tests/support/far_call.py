"""Two people in a call, one beside the server and one at the other end of a bad network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Playwright

from tests.support.bad_network import BadNetwork
from tests.support.browser import GUEST, PATIENT, Window, launch, person
from tests.support.clinic import Clinic


@asynccontextmanager
async def far_call(
    playwright: Playwright, folder: Path, network: BadNetwork, far: Clinic, **options: Any
) -> AsyncIterator[tuple[Window, Window]]:
    """The near one's window (`GUEST`) and the far one's (`PATIENT`), once they see each other.

    :param options: of `tests.support.browser.launch`
    """
    options = {"origin": far.url, **options}
    near = await launch(playwright, folder, GUEST, inside=network.server, **options)
    away = await launch(playwright, folder, PATIENT, inside=network.client, **options)
    session = await far.session()
    async with person(near) as guest, person(away) as patient:
        there, here = await guest.window(), await patient.window()
        await there.join(session.link, "Ana")
        await here.join(session.link, "Rui")
        await here.sees_live(GUEST)
        await there.sees_live(PATIENT)
        yield there, here
    await near.close()
    await away.close()
