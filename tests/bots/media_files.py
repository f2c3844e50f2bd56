"""Small media files for tests, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av import AudioFrame, VideoFrame

from bots.pattern import Rgb, draw_pattern
from bots.sound import FRAME_SAMPLES, SAMPLE_RATE, tone

FRAME_RATE = 20


def write_clip(
    path: Path,
    seconds: float = 1.0,
    colour: Rgb | None = (220, 200, 40),
    tone_hz: float | None = 600.0,
) -> Path:
    """A WebM file (VP8, Opus) with the moving picture and a tone, or one of the two."""
    with av.open(str(path), "w", format="webm") as container:
        video = audio = None
        if colour is not None:
            video = container.add_stream("libvpx", rate=FRAME_RATE)
            video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
            video.bit_rate = 500_000
        if tone_hz is not None:
            audio = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
        if video is not None and colour is not None:
            for number in range(int(seconds * FRAME_RATE)):
                picture = draw_pattern(number, colour, 320, 240)
                frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if audio is not None and tone_hz is not None:
            for first in range(0, int(seconds * SAMPLE_RATE), FRAME_SAMPLES):
                samples = tone(first, FRAME_SAMPLES, tone_hz).reshape(1, -1)
                sound = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                sound.sample_rate, sound.pts = SAMPLE_RATE, first
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    return path
