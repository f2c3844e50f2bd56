"""What repairs media, and what was refused of it, counted over the whole server."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.layer_filter import LeftOut
from sfu.pacer import Pacer
from sfu.wire.rtcp import RtcpPacket
from sfu.wire.rtcp_feedback import FullIntraRequest, Nack, PictureLossIndication


class MediaCounters:
    """One for the server. NACKs are counted by the packets they ask for."""

    __slots__ = (
        "fillers_sent",
        "keyframe_requests_received",
        "keyframe_requests_sent",
        "nacked_by_subscribers",
        "nacked_by_us",
        "pacer_refused",
        "packets_dropped",
        "packets_left_out",
        "packets_paced",
        "packets_rejected",
        "packets_resent",
        "unknown_feedback",
    )

    def __init__(self) -> None:
        self.nacked_by_us = 0
        self.nacked_by_subscribers = 0
        self.keyframe_requests_sent = 0
        self.keyframe_requests_received = 0
        self.packets_resent = 0
        self.packets_rejected = 0  # forged, replayed, malformed, or of one SSRC too many
        self.packets_dropped = 0  # authentic, but not to be forwarded
        self.packets_left_out = 0  # of layers that a subscriber does without
        self.fillers_sent = 0  # padding in the place of such packets that came late
        self.packets_paced = 0  # that waited for a thin line
        self.pacer_refused = 0  # that found the queue for it full
        self.unknown_feedback = 0  # packets told of that were never sent

    def note_sent(self, packets: Sequence[RtcpPacket]) -> None:
        """Feedback to a publisher."""
        nacked, keyframes = _count(packets)
        self.nacked_by_us += nacked
        self.keyframe_requests_sent += keyframes

    def note_left_out(self, newly: LeftOut) -> None:
        """What a consumer did without since the last time."""
        self.packets_left_out += newly.packets
        self.fillers_sent += newly.fillers

    def note_paced(self, pacer: Pacer) -> None:
        """Take over a pacer's counts."""
        self.packets_paced += pacer.queued
        self.pacer_refused += pacer.refused
        pacer.queued = pacer.refused = 0

    def note_received(self, packets: Sequence[RtcpPacket]) -> None:
        """Feedback of a subscriber."""
        nacked, keyframes = _count(packets)
        self.nacked_by_subscribers += nacked
        self.keyframe_requests_received += keyframes


def _count(packets: Sequence[RtcpPacket]) -> tuple[int, int]:
    nacked = keyframes = 0
    for packet in packets:
        if isinstance(packet, Nack):
            nacked += len(packet.sequence_numbers)
        elif isinstance(packet, PictureLossIndication | FullIntraRequest):
            keyframes += 1
    return nacked, keyframes
