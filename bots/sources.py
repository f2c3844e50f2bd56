"""What a bot publishes: synthetic picture and tone, or numpy frames that a program pushes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, Packet, VideoFrame
from av.frame import Frame
from av.stream import Stream

from bots.pacer import Pacer
from bots.pattern import Picture, Rgb, draw_pattern
from bots.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples, tone

VIDEO_CLOCK_HZ = 90_000
AUDIO_TIME_BASE = Fraction(1, SAMPLE_RATE)
VIDEO_TIME_BASE = Fraction(1, VIDEO_CLOCK_HZ)
QUEUE_FRAMES = 50


@dataclass(frozen=True, slots=True)
class SyntheticSettings:
    """``tone_hz`` 0 or ``video`` False leave that half out. Sizes in pixels, rate in frames/s."""

    colour: Rgb = (30, 120, 200)
    tone_hz: float = 440.0
    width: int = 320
    height: int = 240
    frame_rate: int = 20
    video: bool = True


@dataclass(slots=True)
class MediaSource:
    """The tracks a bot publishes. ``stop`` ends them; ``on_keyframe_request`` is for pre-encoded
    video, which the sender cannot make a keyframe of by itself."""

    audio: MediaStreamTrack | None = None
    video: MediaStreamTrack | None = None
    on_keyframe_request: Callable[[], None] | None = field(default=None, repr=False)

    def stop(self) -> None:
        for track in (self.audio, self.video):
            if track is not None:
                track.stop()


def synthetic_source(settings: SyntheticSettings) -> MediaSource:
    """A tone and a moving picture, fresh tracks."""
    return MediaSource(
        audio=ToneTrack(settings.tone_hz) if settings.tone_hz else None,
        video=PatternTrack(settings) if settings.video else None,
    )


class ToneTrack(MediaStreamTrack):
    """A sine wave, mono, 20 ms a frame."""

    kind = "audio"

    def __init__(self, frequency_hz: float) -> None:
        super().__init__()
        self._frequency_hz = frequency_hz
        self._pacer = Pacer(FRAME_SAMPLES / SAMPLE_RATE)

    async def recv(self) -> AudioFrame:
        _assert_live(self)
        first = await self._pacer.next() * FRAME_SAMPLES
        return audio_frame(tone(first, FRAME_SAMPLES, self._frequency_hz), first)


class PatternTrack(MediaStreamTrack):
    """`bots.pattern.draw_pattern` at a steady rate."""

    kind = "video"

    def __init__(self, settings: SyntheticSettings) -> None:
        super().__init__()
        self._settings = settings
        self._pacer = Pacer(1 / settings.frame_rate)

    async def recv(self) -> VideoFrame:
        _assert_live(self)
        number = await self._pacer.next()
        given = self._settings
        picture = draw_pattern(number, given.colour, given.width, given.height)
        return video_frame(picture, number * VIDEO_CLOCK_HZ // given.frame_rate)


class ArrayVideoTrack(MediaStreamTrack):
    """Pictures that a program pushes as they come; over `QUEUE_FRAMES` the oldest is dropped."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._queue: asyncio.Queue[tuple[Picture, float]] = asyncio.Queue(QUEUE_FRAMES)
        self._started_at: float | None = None

    def push(self, picture: Picture) -> None:
        """``picture``: uint8 of shape (height, width, 3), RGB, even sides."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait((picture, asyncio.get_running_loop().time()))

    async def recv(self) -> VideoFrame:
        _assert_live(self)
        picture, pushed_at = await self._queue.get()
        if self._started_at is None:
            self._started_at = pushed_at
        return video_frame(picture, int((pushed_at - self._started_at) * VIDEO_CLOCK_HZ))


class ArrayAudioTrack(MediaStreamTrack):
    """Sound that a program pushes: 48 kHz mono; over `QUEUE_FRAMES` the oldest is dropped."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._queue: asyncio.Queue[tuple[Samples, int]] = asyncio.Queue(QUEUE_FRAMES)
        self._pushed = 0

    def push(self, samples: Samples) -> None:
        """``samples``: int16 of shape (n,)."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait((samples, self._pushed))
        self._pushed += len(samples)

    async def recv(self) -> AudioFrame:
        _assert_live(self)
        samples, first = await self._queue.get()
        return audio_frame(samples, first)


class LentTrack(MediaStreamTrack):
    """A track lent to a sender, which stops what it sends when it ends: the track itself stays
    alive, to be published again."""

    def __init__(self, track: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = track.kind
        self._track = track

    async def recv(self) -> Frame | Packet[Stream]:
        _assert_live(self)
        return await self._track.recv()


def audio_frame(samples: Samples, first_sample: int) -> AudioFrame:
    """Mono samples as a frame with its place in time."""
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = first_sample
    frame.time_base = AUDIO_TIME_BASE
    return frame


def video_frame(picture: Picture, pts: int) -> VideoFrame:
    """An RGB picture as a frame; ``pts`` in 90 kHz ticks."""
    frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    frame.pts = pts
    frame.time_base = VIDEO_TIME_BASE
    return frame


def _assert_live(track: MediaStreamTrack) -> None:
    if track.readyState != "live":
        raise MediaStreamError
