"""What the wire formats cost: ``python -m bench.wire`` prints µs a call, best of five runs."""

from __future__ import annotations

from collections.abc import Callable
from timeit import repeat

from sfu.wire.dependency_descriptor import parse_dependency_descriptor
from sfu.wire.h264 import is_h264_keyframe
from sfu.wire.rtcp import ReceiverReport, ReportBlock, TransportFeedback, parse_rtcp
from sfu.wire.rtp import RtpPacket, build_extensions, parse_extensions, parse_rtp
from sfu.wire.stun import build_binding_request, build_binding_success, parse_stun
from sfu.wire.vp8 import parse_vp8, rewrite_vp8

CALLS = 20_000
PASSWORD = b"p" * 24
TRANSACTION = b"t" * 12


def answer_check(request: bytes) -> bytes:
    """What an ICE-lite agent does with a connectivity check."""
    message = parse_stun(request)
    if not message.verify(PASSWORD):
        raise AssertionError("the check must be believed")
    return build_binding_success(message.transaction_id, ("192.0.2.1", 50_000), PASSWORD)


def cases() -> dict[str, Callable[[], object]]:
    profile, extension = build_extensions([(1, b"0"), (3, b"\x01\x02\x03"), (5, b"\x00\x01")])
    packet = RtpPacket(
        payload_type=96,
        sequence_number=1,
        timestamp=90_000,
        ssrc=1,
        payload=bytes(1_080),
        marker=True,
        extension_profile=profile,
        extension_data=extension,
    )
    extended = packet.serialize()
    plain = extended[:1].replace(b"\x90", b"\x80") + extended[1:]
    check = build_binding_request(
        TRANSACTION, "abcd:efgh", PASSWORD, priority=1, use_candidate=True, controlling=1
    )
    vp8 = bytes.fromhex("90e0923407401002009d012a4001f000") + bytes(1_000)
    descriptor = parse_vp8(vp8)
    report = ReceiverReport(1, (ReportBlock(2, 0, 0, 0, 0, 0, 0),)).serialize()
    arrivals = [(number, 1_000 * number) for number in range(50)]
    feedback = TransportFeedback.from_arrivals(1, 2, 3, arrivals)
    feedback_bytes = feedback.serialize()
    return {
        "parse_rtp, with extension": lambda: parse_rtp(extended),
        "parse_rtp, without": lambda: parse_rtp(plain),
        "RtpPacket.serialize": packet.serialize,
        "parse_extensions, 3 elements": lambda: parse_extensions(profile, extension),
        "parse_stun": lambda: parse_stun(check),
        "check: parse, verify, response": lambda: answer_check(check),
        "parse_vp8": lambda: parse_vp8(vp8),
        "rewrite_vp8": lambda: rewrite_vp8(vp8, descriptor, 1, 2),
        "is_h264_keyframe": lambda: is_h264_keyframe(b"\x7c\x85" + vp8),
        "parse_dependency_descriptor": lambda: parse_dependency_descriptor(b"\x86\x01\x73"),
        "parse_rtcp, receiver report": lambda: parse_rtcp(report),
        "parse_rtcp, feedback on 50": lambda: parse_rtcp(feedback_bytes),
        "serialize feedback on 50": feedback.serialize,
    }


def main() -> None:
    for name, call in cases().items():
        print(f"{name:34}{min(repeat(call, number=CALLS, repeat=5)) / CALLS * 1e6:8.2f} µs")


if __name__ == "__main__":
    main()
