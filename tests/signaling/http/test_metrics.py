from __future__ import annotations

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from signaling.http import health, metrics
from signaling.live_metrics import LiveMetrics

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"
SUFFIX = {"counter": "_total"}


def live_metrics() -> LiveMetrics:
    live = LiveMetrics()
    for name in metrics.COUNTERS:
        live.count(name, "one")
    live.step("joined", 0.3, failed=False)
    live.step("joined", 40.0, failed=False)
    return live


def hub_counts() -> dict[str, int]:
    counts = {"rooms": 1, "participants": 2, "connections": 3, "waiting": 4, "sockets": 5}
    return {**counts, "whip": 8, "whep": 9}


def media_stats() -> dict[str, object]:
    return {"tracks": 6, "datagrams_received": 7, "by_room": {}, "version": "1"}


async def scrape() -> str:
    registry = metrics.registry_of(hub_counts, live_metrics(), media_stats, lambda: {"dropped": 10})
    app = web.Application()
    health.add_routes(app, health.Health(registry, lambda: 1))
    async with TestClient(TestServer(app)) as client:
        return await (await client.get("/metrics")).text()


async def test_every_number_is_exposed_under_its_name() -> None:
    text = await scrape()
    for line in (
        "roda_sessions_live 1.0",
        "roda_participants 2.0",
        "roda_connections 3.0",
        "roda_participants_waiting 4.0",
        "roda_websockets 5.0",
        "roda_whip_connections 8.0",
        "roda_whep_connections 9.0",
        "roda_media_tracks 6.0",
        "roda_media_datagrams_received_total 7.0",
        "roda_media_datagrams_sent_total 0.0",
        "roda_log_lines_dropped_total 10.0",
        'roda_joins_total{result="one"} 1.0',
        'roda_signaling_refusals_total{code="one"} 1.0',
        'roda_connections_closed_total{reason="one"} 1.0',
        'roda_join_step_failures_total{step="one"} 1.0',
        'roda_join_step_seconds_bucket{le="0.35",step="joined"} 1.0',
        'roda_join_step_seconds_bucket{le="+Inf",step="joined"} 2.0',
        'roda_join_step_seconds_count{step="joined"} 2.0',
    ):
        assert line in text.splitlines(), line


async def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    exposed = {
        f"| `{family.name}{SUFFIX.get(family.type, '')}` | {family.type} |"
        for family in text_string_to_metric_families(await scrape())
    }
    rows = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `roda")]
    documented = {" | ".join(row.split(" | ")[:2]) + " |" for row in rows}
    assert documented == exposed
    words = {m.help for group in GROUPS for m in group} | {metrics.STEPS.help}
    assert {row.split(" | ")[3].removesuffix(" |") for row in rows} == words


GROUPS = (
    metrics.GAUGES.values(),
    metrics.COUNTERS.values(),
    metrics.MEDIA_GAUGES.values(),
    metrics.MEDIA_COUNTERS.values(),
    metrics.LOG_COUNTERS.values(),
)
