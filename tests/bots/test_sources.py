from __future__ import annotations

import asyncio

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from bots.pattern import mean_colour, read_number
from bots.sound import SAMPLE_RATE, dominant_frequency_hz, tone
from bots.sources import (
    QUEUE_FRAMES,
    ArrayAudioTrack,
    ArrayVideoTrack,
    LentTrack,
    PatternTrack,
    SyntheticSettings,
    ToneTrack,
    synthetic_source,
)


async def test_the_tone_track_sounds_its_frequency() -> None:
    track = ToneTrack(800)
    frames = [await track.recv() for _ in range(10)]
    assert [frame.pts for frame in frames] == list(range(0, 9600, 960))
    heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    assert dominant_frequency_hz(heard) == pytest.approx(800, abs=6)


async def test_the_pattern_track_counts_and_shows_its_colour() -> None:
    track = PatternTrack(SyntheticSettings(colour=(200, 40, 40), frame_rate=50))
    frames = [await track.recv() for _ in range(3)]
    pictures = [frame.to_ndarray(format="rgb24") for frame in frames]
    assert [read_number(picture) for picture in pictures] == [0, 1, 2]
    assert np.abs(np.subtract(mean_colour(pictures[0]), (200, 40, 40))).max() <= 4
    assert frames[1].time - frames[0].time == pytest.approx(1 / 50)


async def test_sources_keep_real_time() -> None:
    loop = asyncio.get_running_loop()
    track = ToneTrack(440)
    started = loop.time()
    for _ in range(11):
        await track.recv()
    assert 0.18 < loop.time() - started < 0.6


def test_halves_can_be_left_out() -> None:
    source = synthetic_source(SyntheticSettings(tone_hz=0))
    assert source.audio is None
    assert source.video is not None
    assert synthetic_source(SyntheticSettings(video=False)).video is None


async def test_a_stopped_track_ends() -> None:
    source = synthetic_source(SyntheticSettings())
    source.stop()
    assert source.audio is not None
    assert source.video is not None
    for track in (source.audio, source.video):
        with pytest.raises(MediaStreamError):
            await track.recv()


async def test_a_lent_track_can_be_lent_again() -> None:
    track = ToneTrack(440)
    first, second = LentTrack(track), LentTrack(track)
    await first.recv()
    first.stop()
    with pytest.raises(MediaStreamError):
        await first.recv()
    assert (await second.recv()).pts == 960


async def test_pushed_pictures_come_out_and_the_oldest_is_dropped() -> None:
    track = ArrayVideoTrack()
    for number in range(QUEUE_FRAMES + 2):
        track.push(np.full((64, 64, 3), number, np.uint8))
    first = (await track.recv()).to_ndarray(format="rgb24")
    assert abs(int(first[0, 0, 0]) - 2) <= 1


async def test_pushed_sound_keeps_its_place_in_time() -> None:
    track = ArrayAudioTrack()
    for first in range(0, SAMPLE_RATE // 10, 960):
        track.push(tone(first, 960, 440))
    frames = [await track.recv() for _ in range(5)]
    assert [frame.pts for frame in frames] == [0, 960, 1920, 2880, 3840]
    assert (frames[1].to_ndarray().reshape(-1) == tone(960, 960, 440)).all()
