import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire.ntp import compact_ntp, ntp_from_unix, unix_from_ntp


@pytest.mark.parametrize(
    ("seconds", "ntp"),
    [
        (0.0, 0x83AA7E80_00000000),  # 1970
        (-2_208_988_800.0, 0),  # 1900
        (1_709_553_600.5, 0xE9903640_80000000),  # half a second after noon, 4 March 2024
        (2_085_978_496.0, 0),  # the next era begins, in 2036
    ],
)
def test_unix_time_as_ntp(seconds: float, ntp: int) -> None:
    assert ntp_from_unix(seconds) == ntp


def test_compact_time_is_the_middle() -> None:
    assert compact_ntp(0x0123_4567_89AB_CDEF) == 0x4567_89AB


@given(st.floats(0, 2_000_000_000))
def test_time_survives_to_a_microsecond(seconds: float) -> None:
    assert unix_from_ntp(ntp_from_unix(seconds)) == pytest.approx(seconds, abs=1e-6)


@given(st.floats(0, 2_000_000_000), st.floats(0, 60))
def test_compact_differences_are_in_65536ths(start: float, passed: float) -> None:
    before, after = (compact_ntp(ntp_from_unix(time)) for time in (start, start + passed))
    assert ((after - before) & 0xFFFFFFFF) / 65536 == pytest.approx(passed, abs=1e-4)
