"""What was negotiated about RTP, as values: codecs, header extensions, streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["audio", "video"]
Source = Literal["microphone", "camera", "screen", "screen_audio"]

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VIDEO_ORIENTATION_URI = "urn:3gpp:video-orientation"
DEPENDENCY_DESCRIPTOR_URI = (
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)
PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of one media section (RFC 8866 section 6.6, ``a=rtpmap``)."""

    kind: Kind
    name: str  # as registered with IANA: "opus", "VP8", "H264"
    clock_rate: int  # Hz
    payload_type: int  # 0–127
    channels: int = 0  # audio only; 0 where the rtpmap names none
    parameters: tuple[tuple[str, str], ...] = ()  # a=fmtp, in order; ("", text) if unparsable
    feedback: tuple[str, ...] = ()  # a=rtcp-fb: "nack", "nack pli", "ccm fir", "transport-cc"
    rtx_payload_type: int | None = None  # RFC 4588


@dataclass(frozen=True, slots=True)
class PublishedMedia:
    """One accepted media section of a publish transport, as the client will send it."""

    mid: str
    kind: Kind
    active: bool  # False: refused, port 0, recvonly or inactive: the track has ended
    codecs: tuple[Codec, ...] = ()  # accepted, in the answer's order of preference
    offered: tuple[Codec, ...] = ()  # all that could have been, best first
    extensions: Mapping[str, int] = field(default_factory=dict)  # accepted: URI → id
    ssrcs: tuple[int, ...] = ()  # primary streams the SDP names, RTX left out
    rtx_ssrcs: Mapping[int, int] = field(default_factory=dict)  # RTX SSRC → primary (FID)
    rids: tuple[str, ...] = ()  # simulcast layers, lowest first as offered
    msid: tuple[str, str] | None = None  # stream and track id the client gave it (RFC 8830)


@dataclass(frozen=True, slots=True)
class ForwardedMedia:
    """One media section of a subscribe transport: what the server will send on it."""

    mid: str
    kind: Kind
    codec: Codec  # the producer's codec; its payload type is the producer's own
    ssrc: int
    rtx_ssrc: int | None
    stream_id: str  # first part of a=msid
    track_id: str  # second part of a=msid
    cname: str
    active: bool = True  # False: the track ended, the section stays as inactive for reuse
    red: bool = False  # RED (RFC 2198) is offered before the codec


@dataclass(frozen=True, slots=True)
class AcceptedMedia:
    """What the subscriber's answer accepted of one `ForwardedMedia`."""

    mid: str
    active: bool
    payload_type: int = 0
    rtx_payload_type: int | None = None
    extensions: Mapping[str, int] = field(default_factory=dict)  # URI → id
    feedback: tuple[str, ...] = ()
    red: bool = False  # packets go out as RED (RFC 2198)
    decodable: bool = True  # False: refused, for want of the codec as far as can be told


@dataclass(frozen=True, slots=True)
class IceParameters:
    ufrag: str
    password: str
    lite: bool = False


@dataclass(frozen=True, slots=True)
class TransportParameters:
    """One side's ICE and DTLS parameters of a bundled transport."""

    ice: IceParameters
    fingerprints: tuple[tuple[str, str], ...]  # (algorithm, value), e.g. ("sha-256", "AB:CD:…")
    setup: Literal["actpass", "active", "passive"]
    candidates: tuple[str, ...] = ()  # candidate attribute values, without "a=candidate:"
