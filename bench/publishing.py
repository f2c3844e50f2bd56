"""`python -m bench.publishing`: what Chromium sends of a camera by codec and choice of layers, and
what that costs its processes, the other end's decoding included. Ways take turns."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Route, async_playwright
from rich.console import Console
from rich.table import Table

from tests.support import browser
from tests.support.fake_media import Camera

SCRIPT = Path(__file__).with_suffix(".js")
RESULTS = Path(__file__).parent / "results"
PAGE = "https://localhost/"  # never asked for: cameras are for secure pages only
CAMERA = Camera(1280, 720, 20, grain=2)
# As web/client/encodings.js has them for this camera.
SIZES = (("q", 4, 150_000), ("h", 2, 475_000), ("f", 1, 1_500_000))


def simulcast(mode: str) -> list[dict[str, object]]:
    return [
        {
            "rid": rid,
            "scaleResolutionDownBy": scale,
            "maxBitrate": most,
            **({"scalabilityMode": mode} if mode else {}),
        }
        for rid, scale, most in SIZES
    ]


def one_stream(mode: str) -> list[dict[str, object]]:
    return [{"scalabilityMode": mode, "maxBitrate": sum(most for _, _, most in SIZES)}]


WAYS = (
    ("VP8", "simulcast", simulcast("")),
    ("VP9", "simulcast L1T3", simulcast("L1T3")),
    ("VP9", "L3T3_KEY", one_stream("L3T3_KEY")),
    ("AV1", "simulcast L1T3", simulcast("L1T3")),
    ("AV1", "L3T3_KEY", one_stream("L3T3_KEY")),
)


def _processes() -> dict[int, tuple[int, float]]:
    """Parent and CPU seconds, by process."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone by now
        ticks = int(fields[11]) + int(fields[12])
        found[int(stat.parent.name)] = (int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"))
    return found


def browsers_cpu_s() -> float:
    """Of all processes under this one: the browser's, and its driver's, which is idle."""
    processes = _processes()
    family = {os.getpid()}
    while grown := {pid for pid, (parent, _) in processes.items() if parent in family} - family:
        family |= grown
    return sum(processes[pid][1] for pid in family - {os.getpid()})


async def _run(
    chromium: Browser, codec: str, encodings: object, seconds: float
) -> tuple[Any, float]:
    """What is sent, and the CPU seconds of it all, settling included."""

    async def answer(route: Route) -> None:
        await route.fulfill(body="<p>", content_type="text/html")

    page = await chromium.new_page()
    await page.route(f"{PAGE}**", answer)
    await page.goto(PAGE)
    before = browsers_cpu_s()
    sent = await page.evaluate(SCRIPT.read_text(), [codec, encodings, seconds])
    used_s = browsers_cpu_s() - before
    await page.close()
    return sent, used_s


async def measure(rounds: int, seconds: float) -> list[dict[str, object]]:
    """A row for each way: medians over its rounds, by second."""
    rows: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    sizes: dict[tuple[str, str], list[str]] = {}
    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory() as folder:
            chromium = await browser.launch(playwright, Path(folder), browser.GUEST, camera=CAMERA)
            for _ in range(rounds):
                for codec, name, encodings in WAYS:
                    sent, used_s = await _run(chromium, codec, encodings, seconds)
                    largest = max(sent, key=lambda one: one["width"])
                    sizes[codec, name] = [f"{one['width']} {one['mode']}" for one in sent]
                    rows[codec, name].append(
                        {
                            "cpu_s": used_s,
                            "kbit": sum(one["bytes"] for one in sent) * 0.008 / seconds,
                            # Of one stream in layers every layer counts as a frame.
                            "frames": largest["frames"] / seconds / (1 if largest["rid"] else 3),
                        }
                    )
            await chromium.close()
    return [
        {
            "codec": codec,
            "way": name,
            "streams": sizes[codec, name],
            **{key: statistics.median(run[key] for run in runs) for key in runs[0]},
        }
        for (codec, name), runs in rows.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    browser.require_chromium()
    rows = asyncio.run(measure(options.rounds, options.seconds))
    table = Table("codec", "way", "streams", "CPU s", "kbit/s", "largest picture, frames/s")
    for row in rows:
        streams = ", ".join(str(one) for one in row["streams"])  # type: ignore[attr-defined]
        figures = [f"{row[key]:.1f}" for key in ("cpu_s", "kbit", "frames")]
        table.add_row(str(row["codec"]), str(row["way"]), streams, *figures)
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "publishing.json").write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
