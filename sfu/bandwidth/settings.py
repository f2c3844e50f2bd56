"""The estimator's bounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EstimatorSettings:
    """All in bits per second. Raises `ValueError` unless min ≤ start ≤ max."""

    min_bps: float = 50_000.0  # what audio needs; the estimate never falls below
    start_bps: float = 300_000.0  # before the first probe has come back
    first_probe_bps: float = 1_000_000.0  # what the first probe tries
    max_bps: float = 20_000_000.0  # the estimate never rises above

    def __post_init__(self) -> None:
        if not 0 < self.min_bps <= self.start_bps <= self.max_bps:
            raise ValueError("bandwidth settings need 0 < min_bps <= start_bps <= max_bps")
