"""Log lines leave by a thread of their own: a pipe that nobody reads stalls no media."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TextIO

MAX_WAITING = 256 * 1024  # characters
CLOSE_LIMIT_S = 2.0


class LogWriter:
    """In the place of a stream, for structlog and `logging`: `write` never waits. What finds the
    queue full is dropped and counted, and a line in its place tells how many were."""

    def __init__(
        self,
        stream: TextIO,
        dropped_line: Callable[[int], str],
        max_waiting: int = MAX_WAITING,
    ) -> None:
        """
        :param dropped_line: says, in the log's format, that so many lines are missing
        :param max_waiting: characters
        """
        self.dropped = 0  # lines, since the start
        self._stream = stream
        self._dropped_line = dropped_line
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._waiting = 0  # characters in the queue and in the thread's hands
        self._missing = 0  # dropped since the last line that went into the queue
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def counts(self) -> Mapping[str, object]:
        """For the metrics."""
        return {"dropped": self.dropped}

    def write(self, text: str) -> int:
        """Queue one line, with its end."""
        with self._changed:
            if self._closing or self._waiting + len(text) > self._max_waiting:
                self.dropped += 1
                self._missing += 1
                return 0
            if self._missing:
                self._put(self._dropped_line(self._missing))
                self._missing = 0
            self._put(text)
            self._changed.notify()
        return len(text)

    def flush(self) -> None:
        """The thread flushes; see `close`."""

    def close(self, limit_s: float = CLOSE_LIMIT_S) -> None:
        """Wait until what is queued has been written, at most so long. Idempotent."""
        with self._changed:
            if self._missing and not self._closing:
                self._put(self._dropped_line(self._missing))
                self._missing = 0
            self._closing = True
            self._changed.notify()
        self._thread.join(limit_s)

    def _put(self, text: str) -> None:
        self._lines.append(text)
        self._waiting += len(text)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._closing)
                if not self._lines:
                    return
                text = "".join(self._lines)
                count = len(self._lines)
                self._lines.clear()
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):  # whoever read the log has gone
                with self._changed:
                    self.dropped += count
            with self._changed:
                self._waiting -= len(text)
