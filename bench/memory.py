"""What a subscriber costs in memory."""

from __future__ import annotations

from bench.forwarding import NAMES
from bench.load import Load, Scenario, ServerProcess
from bench.row import Row

TARGET_KB = 150
FEW, MANY = 10, 100
SETTLED_S = 6.0  # as long as anything is kept


async def measure_memory(profile: str) -> Row:
    """The growth of a fresh server's resident memory from `FEW` to `MANY` subscribers, each having
    received for as long as packets are kept."""
    server = await ServerProcess.start()
    load = Load(server, Scenario(1, FEW, 5, profile))
    await load.connect()
    await load.begin()
    few = await _resident(server, load)
    await load.add_subscribers(MANY - FEW)
    many = await _resident(server, load)
    await load.close()
    await server.stop()
    each_kb = (many - few) / (MANY - FEW) / 1000
    return Row(
        f"memory of one of {MANY} subscribers",
        NAMES[profile],
        f"{each_kb:.0f} kB",
        f"≤ {TARGET_KB} kB",
        each_kb <= TARGET_KB,
        {"kb": each_kb, "resident_few": few, "resident_many": many},
    )


async def _resident(server: ServerProcess, load: Load) -> int:
    await load.measure(SETTLED_S)
    resident: int = (await server("measure"))["resident_bytes"]
    return resident
