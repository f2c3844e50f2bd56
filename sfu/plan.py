"""What the forwarding loop knows of one consumer: a flat record of numbers."""

from __future__ import annotations

from sfu.packet import MediaPacket

HISTORY = 512  # packets a consumer can send again; a power of two
_NOTHING = -1


class Plan:
    """One consumer as the loop in `sfu.fanout` sees it.

    The control side writes these fields; the loop reads them, and writes only the counters and
    the history. Nothing in here calls anything, so the loop can be run by a native helper.
    """

    __slots__ = (
        "bytes_sent",
        "destination",
        "dropped",
        "first_sequence",
        "history",
        "last_sequence",
        "last_timestamp",
        "packets_sent",
        "payload_type",
        "sent_sequences",
        "sequence_offset",
        "srtp",
        "ssrc",
    )

    def __init__(self, *, ssrc: int, payload_type: int, destination: object) -> None:
        """
        :param ssrc: the consumer's own SSRC, 32 bits
        :param payload_type: as the subscriber's answer has it, 0..127
        :param destination: opaque: where the datagrams go (the subscriber's transport)
        """
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.destination = destination
        self.srtp: object = None  # opaque: the sending SRTP context, once DTLS is through
        self.sequence_offset = 0  # producer's extended sequence minus ours
        self.first_sequence = 0  # of the producer: anything older is before we (re)started
        self.last_sequence = _NOTHING  # the highest of our own sequence numbers sent, extended
        self.last_timestamp = 0
        self.packets_sent = 0
        self.bytes_sent = 0  # RTP payload and header extensions, without header and SRTP tag
        self.dropped = 0
        self.history: list[MediaPacket | None] = [None] * HISTORY
        self.sent_sequences = [_NOTHING] * HISTORY

    def start_at(self, sequence: int, first: int) -> None:
        """Continue our numbering with the producer's packet ``sequence`` (extended).

        :param first: our number for the very first packet; later starts go on from the last one
        """
        mine = first if self.last_sequence == _NOTHING else self.last_sequence + 1
        self.sequence_offset = sequence - mine
        self.first_sequence = sequence

    def forget_sent(self) -> None:
        """Nothing that has left can be sent again."""
        self.sent_sequences = [_NOTHING] * HISTORY

    def sent(self, sequence16: int) -> MediaPacket | None:
        """The packet that left under our 16-bit number, if it is still known."""
        newest = self.last_sequence
        if newest == _NOTHING:
            return None
        extended = newest - ((newest - sequence16) & 0xFFFF)
        slot = extended % HISTORY
        return self.history[slot] if self.sent_sequences[slot] == extended else None
