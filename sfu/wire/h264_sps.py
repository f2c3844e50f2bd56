"""The picture's size in an H.264 sequence parameter set (ITU-T H.264 section 7.3.2.1.1)."""

from __future__ import annotations

from sfu.wire.bits import BitReader
from sfu.wire.errors import WireError

MAX_BYTES = 512  # of a parameter set that is read; usual ones have 20
MAX_SIDE = 16_384  # pixels; level 6.2 allows no more
_HEADER = 4  # type, profile, constraints, level
_WITH_CHROMA = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244))
_MAX_CYCLE = 255


def sps_size(unit: bytes) -> tuple[int, int]:
    """Width and height in pixels, cropped as shown. Raises `WireError`.

    :param unit: the whole NAL unit, its header included
    """
    if len(unit) <= _HEADER:
        raise WireError("H.264 parameter set too short")
    # Section 7.4.1: a 3 behind two zero bytes is there for byte streams alone.
    bits = BitReader(unit[_HEADER:MAX_BYTES].replace(b"\0\0\3", b"\0\0"))
    bits.exp_golomb()  # its number
    chroma, separate = 1, False
    if unit[1] in _WITH_CHROMA:
        chroma, separate = _read_chroma(bits)
    bits.exp_golomb()  # frame numbers' length
    _skip_order_count(bits)
    bits.exp_golomb()  # reference frames
    bits.flag()  # gaps in frame numbers
    width, height = bits.exp_golomb() + 1, bits.exp_golomb() + 1
    whole_frames = bits.flag()
    if not whole_frames:
        bits.flag()
    bits.flag()
    cropped_x, cropped_y = _read_cropping(bits) if bits.flag() else (0, 0)
    fields = 1 if whole_frames else 2
    subsampled = chroma == 0 or separate
    unit_x = 1 if subsampled or chroma == 3 else 2
    unit_y = 2 if chroma == 1 and not separate else 1
    size = 16 * width - unit_x * cropped_x, 16 * height * fields - unit_y * fields * cropped_y
    if not (0 < size[0] <= MAX_SIDE and 0 < size[1] <= MAX_SIDE):
        raise WireError("H.264 picture of an impossible size")
    return size


def _read_chroma(bits: BitReader) -> tuple[int, bool]:
    """The chroma format, and whether colour planes are separate."""
    chroma = bits.exp_golomb()
    if chroma > 3:
        raise WireError("H.264 parameter set with an unknown chroma format")
    separate = chroma == 3 and bits.flag()
    bits.exp_golomb()  # depths of luma and chroma
    bits.exp_golomb()
    bits.flag()
    if bits.flag():
        for index in range(12 if chroma == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, separate


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_exp_golomb()) % 256
        last = following or last


def _skip_order_count(bits: BitReader) -> None:
    kind = bits.exp_golomb()
    if kind == 0:
        bits.exp_golomb()
    elif kind == 1:
        bits.flag()
        bits.exp_golomb()
        bits.exp_golomb()
        count = bits.exp_golomb()
        if count > _MAX_CYCLE:
            raise WireError("H.264 parameter set with too long a cycle")
        for _ in range(count):
            bits.exp_golomb()


def _read_cropping(bits: BitReader) -> tuple[int, int]:
    """Columns and rows, in units of the chroma format."""
    left, right, top, bottom = (bits.exp_golomb() for _ in range(4))
    return left + right, top + bottom
