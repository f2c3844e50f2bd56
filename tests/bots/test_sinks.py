from __future__ import annotations

import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from bots.pattern import draw_pattern, read_number
from bots.recording import AudioRecorder, VideoRecorder
from bots.sinks import AudioSink, TrackSink, VideoSink, mono
from bots.sound import SAMPLE_RATE, tone
from bots.sources import audio_frame, video_frame
from tests.support.eventually import eventually

BLUE = (40, 70, 200)


class Played(MediaStreamTrack):
    """Gives its frames as fast as they are read, then ends."""

    def __init__(self, kind: str, frames: list[AudioFrame] | list[VideoFrame]) -> None:
        super().__init__()
        self.kind = kind
        self._frames = list(frames)

    async def recv(self) -> AudioFrame | VideoFrame:
        if not self._frames:
            raise MediaStreamError
        return self._frames.pop(0)


def pictures(count: int) -> list[VideoFrame]:
    return [video_frame(draw_pattern(n, BLUE, 320, 240), n * 4500) for n in range(count)]


def sounds(count: int, frequency_hz: float = 700) -> list[AudioFrame]:
    return [audio_frame(tone(n * 960, 960, frequency_hz), n * 960) for n in range(count)]


async def played(sink: TrackSink, track: MediaStreamTrack, frames: int) -> None:
    sink.start(track)
    await eventually(lambda: sink.frames >= frames, f"{frames} frames")
    await sink.stop()


async def test_video_is_counted_and_seen() -> None:
    firsts: list[int] = []
    sink = VideoSink(lambda: firsts.append(sink.frames))
    assert sink.picture() is None
    assert sink.mean_colour() is None
    await played(sink, Played("video", pictures(5)), 5)
    assert firsts == [1]
    picture = sink.picture()
    assert picture is not None
    assert read_number(picture) == 4
    colour = sink.mean_colour()
    assert colour is not None
    assert np.abs(np.subtract(colour, BLUE)).max() <= 4


async def test_audio_is_counted_and_heard() -> None:
    sink = AudioSink()
    assert sink.dominant_frequency_hz() is None
    await played(sink, Played("audio", sounds(20)), 20)
    assert sink.dominant_frequency_hz() == pytest.approx(700, abs=3)
    assert sink.level_dbfs() == pytest.approx(-13.5, abs=0.5)


async def test_only_the_last_second_is_kept() -> None:
    sink = AudioSink()
    await played(sink, Played("audio", sounds(60, 300) + sounds(60, 900)), 120)
    assert SAMPLE_RATE <= len(sink.samples()) < SAMPLE_RATE + 960
    assert sink.dominant_frequency_hz() == pytest.approx(900, abs=2)


async def test_programs_can_have_every_frame() -> None:
    seen: list[float | None] = []
    sink = VideoSink()
    sink.on_frame = lambda frame: seen.append(frame.time)
    await played(sink, Played("video", pictures(3)), 3)
    assert seen == [0.0, 0.05, 0.1]


def test_channels_are_averaged() -> None:
    stereo = np.array([[100, 300, -50, 50]], np.int16)
    frame = AudioFrame.from_ndarray(stereo, format="s16", layout="stereo")
    assert mono(frame).tolist() == [200, 0]


async def test_recordings_hold_what_was_received(tmp_path: Path) -> None:
    video = VideoSink(recorder=VideoRecorder(tmp_path / "v.webm"))
    audio = AudioSink(recorder=AudioRecorder(tmp_path / "a.wav"))
    await played(video, Played("video", pictures(20)), 20)
    await played(audio, Played("audio", sounds(50)), 50)
    with av.open(str(tmp_path / "v.webm")) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 20
    assert frames[10].time == pytest.approx(0.5, abs=0.01)
    assert read_number(frames[19].to_ndarray(format="rgb24")) == 19
    with wave.open(str(tmp_path / "a.wav"), "rb") as file:
        assert (file.getframerate(), file.getnchannels()) == (SAMPLE_RATE, 1)
        assert file.getnframes() == 50 * 960


async def test_a_track_that_never_came_leaves_no_file(tmp_path: Path) -> None:
    sink = VideoSink(recorder=VideoRecorder(tmp_path / "v.webm"))
    await sink.stop()
    assert os.listdir(tmp_path) == []
