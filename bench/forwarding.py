"""What forwarding costs: the server's CPU per forwarded packet, estimation and all else on."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from statistics import median

from bench.load import CM, GCM, PACKETS_PER_SECOND, Load, Scenario, ServerProcess, Spent
from bench.primitive import measure_primitive
from bench.row import Row
from sfu.layer_filter import SETTLED_PACKETS

TARGET_RATIO = 1.8  # of one publisher and 50 subscribers
TARGET_RISE = 0.05
MEASURED_S = 2.0
ROUNDS = 3
NACK_SHARE = 0.01
NACK_ROUNDS = 7
FILTER_ROUNDS = 3
TOP_LAYER = (0, 2)
CHANGED_S = 1.0  # from a filter's beginning, and
SETTLED_S = SETTLED_PACKETS / PACKETS_PER_SECOND + 1.5  # until it is done without

SHAPES = [(1, 10, False), (1, 50, False), (1, 100, False), (5, 10, False), (10, 10, True)]
SCENARIOS = [
    Scenario(publishers, subscribers, burst, profile, everyone)
    for publishers, subscribers, everyone in SHAPES
    for burst in (5, 1)
    for profile in (CM, GCM)
]
AIMED_AT = (1, 50)
QUICK = [s for s in SCENARIOS if (s.publishers, s.subscribers) == AIMED_AT]

NAMES = {CM: "CM", GCM: "GCM"}


async def measure_forwarding(
    server: ServerProcess, scenario: Scenario, relay_us: float | None
) -> Row:
    """The primitive is measured before and after: the machine's speed changes. Of the load, too,
    the least of `ROUNDS` counts: what else runs on the machine only adds."""
    before = await measure_primitive(server, scenario.profile)
    load = Load(server, scenario)
    await load.connect()
    await load.begin()
    rounds = [await load.measure(MEASURED_S) for _ in range(ROUNDS)]
    spent = min(rounds, key=lambda each: each.us_per_packet)
    await load.close()
    primitive_us = (before + await measure_primitive(server, scenario.profile)) / 2
    ratio = spent.us_per_packet / primitive_us
    cheaper = "" if relay_us is None else f", {relay_us / spent.us_per_packet:.0f} × below relay"
    aimed_at = (scenario.publishers, scenario.subscribers) == AIMED_AT
    return Row(
        scenario.label,
        NAMES[scenario.profile],
        f"{ratio:.2f} × {primitive_us:.1f} µs at {spent.forwarded_per_s:.0f}/s{cheaper}",
        f"≤ {TARGET_RATIO} ×" if aimed_at else "",
        ratio <= TARGET_RATIO or not aimed_at,
        {
            "ratio": ratio,
            "primitive_us": primitive_us,
            "rounds_us": [each.us_per_packet for each in rounds],
            **_details(spent),
        },
    )


async def measure_retransmission(server: ServerProcess, profile: str) -> Row:
    """With one packet in a hundred asked for again and without, in turns, on the same peers: the
    medians."""
    load = Load(server, Scenario(1, 50, 5, profile))
    await load.connect()
    await load.begin()
    cost: dict[float, list[float]] = {0.0: [], NACK_SHARE: []}
    forwarded = 0
    repaired = -sum(r.repaired for r in load.receiving)
    for turn in range(2 * NACK_ROUNDS):
        share = NACK_SHARE if turn % 2 else 0.0
        for receiving in load.receiving:
            receiving.nack_share = share
        spent = await load.measure(1.0)
        cost[share].append(spent.us_per_packet)
        forwarded += spent.forwarded if share else 0
    repaired += sum(r.repaired for r in load.receiving)
    await load.close()
    without, with_ = (median(cost[share]) for share in (0.0, NACK_SHARE))
    rise = with_ / without - 1
    resent = repaired / forwarded
    return Row(
        f"1×50, {resent:.1%} retransmitted",
        NAMES[profile],
        f"{rise:+.1%}",
        f"≤ {TARGET_RISE:+.0%}",
        rise <= TARGET_RISE,
        {"rise": rise, "share": resent, "us_without": without, "us_with": with_},
    )


async def measure_filtering(server: ServerProcess, profile: str) -> Row:
    """With a filter for each subscriber, which leaves nothing out of what it looks at, and without,
    in turns, on the same peers."""
    load = Load(server, Scenario(1, 50, 5, profile, layered=True))
    await load.connect()
    await load.begin()
    cost = {False: 0.0, True: 0.0}
    forwarded = {False: 0, True: 0}
    for turn in range(2 * FILTER_ROUNDS):
        filtered = turn % 2 == 1
        await server("select", layer=TOP_LAYER if filtered else None)
        await asyncio.sleep(CHANGED_S if filtered else SETTLED_S)
        spent = await load.measure(MEASURED_S)
        cost[filtered] += spent.cpu_s
        forwarded[filtered] += spent.forwarded
    await load.close()
    without, with_ = (1e6 * cost[each] / forwarded[each] for each in (False, True))
    return Row(
        "1×50, each with a filter of its own",
        NAMES[profile],
        f"{with_ / without:.2f} × what it is without, {with_ - without:+.1f} µs",
        details={"ratio": with_ / without, "us_without": without, "us_with": with_},
    )


def _details(spent: Spent) -> dict[str, object]:
    return {**asdict(spent), "us_per_packet": spent.us_per_packet}
