import pytest

from sfu.bandwidth.link_capacity import LinkCapacity


def test_nothing_is_known_at_first() -> None:
    capacity = LinkCapacity()
    assert capacity.bps is None
    assert not capacity.is_above(1e9)
    assert not capacity.is_below(0)


@pytest.mark.parametrize(
    ("bps", "above", "below"),
    [(0.9e6, False, True), (1e6, False, False), (1.03e6, False, False), (1.1e6, True, False)],
)
def test_what_is_outside_of_its_spread(bps: float, above: bool, below: bool) -> None:
    capacity = LinkCapacity()
    for _ in range(20):
        capacity.note_overuse(1e6)
    assert capacity.bps == pytest.approx(1e6)
    assert (capacity.is_above(bps), capacity.is_below(bps)) == (above, below)


def test_unlike_samples_widen_the_spread() -> None:
    capacity = LinkCapacity()
    for index in range(40):
        capacity.note_overuse(0.8e6 if index % 2 else 1.2e6)
    assert not capacity.is_above(1.12e6)


def test_a_changed_path_is_forgotten() -> None:
    capacity = LinkCapacity()
    capacity.note_overuse(1e6)
    capacity.forget()
    assert capacity.bps is None
