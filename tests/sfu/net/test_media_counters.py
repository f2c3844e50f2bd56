"""What is counted of feedback."""

from __future__ import annotations

from sfu.layer_filter import LeftOut
from sfu.net.media_counters import MediaCounters
from sfu.pacer import MAX_PACKETS, Pacer
from sfu.plan import Plan
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
        "packets_left_out": 0,
        "fillers_sent": 0,
        "packets_paced": 0,
        "pacer_refused": 0,
        "unknown_feedback": 0,
    }


def test_what_a_pacer_counted_is_taken_over_once() -> None:
    counters, pacer = MediaCounters(), Pacer()
    plan = Plan(ssrc=1, payload_type=96, destination=None)
    for number in range(MAX_PACKETS + 3):
        pacer.put(plan, number, 1200, 0.0)
    counters.note_paced(pacer)
    counters.note_paced(pacer)
    assert (counters.packets_paced, counters.pacer_refused) == (MAX_PACKETS, 3)


def test_what_was_left_out_is_counted() -> None:
    counters = MediaCounters()
    counters.note_left_out(LeftOut(5, 2, 1))
    counters.note_left_out(LeftOut(1, 0, 0))
    assert (counters.packets_left_out, counters.fillers_sent) == (6, 1)
