from __future__ import annotations

import pytest

from signaling.waiting import WaitingRoom

GRACE_S = 60.0

# (steps, who waits then): steps are (act, participant, connection, at)
LINES = [
    ([("knock", "a", "a1", 0), ("knock", "b", "b1", 1)], ("a", "b")),
    # a reload keeps the place: the new window may come before or after the old one is gone
    (
        [
            ("knock", "a", "a1", 0),
            ("knock", "b", "b1", 1),
            ("absent", "a", "a1", 2),
            ("knock", "a", "a2", 5),
        ],
        ("a", "b"),
    ),
    (
        [
            ("knock", "a", "a1", 0),
            ("knock", "b", "b1", 1),
            ("knock", "a", "a2", 2),
            ("absent", "a", "a1", 2),
            ("expire", "", "", 100),
        ],
        ("a", "b"),
    ),
    # nobody came back within the grace: the place is gone, a later knock is last in line
    (
        [
            ("knock", "a", "a1", 0),
            ("knock", "b", "b1", 1),
            ("absent", "a", "a1", 2),
            ("expire", "", "", 62),
            ("knock", "a", "a2", 63),
        ],
        ("b", "a"),
    ),
    # a moment before, it is still theirs
    (
        [("knock", "a", "a1", 0), ("absent", "a", "a1", 2), ("expire", "", "", 61.9)],
        ("a",),
    ),
]


@pytest.mark.parametrize(("steps", "line"), LINES)
def test_lines(steps: list[tuple[str, str, str, float]], line: tuple[str, ...]) -> None:
    room = WaitingRoom(GRACE_S)
    for act, who, window, at in steps:
        if act == "expire":
            room.expire(at)
        else:
            getattr(room, act)(who, window, at)
    assert room.participants() == line


def test_the_line_is_told_only_when_it_changes() -> None:
    room = WaitingRoom(GRACE_S)
    assert room.knock("a", "a1", 0)
    assert not room.knock("a", "a2", 1)
    assert not room.absent("a", "a1", 2)
    assert room.absent("a", "a2", 3)
    assert room.is_absent("a")
    assert room.knock("a", "a3", 4)
    assert not room.is_absent("a")


def test_giving_up_a_place_names_its_windows() -> None:
    room = WaitingRoom(GRACE_S)
    room.knock("a", "a2", 0)
    room.knock("a", "a1", 0)
    assert room.give_up("a") == ("a1", "a2")
    assert room.give_up("a") == ()
    assert "a" not in room
    assert not room.absent("a", "a1", 1)
