"""Streams in temporal and spatial layers made by hand, each packet naming its frame, and each frame
what it depends on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sfu.producer import Producer
from sfu.rtp_parameters import Codec
from sfu.wire.dependency_descriptor import (
    DISCARDABLE,
    NOT_PRESENT,
    REQUIRED,
    SWITCH,
    FrameDependencies,
    TemplateStructure,
)
from sfu.wire.rtp import RtpPacket, build_extensions
from tests.sfu.wire.test_dependency_descriptor import Custom, pack, write

DESCRIPTOR_ID = 5
TICKS = 3000
SIZES = ((320, 180), (640, 360), (1280, 720))


@dataclass(frozen=True)
class Form:
    """A codec's scalability mode, and how packets tell of it."""

    codec: str
    spatial: int
    between_keys: bool = True  # spatial layers depend on each other in every picture
    described: bool = False  # by dependency descriptors

    def __str__(self) -> str:
        mode = f"L{self.spatial}T3" + ("" if self.between_keys else "_KEY")
        return f"{self.codec} {mode}" + (" described" if self.described else "")


VP8 = Form("VP8", 1)
VP9, VP9_KEY = Form("VP9", 3), Form("VP9", 3, between_keys=False)
AV1 = Form("AV1", 3, described=True)
AV1_KEY = Form("AV1", 3, between_keys=False, described=True)
VP9_DESCRIBED = replace(VP9_KEY, described=True)
AV1_FLAT, H264 = Form("AV1", 1, described=True), Form("H264", 1, described=True)
FORMS = (VP8, VP9, VP9_KEY, VP9_DESCRIBED, AV1, AV1_KEY, AV1_FLAT, H264)


class Name(NamedTuple):
    """Of a frame: its picture and its spatial layer."""

    picture: int
    spatial: int


@dataclass(frozen=True)
class Frame:
    name: Name
    temporal: int
    key: bool  # of a key picture
    needs: frozenset[Name]

    @property
    def layer(self) -> tuple[int, int]:
        return self.name.spatial, self.temporal


@dataclass
class LayeredPublisher:
    """Pictures in the order of temporal layers 0 2 1 2, as libwebrtc's, one SSRC for all layers."""

    form: Form
    ssrc: int = 1
    sequence: int = 65000
    picture: int = 32000  # close to where picture ids wrap
    base: int = 250
    phase: int = 0
    begun: int = 3
    filling: tuple[int, int, int] = (0, 0, 0)  # bytes more in each packet, by spatial layer
    lasts: dict[tuple[int, str], Name] = field(default_factory=dict)
    frames: dict[Name, Frame] = field(default_factory=dict)

    def next(self, *, key: bool = False, parts: int = 2, layers: int = 3) -> list[RtpPacket]:
        """The packets of the next picture.

        :param layers: how many spatial layers are sent; never more than of the last key picture
        """
        key = key or not self.frames
        self.picture += 1
        self.phase = 0 if key else (self.phase + 1) % 4
        self.base += self.phase == 0
        if key:
            self.begun = layers
            self.lasts.clear()
        spatial = min(layers, self.begun, self.form.spatial)
        packets = []
        for index in range(spatial):
            frame = self._frame(index, key)
            self.frames[frame.name] = frame
            for part in range(parts):
                last = part == parts - 1
                packets.append(
                    self._packet(frame, part, last, marker=last and index == spatial - 1)
                )
        return packets

    def _frame(self, spatial: int, key: bool) -> Frame:
        kind = ("base", "first", "middle", "last")[self.phase]
        needs: set[Name] = set()
        if not key:
            own = {
                "base": ("base",),
                "first": ("base",),
                "middle": ("base",),
                "last": ("middle",) if self.form.described else ("middle", "first"),
            }[kind]
            needs = {self.lasts[spatial, each] for each in own if (spatial, each) in self.lasts}
        if spatial and (key or self.form.between_keys):
            needs.add(Name(self.picture, spatial - 1))
        name = Name(self.picture, spatial)
        self.lasts[spatial, kind] = name
        return Frame(name, (0, 2, 1, 2)[self.phase], key, frozenset(needs))

    def _packet(self, frame: Frame, part: int, last: bool, *, marker: bool) -> RtpPacket:
        head = {"VP8": self._vp8, "VP9": self._vp9, "AV1": _av1, "H264": _h264}[self.form.codec]
        payload = head(frame, part, last)
        payload += bytes(self.filling[frame.name.spatial])
        payload += b"|%d,%d,%d" % (frame.name.picture, frame.name.spatial, part)
        packet = RtpPacket(
            payload_type=96,
            sequence_number=self.sequence & 0xFFFF,
            timestamp=frame.name.picture * TICKS & 0xFFFFFFFF,
            ssrc=self.ssrc,
            payload=payload,
            marker=marker,
        )
        self.sequence += 1
        if self.form.described:
            descriptor = self._descriptor(frame, part, last)
            extension = build_extensions([(DESCRIPTOR_ID, descriptor)])
            packet.extension_profile, packet.extension_data = extension
        return packet

    def _vp8(self, frame: Frame, part: int, last: bool) -> bytes:
        first = 0x80 | (0 if part else 0x10) | (0x20 if self.phase == 3 else 0)
        picture = 0x8000 | self.picture & 0x7FFF
        sync = self.phase in (1, 2)
        layers = frame.temporal << 6 | sync << 5
        head = bytes((first, 0xE0, *picture.to_bytes(2, "big"), self.base & 0xFF, layers))
        key = b"\x00\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02"
        return head + (key if frame.key else b"\x01" + bytes(9))

    def _vp9(self, frame: Frame, part: int, last: bool) -> bytes:
        spatial, top = frame.name.spatial, self.form.spatial - 1
        structure = frame.key and spatial == 0 and part == 0
        unused = spatial == top or not (frame.key or self.form.between_keys)
        first = 0xA0 | (not frame.key) << 6 | (part == 0) << 3 | last << 2 | structure << 1 | unused
        picture = 0x8000 | self.picture & 0x7FFF
        predicted = spatial > 0 and (frame.key or self.form.between_keys)
        layers = frame.temporal << 5 | (self.phase < 3) << 4 | spatial << 1 | predicted
        head = bytes((first, *picture.to_bytes(2, "big"), layers, self.base & 0xFF))
        if structure:
            head += bytes((top << 5 | 0x10,))
            for width, height in SIZES[: top + 1]:
                head += width.to_bytes(2, "big") + height.to_bytes(2, "big")
        return head

    def _descriptor(self, frame: Frame, part: int, last: bool) -> bytes:
        form = self.form
        structure = _structure(form)
        number = self._number(frame.name)
        custom = Custom(
            indications=_indications(form, frame),
            frame_diffs=sorted(number - self._number(each) for each in frame.needs),
        )
        begins = frame.key and frame.name.spatial == 0 and part == 0
        template = frame.name.spatial * 3 + frame.temporal
        text = write(template, structure if begins else None, structure.decode_targets, custom)
        data = bytearray(pack(text))
        data[0] = (part == 0) << 7 | last << 6 | template
        data[1:3] = (number & 0xFFFF).to_bytes(2, "big")
        return bytes(data)

    def _number(self, name: Name) -> int:
        return name.picture * self.form.spatial + name.spatial


def _structure(form: Form) -> TemplateStructure:
    targets = form.spatial * 3
    layers = [(spatial, temporal) for spatial in range(form.spatial) for temporal in range(3)]
    return TemplateStructure(
        0,
        tuple(
            FrameDependencies(
                spatial,
                temporal,
                tuple(SWITCH if s >= spatial and t >= temporal else NOT_PRESENT for s, t in layers),
                (),
                (),
            )
            for spatial, temporal in layers
        ),
        targets,
        (),
        SIZES[: form.spatial],
    )


def _indications(form: Form, frame: Frame) -> list[int]:
    """As libwebrtc gives them."""
    spatial, temporal = frame.layer
    said = []
    for s in range(form.spatial):
        for t in range(3):
            if s < spatial or t < temporal:
                said.append(NOT_PRESENT)
            elif s > spatial:
                between = REQUIRED if form.between_keys else NOT_PRESENT
                said.append(SWITCH if frame.key else between)
            else:
                said.append(DISCARDABLE if t == temporal > 0 else SWITCH)
    return said


def _av1(frame: Frame, part: int, last: bool) -> bytes:
    begins = frame.key and frame.name.spatial == 0 and part == 0
    return b"\x18\x08" if begins else b"\x10\x30"


def _h264(frame: Frame, part: int, last: bool) -> bytes:
    return b"\x65" if frame.key else b"\x41"


def name_of(payload: bytes) -> tuple[Name, int]:
    """The frame that a forwarded payload belongs to, and which of its packets it is."""
    picture, spatial, part = payload.rpartition(b"|")[2].split(b",")
    return Name(int(picture), int(spatial)), int(part)


def codec_of(form: Form) -> Codec:
    feedback = ("nack", "nack pli", "transport-cc")
    return Codec("video", form.codec, 90000, 96, feedback=feedback, rtx_payload_type=97)


def make_layered(form: Form) -> Producer:
    return Producer(
        track_id="track",
        connection_id="publisher",
        kind="video",
        source="camera",
        codec=codec_of(form),
        extensions={DESCRIPTOR_ID: 5} if form.described else {},
        muted=False,
    )
