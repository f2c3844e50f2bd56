"""Making and recognising a tone. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

SAMPLE_RATE = 48_000  # Hz
FRAME_SAMPLES = 960  # 20 ms
SILENCE_DBFS = -120.0
_FULL_SCALE = 32_768.0


def tone(first_sample: int, count: int, frequency_hz: float, amplitude: float = 0.3) -> Samples:
    """``count`` mono samples of a sine from sample ``first_sample`` on; ``amplitude`` 0 to 1."""
    t = np.arange(first_sample, first_sample + count, dtype=np.float64) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * frequency_hz * t) * amplitude * (_FULL_SCALE - 1)
    return wave.astype(np.int16)


def dominant_frequency_hz(samples: Samples, sample_rate: int = SAMPLE_RATE) -> float | None:
    """The strongest frequency above 20 Hz, or None for silence or under 100 ms of sound."""
    if len(samples) < sample_rate // 10 or level_dbfs(samples) < -70:
        return None
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    frequencies = np.fft.rfftfreq(len(samples), 1 / sample_rate)
    spectrum[frequencies < 20] = 0
    return float(frequencies[int(spectrum.argmax())])


def level_dbfs(samples: Samples) -> float:
    """Root mean square relative to full scale, in dB: 0 is the loudest, `SILENCE_DBFS` none."""
    if len(samples) == 0:
        return SILENCE_DBFS
    rms = float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) / _FULL_SCALE
    return max(SILENCE_DBFS, 20 * float(np.log10(rms))) if rms > 0 else SILENCE_DBFS
