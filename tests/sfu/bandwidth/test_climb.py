from sfu.bandwidth.climb import HOLD_S, MAX_HOLD_S, RELAPSE_S, Climb


def started(level: int) -> Climb:
    climb = Climb()
    climb.settle(level, 0.0)
    return climb


def climbs_after(climb: Climb, start: float) -> float:
    """Seconds from ``start`` until there is leave to climb, with room all the time."""
    for index in range(100):
        if climb.ceiling(5, 5, False, start + index * 0.1) == 5:
            return index * 0.1
    raise AssertionError("never")


def test_the_first_layer_needs_no_headroom_and_what_has_headroom_no_wait() -> None:
    assert Climb().ceiling(3, -1, False, 0.0) == 0
    assert Climb().ceiling(3, 2, False, 0.0) == 2
    assert Climb().ceiling(-1, -1, False, 0.0) == -1


def test_up_after_a_second_of_room() -> None:
    assert abs(climbs_after(started(1), 10.0) - HOLD_S) < 0.11


def test_room_that_goes_in_between_does_not_count() -> None:
    climb = started(1)
    climb.ceiling(3, 3, False, 10.0)
    climb.ceiling(3, 1, False, 10.9)
    assert climb.ceiling(3, 3, False, 11.1) == 1
    assert climb.ceiling(3, 3, False, 12.2) == 3


def test_a_probes_success_spares_the_wait() -> None:
    assert started(1).ceiling(3, 3, True, 10.0) == 3


def test_who_falls_again_waits_longer_up_to_a_bound() -> None:
    climb, at, waits = started(1), 10.0, []
    for _ in range(4):
        waits.append(climbs_after(climb, at))
        climb.settle(5, at + 2)
        climb.settle(1, at + 3)
        at += 5
    assert [round(wait) for wait in waits] == [1, 2, 4, MAX_HOLD_S]


def test_after_a_quiet_time_it_is_forgiven() -> None:
    climb = started(1)
    climb.settle(5, 10.0)
    climb.settle(1, 11.0)
    climb.settle(5, 12.0 + RELAPSE_S)
    climb.settle(1, 30.0 + RELAPSE_S)
    assert climbs_after(climb, 60.0) < 1.2
