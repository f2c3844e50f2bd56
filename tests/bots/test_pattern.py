import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.pattern import Rgb, draw_pattern, mean_colour, read_number

SIZES = [(320, 240), (64, 64), (1280, 720), (322, 182)]


@given(st.integers(0, 10**9), st.sampled_from(SIZES))
def test_the_number_can_be_read_back(number: int, size: tuple[int, int]) -> None:
    picture = draw_pattern(number, (10, 200, 90), *size)
    assert picture.shape == (size[1], size[0], 3)
    assert read_number(picture) == number % 65_536


@given(st.integers(0, 2**16 - 1))
def test_the_number_survives_noise(number: int) -> None:
    picture = draw_pattern(number, (128, 128, 128), 320, 240)
    noise = np.random.default_rng(number).integers(-60, 60, picture.shape)
    assert read_number(np.clip(picture + noise, 0, 255).astype(np.uint8)) == number


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 40, 41)])
def test_the_middle_is_the_colour(colour: Rgb) -> None:
    assert mean_colour(draw_pattern(7, colour, 320, 240)) == colour


def test_something_moves() -> None:
    one, two = (draw_pattern(n, (9, 9, 9), 320, 240)[:16] for n in (1, 2))
    assert (one != two).any()
