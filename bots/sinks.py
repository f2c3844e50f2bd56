"""What a bot does with the tracks it receives: count, look, listen, record."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from bots.pattern import Picture, Rgb, mean_colour
from bots.recording import Recorder
from bots.sound import SAMPLE_RATE, Samples, dominant_frequency_hz, level_dbfs

HEARD_S = 1.0

_logger = logging.getLogger("roda.bot")
Frame = AudioFrame | VideoFrame


class TrackSink:
    """Drains one decoded track: what nobody reads piles up in aiortc without limit.

    Subclasses look at each frame in `take`. ``on_frame`` is called after it, for programs that
    want them all. `start` reads until the track or the sink ends.
    """

    def __init__(
        self,
        on_first: Callable[[], None] = lambda: None,
        recorder: Recorder | None = None,
    ) -> None:
        self.frames = 0
        self.on_frame: Callable[[Frame], None] | None = None
        self._on_first = on_first
        self._recorder = recorder
        self._task: asyncio.Task[None] | None = None

    def start(self, track: MediaStreamTrack) -> None:
        self._task = asyncio.create_task(self._drain(track))

    async def stop(self) -> None:
        """Idempotent; the recording is complete afterwards."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            await asyncio.to_thread(recorder.close)

    def take(self, frame: Frame) -> None:
        """Look at one frame; on the event loop."""

    async def _drain(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if not isinstance(frame, AudioFrame | VideoFrame):
                    continue
                self.frames += 1
                if self.frames == 1:
                    self._on_first()
                self.take(frame)
                if self.on_frame is not None:
                    self.on_frame(frame)
                if self._recorder is not None:
                    await _finish(asyncio.to_thread(self._recorder.write, frame))
        except MediaStreamError:
            _logger.debug("a remote %s track ended", track.kind)


class VideoSink(TrackSink):
    """Keeps the latest frame; turns it into an array only when asked."""

    def __init__(
        self, on_first: Callable[[], None] = lambda: None, recorder: Recorder | None = None
    ) -> None:
        super().__init__(on_first, recorder)
        self._latest: VideoFrame | None = None

    def take(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame):
            self._latest = frame

    def picture(self) -> Picture | None:
        """The latest frame as RGB, shape (height, width, 3)."""
        if self._latest is None:
            return None
        return self._latest.to_ndarray(format="rgb24").astype(np.uint8, copy=False)

    def mean_colour(self) -> Rgb | None:
        picture = self.picture()
        return None if picture is None else mean_colour(picture)


class AudioSink(TrackSink):
    """Keeps the last second, mono."""

    def __init__(
        self, on_first: Callable[[], None] = lambda: None, recorder: Recorder | None = None
    ) -> None:
        super().__init__(on_first, recorder)
        self._heard: deque[Samples] = deque()
        self._heard_samples = 0

    def take(self, frame: Frame) -> None:
        if not isinstance(frame, AudioFrame):
            return
        samples = mono(frame)
        self._heard.append(samples)
        self._heard_samples += len(samples)
        while self._heard_samples - len(self._heard[0]) >= HEARD_S * SAMPLE_RATE:
            self._heard_samples -= len(self._heard.popleft())

    def samples(self) -> Samples:
        """The last second or less, int16 at 48 kHz."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)

    def dominant_frequency_hz(self) -> float | None:
        return dominant_frequency_hz(self.samples())

    def level_dbfs(self) -> float:
        return level_dbfs(self.samples())


async def _finish(work: Coroutine[None, None, None]) -> None:
    """Await ``work`` to its end even when cancelled: a file must not be closed while a thread
    still writes to it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def mono(frame: AudioFrame) -> Samples:
    """A packed s16 frame's channels averaged."""
    channels = frame.layout.nb_channels
    interleaved = frame.to_ndarray().reshape(-1, channels)
    averaged: Samples = interleaved.mean(axis=1).astype(np.int16)
    return averaged
