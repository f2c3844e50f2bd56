"""Files for Chromium's fake camera and microphone: each person has a colour and a tone."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av import VideoFrame

from bots.pattern import Rgb, draw_pattern

FRAMES = 24
SAMPLE_RATE = 48_000
# Noise suppression takes a tone that never stops for noise.
ON_S, PERIOD_S, SECONDS = 0.35, 0.5, 4


@dataclass(frozen=True)
class Camera:
    """Pixels, and frames a second. ``grain`` is the spread of what a sensor adds to each pixel, of
    255: with some of it an encoder needs all the bits it may have, without it next to none."""

    width: int
    height: int
    frame_rate: int
    grain: float = 0.0


SMALL_CAMERA = Camera(320, 240, 12)


def write_camera(path: Path, colour: Rgb, camera: Camera = SMALL_CAMERA) -> Path:
    """A Y4M file: a moving pattern over ``colour``."""
    width, height, rate = camera.width, camera.height, camera.frame_rate
    sensor = np.random.default_rng(1)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            picture = draw_pattern(number, colour, width, height)
            if camera.grain:
                noise = sensor.normal(0, camera.grain, (height, width, 1))
                picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
            planes = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            file.write(b"FRAME\n" + planes.to_ndarray().tobytes())
    return path


def write_microphone(path: Path, tone_hz: float) -> Path:
    """A WAV file: ``tone_hz`` in bursts."""
    times = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    edges = np.clip(np.minimum(times % PERIOD_S, ON_S - times % PERIOD_S) / 0.01, 0, 1)
    samples = (0.5 * 32767 * edges * np.sin(2 * np.pi * tone_hz * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return path
