"""What the header extension of every forwarded packet begins with: the transport-wide number, and
when the packet left."""

from __future__ import annotations

from sfu.header_extensions import SUBSCRIBE_EXTENSIONS
from sfu.rtp_parameters import ABS_SEND_TIME_URI, TRANSPORT_CC_URI
from sfu.wire.extensions import build_abs_send_time
from sfu.wire.rtp import ONE_BYTE_PROFILE, build_extensions

_TRANSPORT_CC_ID = SUBSCRIBE_EXTENSIONS["video"][TRANSPORT_CC_URI]
_ABS_SEND_TIME_ID = SUBSCRIBE_EXTENSIONS["video"][ABS_SEND_TIME_URI]
_ONE_BYTE = ONE_BYTE_PROFILE.to_bytes(2, "big")
_ONE_BYTE_TIME_AT, _TWO_BYTE_TIME_AT = 9, 10  # behind profile and length, number, and own head
_TIME_SIZE = 3


def stamped_extension(given: list[tuple[int, bytes]], now: float) -> bytes:
    """Profile, length and body, with ``given`` (id, value) behind the stamps. The transport-wide
    number stands at `sfu.plan.TRANSPORT_NUMBER_AT`; each consumer's transport writes its own
    there."""
    if not given:
        return _ALONE + build_abs_send_time(now)
    return _extension([*_stamps(now), *given])


def _stamps(now: float) -> list[tuple[int, bytes]]:
    return [(_TRANSPORT_CC_ID, bytes(2)), (_ABS_SEND_TIME_ID, build_abs_send_time(now))]


def _extension(elements: list[tuple[int, bytes]]) -> bytes:
    profile, body = build_extensions(elements, first_at_two=True)
    return b"".join((profile.to_bytes(2, "big"), (len(body) // 4).to_bytes(2, "big"), body))


def restamped(tail: bytes, now: float) -> bytes:
    """The same header extension, and what follows it, leaving ``now``: a receiver that estimates
    by it (REMB) takes what a packet waited here for the line's delay otherwise.

    :param tail: begins with a `stamped_extension`"""
    at = _ONE_BYTE_TIME_AT if tail.startswith(_ONE_BYTE) else _TWO_BYTE_TIME_AT
    return b"".join((tail[:at], build_abs_send_time(now), tail[at + _TIME_SIZE :]))


_ALONE = _extension(_stamps(0.0))[:-_TIME_SIZE]  # ends where the time of departure begins
