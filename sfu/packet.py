"""One media packet on its way through the SFU."""

from __future__ import annotations

from sfu.frame_marks import FrameMarks


class MediaPacket:
    """A publisher's RTP packet in the form in which every subscriber gets it.

    ``tail`` is all that follows the twelve bytes of the fixed header: the header extension, with
    the ids that every subscribe offer uses, and the payload. It is made once and shared: a
    consumer writes its own header before it, and in its own copy the picture id, where it has
    changed streams or does without some of its layers.
    """

    __slots__ = (
        "encoding",
        "first_byte",
        "marker",
        "marks",
        "payload_at",
        "picture_at",
        "picture_id",
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
        self.picture_id = marks.picture_id
        self.picture_at = payload_at + marks.picture_id_at if marks.picture_id >= 0 else 0
        self.tl0_at = payload_at + marks.tl0_index_at if marks.tl0_index >= 0 else 0

    def renumbered(self, sequence: int, picture_id: int, marker: int) -> MediaPacket:
        """The same packet under other numbers, its ``tail`` shared.

        :param picture_id: what the consumers' copies are to bear, before their own offset
        :param marker: 0x80 where it is set, else 0
        """
        other = MediaPacket.__new__(MediaPacket)
        other.encoding = self.encoding
        other.sequence = sequence
        other.timestamp = self.timestamp
        other.marker = marker
        other.marks = self.marks
        other.first_byte = self.first_byte
        other.payload_at = self.payload_at
        other.tail = self.tail
        other.picture_id = picture_id
        other.picture_at = self.picture_at
        other.tl0_at = self.tl0_at
        return other

    def filler(self, sequence: int) -> MediaPacket:
        """A packet of padding alone (RFC 3550 section 5.1) in this one's place. It keeps the header
        extension, as the transport-wide number has its place there."""
        other = self.renumbered(sequence, 0, 0)
        other.first_byte = self.first_byte | 0x20
        other.tail = self.tail[: self.payload_at] + b"\x01"
        other.picture_at = other.tl0_at = 0
        return other
