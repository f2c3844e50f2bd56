"""`python -m bench.join_time`: from the click on *Join* to the first remote frame decoded, in
Chromium on loopback, with every step's share."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import async_playwright
from rich.console import Console
from rich.table import Table

from tests.support import browser
from tests.support.clinic import Clinic, clinic
from tests.support.join_timeline import BEGIN, END, JoinTimeline

RESULTS = Path(__file__).parent / "results"
MEDIAN_TARGET_MS, WORST_TARGET_MS = 1000, 2000
LIMIT_S = 30.0
Steps = dict[str, float]


async def _one_join(visitor: browser.Window, link: str, number: int) -> Steps:
    """Milliseconds since the click, by step. The page stays open until the frame is there."""
    timeline = JoinTimeline(visitor.page)
    await visitor.open(link)
    async with asyncio.timeout(LIMIT_S):
        # A person looks at the picture first: the devices are open by then.
        await visitor.page.wait_for_function(
            "() => document.querySelector('[data-testid=preview-video]')?.videoWidth > 0"
        )
        await visitor.enter(f"Guest {number}")
        while not timeline.is_complete():
            await visitor.page.wait_for_timeout(50)
    return timeline.since_join()


async def _measure(roda: Clinic, joins: int) -> list[Steps]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playwright = await stack.enter_async_context(async_playwright())
        runs = []
        people = []
        for look in (browser.THERAPIST, browser.GUEST):
            chromium = await browser.launch(playwright, folder, look)
            stack.push_async_callback(chromium.close)
            people.append(chromium)
        session = await roda.session(max_participants=joins + 1)
        host = await stack.enter_async_context(browser.person(people[0]))
        await host.has_logged_in(roda.url, roda.host_token)
        window = await host.window()
        await window.join(session.link)
        for number in range(joins):
            async with browser.person(people[1]) as guest:
                visitor = await guest.window()
                runs.append(await _one_join(visitor, session.link, number))
                await visitor.at("leave-button").click()
                await window.until(lambda tiles: not tiles, "the guest's leaving")
        return runs


def _show(console: Console, runs: list[Steps]) -> None:
    """Steps in the order of their median time; each one's share is the time since the one
    before."""
    medians = {step: statistics.median(run[step] for run in runs) for step in runs[0]}
    table = Table(title=f"From the click on Join, {len(runs)} joins, milliseconds")
    for heading in ("step", "median", "worst", "since the step before"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    before = 0.0
    for step, median in sorted(medians.items(), key=lambda item: item[1]):
        if median < 0:
            continue  # before the click: page opened, devices granted
        worst = max(run[step] for run in runs)
        table.add_row(step, f"{median:.0f}", f"{worst:.0f}", f"{median - before:.0f}")
        before = median
    console.print(table)


async def _main(joins: int) -> None:
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder:
        async with clinic(Path(folder)) as roda:
            runs = await _measure(roda, joins)
    _show(console, runs)
    whole = [run[END] - run[BEGIN] for run in runs]
    median, worst = statistics.median(whole), max(whole)
    console.print(f"median {median:.0f} ms (target {MEDIAN_TARGET_MS}), ", end="")
    console.print(f"worst {worst:.0f} ms (target {WORST_TARGET_MS})")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"join-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"median_ms": median, "worst_ms": worst, "joins": runs}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.join_time")
    parser.add_argument("--joins", type=int, default=10)
    asyncio.run(_main(parser.parse_args().joins))
