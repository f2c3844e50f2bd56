"""Ten connections that are quiet cost nearly nothing. Exact figures: ``python -m bench.idle``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.idle import measure

pytestmark = pytest.mark.e2e
# Generous: the figures to keep are 90 MB and one hundredth of a core.
MOST_MB, MOST_CPU = 120, 0.05


async def test_ten_quiet_connections(tmp_path: Path) -> None:
    idle = await measure(tmp_path, connections=10, seconds=3)
    assert idle.resident_mb < MOST_MB
    assert idle.cpu_share < MOST_CPU
