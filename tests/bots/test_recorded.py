from __future__ import annotations

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from bots.pattern import mean_colour, read_number
from bots.recorded import LOOP_S, RecordedTrack, encode_pattern, encode_tone, recorded_source
from bots.sound import SAMPLE_RATE, dominant_frequency_hz
from bots.sources import SyntheticSettings

SETTINGS = SyntheticSettings(colour=(40, 160, 60), tone_hz=500)


def test_the_picture_was_encoded_with_one_keyframe_at_its_start() -> None:
    payloads = encode_pattern(SETTINGS)
    assert len(payloads) == LOOP_S * SETTINGS.frame_rate
    keyframes = [not payload[0] & 1 for payload in payloads]  # RFC 6386 section 9.1
    assert keyframes == [True] + [False] * (len(payloads) - 1)
    decoder = av.CodecContext.create("libvpx", "r")
    frames = [frame for payload in payloads for frame in decoder.decode(av.Packet(payload))]
    pictures = [frame.to_ndarray(format="rgb24") for frame in frames]
    assert [read_number(picture) for picture in pictures] == list(range(len(payloads)))
    assert np.abs(np.subtract(mean_colour(pictures[-1]), SETTINGS.colour)).max() <= 8


def test_the_tone_was_encoded_in_steps_of_20_ms() -> None:
    payloads = encode_tone(500)
    assert len(payloads) == LOOP_S * 50
    decoder = av.CodecContext.create("libopus", "r")
    frames = [frame for payload in payloads for frame in decoder.decode(av.Packet(payload))]
    heard = np.concatenate([frame.to_ndarray().reshape(-1, 2)[:, 0] for frame in frames])
    assert len(heard) == pytest.approx(LOOP_S * SAMPLE_RATE, rel=0.02)
    assert dominant_frequency_hz(heard[SAMPLE_RATE // 10 :]) == pytest.approx(500, abs=2)


async def test_packets_go_round_with_times_that_grow() -> None:
    track = RecordedTrack("video", [b"key", b"two", b"three"], ticks=450, clock_hz=90_000)
    packets = [await track.recv() for _ in range(5)]
    assert [bytes(p) for p in packets] == [b"key", b"two", b"three", b"key", b"two"]
    assert [p.pts for p in packets] == [0, 450, 900, 1350, 1800]


async def test_a_keyframe_request_starts_again_from_the_keyframe() -> None:
    track = RecordedTrack("video", [b"key", b"two", b"three"], ticks=450, clock_hz=90_000)
    await track.recv()
    track.restart()
    again = await track.recv()
    assert (bytes(again), again.pts) == (b"key", 450)


async def test_the_source_answers_keyframe_requests_and_ends() -> None:
    source = await recorded_source(SETTINGS)
    assert source.on_keyframe_request is not None
    assert source.audio is not None
    source.stop()
    with pytest.raises(MediaStreamError):
        await source.audio.recv()
    assert (await recorded_source(SyntheticSettings(tone_hz=0, video=False))).audio is None
