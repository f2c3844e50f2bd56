"""Publishing a media file, again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler, VideoFrame

from bots.errors import BotError
from bots.sound import FRAME_SAMPLES, SAMPLE_RATE
from bots.sources import AUDIO_TIME_BASE, VIDEO_CLOCK_HZ, VIDEO_TIME_BASE, MediaSource

Kind = Literal["audio", "video"]
_MICROSECONDS = 1_000_000
_logger = logging.getLogger("roda.bot")


def file_source(path: Path) -> MediaSource:
    """Tracks for what the file holds: its first audio and its first video stream.

    Raises `BotError` (``source_invalid``) when it holds neither or cannot be read.
    """
    try:
        with av.open(str(path)) as container:
            has_audio, has_video = bool(container.streams.audio), bool(container.streams.video)
    except (OSError, ValueError) as exc:
        raise BotError("source_invalid", f"cannot read {path.name}: {type(exc).__name__}") from None
    if not (has_audio or has_video):
        raise BotError("source_invalid", f"{path.name} holds no audio and no video")
    return MediaSource(
        audio=FileTrack(path, "audio") if has_audio else None,
        video=FileTrack(path, "video") if has_video else None,
    )


class FileTrack(MediaStreamTrack):
    """One stream of a file, decoded as it is needed, in real time.

    Each track opens the file for itself: nothing is queued, and neither can starve the other.
    aiortc's MediaPlayer is not used because its looped video starts again at time 0 and is then
    sent as fast as it can be decoded.
    """

    def __init__(self, path: Path, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self._frames = _looped_frames(path, kind)
        self._started_at: float | None = None

    async def recv(self) -> AudioFrame | VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        try:
            frame = await loop.run_in_executor(None, next, self._frames, None)
        except av.FFmpegError as exc:
            _logger.warning("%s of the file ends: %s", self.kind, type(exc).__name__)
            frame = None
        if frame is None or self.readyState != "live":
            self.stop()
            raise MediaStreamError
        if self._started_at is None:
            self._started_at = loop.time()
        assert frame.time is not None
        await asyncio.sleep(max(0.0, self._started_at + frame.time - loop.time()))
        return frame


def _looped_frames(path: Path, kind: Kind) -> Iterator[AudioFrame | VideoFrame]:
    """Frames whose times go on growing over every repetition; ends only for an empty stream."""
    read = {"audio": _audio_frames, "video": _video_frames}[kind]
    offset = Fraction(0)
    while True:
        duration = Fraction(0)
        with av.open(str(path)) as container:
            if container.duration:
                duration = Fraction(container.duration, _MICROSECONDS)
            count = 0
            for frame, at in read(container):
                count += 1
                duration = max(duration, at)
                clock_hz = SAMPLE_RATE if kind == "audio" else VIDEO_CLOCK_HZ
                frame.pts = int((offset + at) * clock_hz)
                frame.time_base = AUDIO_TIME_BASE if kind == "audio" else VIDEO_TIME_BASE
                yield frame
        if not count:
            return
        offset += duration


def _audio_frames(
    container: av.container.InputContainer,
) -> Iterator[tuple[AudioFrame | VideoFrame, Fraction]]:
    resampler = AudioResampler("s16", "stereo", SAMPLE_RATE, FRAME_SAMPLES)
    position = 0
    for decoded in container.decode(audio=0):
        for frame in resampler.resample(decoded):
            yield frame, Fraction(position, SAMPLE_RATE)
            position += frame.samples


def _video_frames(
    container: av.container.InputContainer,
) -> Iterator[tuple[AudioFrame | VideoFrame, Fraction]]:
    first: Fraction | None = None
    for frame in container.decode(video=0):
        if frame.pts is None or frame.time_base is None:
            continue
        at = frame.pts * Fraction(frame.time_base.numerator, frame.time_base.denominator)
        first = at if first is None else first
        yield frame, at - first
