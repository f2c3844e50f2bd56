"""Log lines through a pipe that is read late, never, or no more."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest

from signaling.log_writer import LogWriter

PIPE_BYTES = 64 * 1024  # what Linux takes of a pipe before a write waits
LINE = "x" * 99 + "\n"
MOST = 100 * len(LINE)
LIMIT_S = 10.0


class Pipe:
    """A log that is written to a pipe."""

    def __init__(self) -> None:
        self.read_end, write_end = os.pipe()
        self.stream: TextIO = os.fdopen(write_end, "w")
        self.writer = LogWriter(self.stream, lambda count: f"{count} lines dropped\n", MOST)

    def lines(self) -> list[str]:
        """All that comes, up to the end of the pipe."""
        with os.fdopen(self.read_end) as reader:
            return reader.read().splitlines(keepends=True)

    def fill(self) -> int:
        """More than pipe and queue hold, while nobody reads; how many lines."""
        count = 2 * (PIPE_BYTES + MOST) // len(LINE)
        within_limit(lambda: [self.writer.write(LINE) for _ in range(count)])
        return count


def within_limit(work: Callable[[], object]) -> None:
    """Fails where ``work`` waits for the pipe."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    assert not thread.is_alive(), "it waits"


def end(pipe: Pipe) -> None:
    pipe.writer.close()
    pipe.stream.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.writer.close(0)


def test_lines_leave_in_order_and_closing_waits_for_them(pipe: Pipe) -> None:
    sent = [f"line {number}\n" for number in range(50)]
    for line in sent:
        pipe.writer.write(line)
    end(pipe)
    assert pipe.lines() == sent
    assert pipe.writer.dropped == 0


def test_a_pipe_that_nobody_reads_stalls_nobody(pipe: Pipe) -> None:
    count = pipe.fill()
    kept = count - pipe.writer.dropped
    assert pipe.writer.counts() == {"dropped": pipe.writer.dropped}
    assert MOST // len(LINE) <= kept <= (PIPE_BYTES + 2 * MOST) // len(LINE)
    found: list[str] = []
    reading = threading.Thread(target=lambda: found.extend(pipe.lines()))
    reading.start()  # somebody reads after all
    end(pipe)
    reading.join(LIMIT_S)
    assert found == [LINE] * kept + [f"{count - kept} lines dropped\n"]


def test_what_was_dropped_is_told_before_the_next_line(pipe: Pipe) -> None:
    pipe.writer.write("one\n")
    pipe.writer.write("y" * MOST)
    pipe.writer.write("z" * MOST)
    pipe.writer.write("two\n")
    end(pipe)
    assert pipe.lines() == ["one\n", "2 lines dropped\n", "two\n"]
    assert pipe.writer.dropped == 2


def test_closing_does_not_wait_for_ever_and_nothing_is_taken_afterwards(pipe: Pipe) -> None:
    pipe.fill()
    dropped = pipe.writer.dropped
    within_limit(lambda: pipe.writer.close(0.01))
    within_limit(lambda: pipe.writer.write(LINE))
    assert pipe.writer.dropped == dropped + 1


def test_a_reader_that_has_gone_is_counted_and_stops_nothing(pipe: Pipe) -> None:
    os.close(pipe.read_end)
    pipe.writer.write("one\n")
    pipe.writer.write("two\n")
    within_limit(lambda: pipe.writer.close(LIMIT_S))
    assert pipe.writer.dropped == 2
