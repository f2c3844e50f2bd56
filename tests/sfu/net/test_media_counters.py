"""What is counted of feedback."""

from __future__ import annotations

from sfu.net.media_counters import MediaCounters
from sfu.wire.rtcp_feedback import FullIntraRequest, Nack, PictureLossIndication
from sfu.wire.rtcp_reports import SourceDescription

FEEDBACK = [
    Nack(1, 2, (5, 6, 7)),
    PictureLossIndication(1, 2),
    FullIntraRequest(1, ((2, 0),)),
    SourceDescription.of_cname(1, "name"),
]


def test_both_directions_are_told_apart() -> None:
    counters = MediaCounters()
    counters.note_sent(FEEDBACK)
    counters.note_received(FEEDBACK[:1])
    counters.note_received(FEEDBACK[:1])
    assert {name: getattr(counters, name) for name in MediaCounters.__slots__} == {
        "nacked_by_us": 3,
        "keyframe_requests_sent": 2,
        "nacked_by_subscribers": 6,
        "keyframe_requests_received": 0,
        "packets_dropped": 0,
        "packets_rejected": 0,
        "packets_resent": 0,
        "unknown_feedback": 0,
    }
