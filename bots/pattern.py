"""The synthetic picture: a colour, something that moves, and a number that can be read back.

Pure numpy. A band at the top holds a white block that moves with every frame; a band at the bottom
holds the frame number as 16 black and white cells. The middle is one solid colour, which survives
any codec well enough to tell senders apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Picture = NDArray[np.uint8]

BAND_PIXELS = 16
COUNTER_BITS = 16
_BLOCK_PIXELS = 32
_STEP_PIXELS = 8


def draw_pattern(number: int, colour: Rgb, width: int, height: int) -> Picture:
    """Frame ``number`` as an array of shape (height, width, 3). ``width`` ≥ 64, ``height`` ≥ 64."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = colour
    picture[:BAND_PIXELS] = 0
    left = number * _STEP_PIXELS % (width - _BLOCK_PIXELS)
    picture[:BAND_PIXELS, left : left + _BLOCK_PIXELS] = 255
    for bit, value in enumerate(_cells(number)):
        first, last = _cell_edges(bit, width)
        picture[-BAND_PIXELS:, first:last] = value
    return picture


def read_number(picture: Picture) -> int:
    """The frame number in a picture of `draw_pattern`, modulo 65,536; also after a lossy codec."""
    height, width, _ = picture.shape
    band = picture[height - BAND_PIXELS * 3 // 4 : height - BAND_PIXELS // 4].mean(axis=(0, 2))
    number = 0
    for bit in range(COUNTER_BITS):
        first, last = _cell_edges(bit, width)
        margin = (last - first) // 4
        bright = band[first + margin : last - margin].mean() > 127
        number = number << 1 | int(bright)
    return number


def mean_colour(picture: Picture) -> Rgb:
    """Mean of the middle half of the picture, each channel 0 to 255."""
    height, width, _ = picture.shape
    middle = picture[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
    red, green, blue = middle.reshape(-1, 3).mean(axis=0)
    return round(float(red)), round(float(green)), round(float(blue))


def _cells(number: int) -> Picture:
    bits = [(number >> shift) & 1 for shift in range(COUNTER_BITS - 1, -1, -1)]
    return np.array(bits, np.uint8) * 255


def _cell_edges(bit: int, width: int) -> tuple[int, int]:
    return width * bit // COUNTER_BITS, width * (bit + 1) // COUNTER_BITS
