"""One media packet on its way through the SFU."""

from __future__ import annotations

from sfu.frame_marks import FrameMarks


class MediaPacket:
    """A publisher's RTP packet in the form in which every subscriber gets it.

    ``tail`` is all that follows the twelve bytes of the fixed header: the header extension, with
    the ids that every subscribe offer uses, and the payload. It is made once and shared: a
    consumer writes its own header before it, and in its own copy the picture id, where it has
    changed streams.
    """

    __slots__ = (
        "encoding",
        "first_byte",
        "marker",
        "marks",
        "payload_at",
        "picture_at",
        "sequence",
        "tail",
        "timestamp",
        "tl0_at",
    )

    def __init__(
        self,
        *,
        encoding: int,
        sequence: int,
        timestamp: int,
        marker: bool,
        marks: FrameMarks,
        payload_at: int,
        tail: bytes,
    ) -> None:
        """
        :param encoding: index of the simulcast layer it belongs to, 0 if there is only one
        :param sequence: its number, extended so that it never wraps
        :param timestamp: 32 bits, ticks of the codec's clock
        :param marker: the RTP marker bit
        :param payload_at: where in ``tail`` the payload begins; 0 if there is no header extension
        :param tail: header extension and payload
        """
        self.encoding = encoding
        self.sequence = sequence
        self.timestamp = timestamp
        self.marker = 0x80 if marker else 0
        self.marks = marks
        self.first_byte = 0x90 if payload_at else 0x80
        self.payload_at = payload_at
        self.tail = tail
        self.picture_at = payload_at + marks.picture_id_at if marks.picture_id >= 0 else 0
        self.tl0_at = payload_at + marks.tl0_index_at if marks.tl0_index >= 0 else 0
