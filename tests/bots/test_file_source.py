from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from bots.errors import BotError
from bots.file_source import file_source
from bots.pattern import mean_colour
from bots.sound import dominant_frequency_hz
from tests.bots.media_files import FRAME_RATE, write_clip


async def test_a_file_goes_round_with_times_that_grow(tmp_path: Path) -> None:
    source = file_source(write_clip(tmp_path / "clip.webm", seconds=0.3))
    assert source.video is not None
    frames = [await source.video.recv() for _ in range(15)]  # the file holds 6
    times = [frame.time for frame in frames]
    steps = np.diff(times)
    assert steps.min() > 0.5 / FRAME_RATE
    assert steps.max() < 3 / FRAME_RATE
    colour = mean_colour(frames[14].to_ndarray(format="rgb24"))
    assert np.abs(np.subtract(colour, (220, 200, 40))).max() <= 8


async def test_sound_of_a_file(tmp_path: Path) -> None:
    source = file_source(write_clip(tmp_path / "clip.webm", seconds=0.3))
    assert source.audio is not None
    frames = [await source.audio.recv() for _ in range(20)]  # the file holds 15
    assert all(frame.samples == 960 for frame in frames[:10])
    heard = np.concatenate([frame.to_ndarray().reshape(-1, 2)[:, 0] for frame in frames])
    assert dominant_frequency_hz(heard) == pytest.approx(600, abs=6)
    assert all(later.pts > earlier.pts for earlier, later in pairwise(frames))


async def test_a_file_may_hold_one_kind_only(tmp_path: Path) -> None:
    silent = file_source(write_clip(tmp_path / "silent.webm", 0.2, tone_hz=None))
    blind = file_source(write_clip(tmp_path / "blind.webm", 0.2, colour=None))
    assert (silent.audio, blind.video) == (None, None)
    assert silent.video is not None
    assert blind.audio is not None


async def test_a_stopped_file_ends(tmp_path: Path) -> None:
    source = file_source(write_clip(tmp_path / "clip.webm", 0.2))
    assert source.video is not None
    await source.video.recv()
    source.stop()
    with pytest.raises(MediaStreamError):
        await source.video.recv()


async def test_a_file_that_breaks_off_ends_its_track(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.webm", 1.0)
    source = file_source(path)
    assert source.video is not None
    path.unlink()
    with pytest.raises(MediaStreamError):
        await source.video.recv()


@pytest.mark.parametrize("content", [b"", b"not media", None])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.webm"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BotError, match="source_invalid"):
        file_source(path)


def test_a_file_without_picture_and_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nOi\n")
    with av.open(str(path)) as container:
        assert not container.streams.video
    with pytest.raises(BotError, match="no audio and no video"):
        file_source(path)
