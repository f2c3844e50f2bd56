"""Writing received frames to files, one for each track."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
from av import AudioFrame, VideoFrame
from av.video.stream import VideoStream

from bots.sound import SAMPLE_RATE

VIDEO_RATE = 30
VIDEO_BITRATE_BPS = 1_000_000
_MILLISECONDS = Fraction(1, 1000)


class Recorder(Protocol):
    """Takes frames of one track; both methods block and belong in a thread."""

    def write(self, frame: AudioFrame | VideoFrame) -> None: ...

    def close(self) -> None: ...


class AudioRecorder:
    """A WAV file, 48 kHz, 16 bits, as many channels as the first frame has."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: wave.Wave_write | None = None

    def write(self, frame: AudioFrame | VideoFrame) -> None:
        assert isinstance(frame, AudioFrame)
        if self._file is None:
            self._file = wave.open(str(self._path), "wb")  # noqa: SIM115 - closed by `close`
            self._file.setnchannels(frame.layout.nb_channels)
            self._file.setsampwidth(2)
            self._file.setframerate(frame.sample_rate or SAMPLE_RATE)
        self._file.writeframesraw(frame.to_ndarray().tobytes())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class VideoRecorder:
    """A WebM file in VP8 of the first frame's size, with the frames' own times."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: av.container.OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._first_s = 0.0
        self._last_ms = -1

    def write(self, frame: AudioFrame | VideoFrame) -> None:
        assert isinstance(frame, VideoFrame)
        if self._container is None or self._stream is None:
            self._open(frame)
        assert self._container is not None
        assert self._stream is not None
        at_ms = max(self._last_ms + 1, int(((frame.time or 0.0) - self._first_s) * 1000))
        self._last_ms = at_ms
        picture = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        picture.pts, picture.time_base = at_ms, _MILLISECONDS
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        if self._container is not None and self._stream is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def _open(self, frame: VideoFrame) -> None:
        self._first_s = frame.time or 0.0
        self._container = av.open(str(self._path), "w", format="webm")
        stream = self._container.add_stream("libvpx", rate=VIDEO_RATE)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        stream.bit_rate = VIDEO_BITRATE_BPS
        stream.codec_context.time_base = _MILLISECONDS
        stream.options = {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0"}
        self._stream = stream


def recorder_for(kind: str, directory: Path, stem: str) -> Recorder:
    """A recorder into ``{stem}.wav`` or ``{stem}.webm``."""
    if kind == "audio":
        return AudioRecorder(directory / f"{stem}.wav")
    return VideoRecorder(directory / f"{stem}.webm")
