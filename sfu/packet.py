"""One media packet on its way through the SFU."""

from __future__ import annotations


class MediaPacket:
    """A publisher's RTP packet in the form in which every subscriber gets it.

    ``tail`` is all that follows the twelve bytes of the fixed header: the header extension, with
    the ids that every subscribe offer uses, and the payload. It is made once and shared: a
    consumer writes its own header before it and changes nothing in it.
    """

    __slots__ = ("first_byte", "keyframe", "marker", "payload_at", "sequence", "tail", "timestamp")

    def __init__(
        self,
        *,
        sequence: int,
        timestamp: int,
        marker: bool,
        keyframe: bool,
        payload_at: int,
        tail: bytes,
    ) -> None:
        """
        :param sequence: the producer's sequence number, extended so that it never wraps
        :param timestamp: 32 bits, ticks of the codec's clock
        :param marker: the RTP marker bit
        :param keyframe: the first packet of a keyframe; true for every packet of audio
        :param payload_at: where in ``tail`` the payload begins; 0 if there is no header extension
        :param tail: header extension and payload
        """
        self.sequence = sequence
        self.timestamp = timestamp
        self.marker = 0x80 if marker else 0
        self.keyframe = keyframe
        self.first_byte = 0x90 if payload_at else 0x80
        self.payload_at = payload_at
        self.tail = tail
