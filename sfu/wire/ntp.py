"""NTP timestamps as RTCP carries them (RFC 3550 section 4)."""

from __future__ import annotations

NTP_EPOCH_OFFSET = 2_208_988_800  # seconds from 1900 to 1970


def ntp_from_unix(seconds: float) -> int:
    """The 64-bit NTP timestamp (32.32 fixed point) of a Unix time in seconds."""
    whole = int(seconds // 1)
    fraction = int((seconds - whole) * (1 << 32))
    return ((whole + NTP_EPOCH_OFFSET) & 0xFFFFFFFF) << 32 | fraction


def unix_from_ntp(ntp: int) -> float:
    """The Unix time in seconds of a 64-bit NTP timestamp of the era that began in 1900."""
    return (ntp >> 32) - NTP_EPOCH_OFFSET + (ntp & 0xFFFFFFFF) / (1 << 32)


def compact_ntp(ntp: int) -> int:
    """The middle 32 bits (16.16 fixed point), as a report block's LSR carries them."""
    return ntp >> 16 & 0xFFFFFFFF
