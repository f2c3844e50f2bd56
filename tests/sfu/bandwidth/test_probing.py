from __future__ import annotations

import pytest

from sfu.bandwidth.acknowledgements import ArrivedRun
from sfu.bandwidth.probing import MAX_CLUSTER_BYTES, MAX_INTERVAL_S, Prober
from sfu.bandwidth.sent_packets import SentLog

OFFSET = 50.0


class Scene:
    """A prober whose padding goes over a line of ``line_bps``, one tick every 5 ms."""

    def __init__(self, line_bps: float, wanted_bps: float = 1e9, tick_s: float = 0.005) -> None:
        self.log = SentLog()
        self.log.note(1000, 0.0)
        self.prober = Prober(self.log, 1e6)
        self.line_bps, self.wanted_bps, self.tick_s = line_bps, wanted_bps, tick_s
        self.sent: list[tuple[float, int, int]] = []  # when, first number, bytes
        self.free_at = 0.0
        self.now = 0.0

    def send(self, estimate_bps: float, seconds: float, *, quiet: bool = True) -> int:
        """Padding bytes sent in that time."""
        total = 0
        for _ in range(round(seconds / self.tick_s)):
            for padding in self.prober.tick(estimate_bps, self.wanted_bps, quiet, 0.1, self.now):
                self.sent.append((self.now, self.log.next_number, padding.size_bytes))
                packets = -(-padding.size_bytes // padding.packet_bytes)
                self.log.note_run(packets, padding.size_bytes, self.now)
                total += padding.size_bytes
            self.now += self.tick_s
        self.log.note(100, self.now)
        self.sent.append((self.now, self.log.next_number - 1, 100))
        return total

    def report(self, estimate_bps: float, lost: float = 0.0) -> float | None:
        """Feedback on everything sent so far."""
        runs = []
        for at, first, size in self.sent:
            begin = max(at, self.free_at)
            self.free_at = begin + size * 8 / self.line_bps
            packets = max(1, size // 1000)
            arrived = size * (1 - lost)
            runs.append(
                ArrivedRun(
                    first,
                    first + packets,
                    at,
                    OFFSET + begin + (self.free_at - begin) / packets,
                    OFFSET + self.free_at,
                    packets,
                    arrived,
                    True,
                )
            )
        self.sent.clear()
        return self.prober.on_arrived(runs, estimate_bps, self.now)


def test_the_first_probe_shows_a_wide_line() -> None:
    scene = Scene(10e6)
    scene.send(3e5, 0.2)
    rate = scene.report(3e5)
    assert rate == pytest.approx(1e6, rel=0.1)
    assert scene.prober.succeeded == 1


def test_success_is_followed_at_once_by_twice_as_much() -> None:
    scene = Scene(10e6)
    scene.send(3e5, 0.2)
    rate = scene.report(3e5)
    assert rate is not None
    scene.send(rate, 0.1)
    assert scene.report(rate) == pytest.approx(2e6, rel=0.1)


def test_a_narrow_line_shows_its_own_rate() -> None:
    scene = Scene(4e5)
    scene.send(3e5, 0.2)
    assert scene.report(3e5) == pytest.approx(4e5, rel=0.15)
    assert scene.prober.failed == 1


def test_after_a_failure_it_waits() -> None:
    scene = Scene(4e5)
    scene.send(3e5, 0.2)
    scene.report(3e5)
    assert scene.send(3e5, 2.5) == 0
    assert scene.send(3e5, MAX_INTERVAL_S) > 0


def test_a_probe_costs_a_twentieth_of_a_second_of_its_rate() -> None:
    scene = Scene(10e6)
    assert 5000 < scene.send(3e5, 0.3) < 9000
    tiny = Scene(10e6, wanted_bps=2e5)
    assert tiny.send(1e5, 0.3) < 2500
    giant = Scene(1e10)
    giant.prober.try_soon(1e9)
    assert giant.send(3e5, 1.0) <= MAX_CLUSTER_BYTES + 1e9 * 0.02


@pytest.mark.parametrize(
    ("wanted", "quiet"), [(3e5, True), (1e5, True), (0.0, True), (-1.0, True), (1e7, False)]
)
def test_no_probe_without_need_or_in_congestion(wanted: float, quiet: bool) -> None:
    assert Scene(10e6, wanted_bps=wanted).send(3e5, 10.0, quiet=quiet) == 0


def test_no_probe_goes_beyond_what_is_wanted() -> None:
    scene = Scene(10e6, wanted_bps=5e5)
    scene.send(3e5, 0.3)
    assert scene.report(3e5) == pytest.approx(5e5, rel=0.1)
    assert scene.send(5e5, 10.0) == 0


def test_no_probe_before_media_flows() -> None:
    log = SentLog()
    assert Prober(log, 1e6).tick(3e5, 1e7, True, 0.1, 0.0) == []


def test_media_counts_for_padding() -> None:
    scene = Scene(10e6)
    assert scene.prober.tick(3e5, 1e7, True, 0.1, 0.0)
    for _ in range(8):
        scene.log.note(1100, 0.01)
    assert scene.prober.tick(3e5, 1e7, True, 0.1, 0.02) == []
    assert not scene.prober.sending


def test_a_lost_probe_has_failed() -> None:
    scene = Scene(10e6)
    scene.send(3e5, 0.2)
    assert scene.report(3e5, lost=0.5) is None
    assert scene.prober.failed == 1


def test_a_probe_nothing_is_heard_of_has_failed() -> None:
    scene = Scene(10e6)
    scene.send(3e5, 2.0)
    assert scene.prober.failed == 1


def test_abort() -> None:
    scene = Scene(10e6)
    scene.prober.tick(3e5, 1e7, True, 0.1, 0.0)
    assert scene.prober.sending
    scene.prober.abort(0.01)
    assert not scene.prober.sending
    assert scene.prober.tick(3e5, 1e7, True, 0.1, 0.02) == []
