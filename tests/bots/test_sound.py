import numpy as np
import pytest

from bots.sound import SAMPLE_RATE, SILENCE_DBFS, dominant_frequency_hz, level_dbfs, tone


@pytest.mark.parametrize("frequency_hz", [60, 440, 1000.5, 9000])
def test_the_tone_is_recognised(frequency_hz: float) -> None:
    heard = dominant_frequency_hz(tone(12_345, SAMPLE_RATE, frequency_hz))
    assert heard == pytest.approx(frequency_hz, abs=1)


def test_the_louder_tone_wins() -> None:
    both = tone(0, SAMPLE_RATE, 300, 0.1) + tone(0, SAMPLE_RATE, 700, 0.3)
    assert dominant_frequency_hz(both) == pytest.approx(700, abs=1)


@pytest.mark.parametrize("samples", [np.zeros(48_000, np.int16), tone(0, 4000, 440)])
def test_silence_and_snippets_have_no_frequency(samples: np.ndarray) -> None:
    assert dominant_frequency_hz(samples) is None


def test_chunks_join_without_a_step() -> None:
    whole = tone(0, 1920, 440)
    assert (np.concatenate([tone(0, 960, 440), tone(960, 960, 440)]) == whole).all()


@pytest.mark.parametrize(("amplitude", "level"), [(1.0, -3.01), (0.1, -23.01), (0.01, -43.01)])
def test_level(amplitude: float, level: float) -> None:
    assert level_dbfs(tone(0, SAMPLE_RATE, 440, amplitude)) == pytest.approx(level, abs=0.1)


def test_level_of_nothing() -> None:
    assert level_dbfs(np.zeros(0, np.int16)) == SILENCE_DBFS
    assert level_dbfs(np.zeros(10, np.int16)) == SILENCE_DBFS
