"""Which codecs the server forwards, which it prefers, and the payload types it offers them on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sfu.rtp_parameters import Codec, Kind

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CodecPreferences:
    """What a publish answer takes of an offer."""

    video: tuple[str, ...] = ("VP8", "H264", "VP9", "AV1")  # best first; others are refused
    audio: tuple[str, ...] = ("opus",)
    red: bool = False  # answer RED (RFC 2198) before Opus where it is offered
    transport_cc: bool = True  # transport-wide congestion control: header extension and feedback

    def of_kind(self, kind: Kind) -> tuple[str, ...]:
        return self.audio if kind == "audio" else self.video


DEFAULT_PREFERENCES = CodecPreferences()

_H264_PROFILES = (  # RFC 6184 section 8.1, table 5: best first
    ("constrained-baseline", re.compile("42[4-7c-f]0|4d[89a-f]0")),
    ("baseline", re.compile("42[0-389ab]0")),
    ("main", re.compile("4d[0145]0")),
    ("high", re.compile("6400")),
    ("constrained-high", re.compile("640c")),
)
_H264_CANONICAL = {  # profile → profile_idc and profile-iop, as libwebrtc writes them
    "constrained-baseline": "42e0",
    "baseline": "4200",
    "main": "4d00",
    "high": "6400",
    "constrained-high": "640c",
}
_H264_LEVEL = "1f"  # 3.1, what every browser offers; level-asymmetry-allowed lifts it


def parameter(codec: Codec, name: str, default: str = "") -> str:
    """A format parameter's value; its name is compared without case (RFC 8866 section 6.15)."""
    return next((value for key, value in codec.parameters if key.lower() == name), default)


def h264_profile(codec: Codec) -> str | None:
    """The profile named by ``profile-level-id``, baseline where there is none (RFC 6184 section
    8.1); None for one that is malformed or not forwarded."""
    level_id = parameter(codec, "profile-level-id", "42000a").lower()
    if not re.fullmatch("[0-9a-f]{6}", level_id):
        return None
    return next((name for name, form in _H264_PROFILES if form.fullmatch(level_id[:4])), None)


def _rank_h264(codec: Codec) -> int | None:
    profile = h264_profile(codec)
    mode = parameter(codec, "packetization-mode", "0")
    if profile is None or mode not in ("0", "1"):
        return None
    order = [name for name, _ in _H264_PROFILES].index(profile)
    return order + (0 if mode == "1" else len(_H264_PROFILES))


def _rank_by(name: str, values: tuple[str, ...]) -> Callable[[Codec], int | None]:
    def rank(codec: Codec) -> int | None:
        value = parameter(codec, name, "0")
        return values.index(value) if value in values else None

    return rank


def _rank_any(codec: Codec) -> int | None:
    return 0


def _opus(codec: Codec) -> Parameters:
    """What the server asks of an Opus sender, and says of what it forwards (RFC 7587 section 6)."""
    stereo = parameter(codec, "sprop-stereo") == "1"  # "stereo" alone is a wish to receive it
    return (
        ("minptime", "10"),
        ("useinbandfec", "1"),
        *((("usedtx", "1"),) if parameter(codec, "usedtx") == "1" else ()),
        *((("stereo", "1"), ("sprop-stereo", "1")) if stereo else ()),
    )


def _keep(*names: str) -> Callable[[Codec], Parameters]:
    def answer(codec: Codec) -> Parameters:
        return tuple((key, value) for key, value in codec.parameters if key.lower() in names)

    return answer


def _offer_h264(codec: Codec) -> Parameters:
    profile = h264_profile(codec) or "constrained-baseline"
    return (
        ("level-asymmetry-allowed", "1"),
        ("packetization-mode", "1" if parameter(codec, "packetization-mode") == "1" else "0"),
        ("profile-level-id", _H264_CANONICAL[profile] + _H264_LEVEL),
    )


def _offer_vp9(codec: Codec) -> Parameters:
    return (("profile-id", parameter(codec, "profile-id", "0")),)


def _offer_av1(codec: Codec) -> Parameters:
    return (("level-idx", "5"), ("profile", parameter(codec, "profile", "0")), ("tier", "0"))


@dataclass(frozen=True, slots=True)
class CodecRules:
    """How one codec is negotiated."""

    kind: Kind
    name: str
    clock_rate: int  # Hz
    channels: int
    payload_types: tuple[int, ...]  # preferred in subscribe offers; the RTX is the next number
    rank: Callable[[Codec], int | None]  # among variants of one offer, best 0; None: not forwarded
    answer: Callable[[Codec], Parameters]  # parameters of the publish answer
    offer: Callable[[Codec], Parameters]  # parameters of the subscribe offer: few, so that
    # what publishers make up cannot use up the payload types of a subscriber


_RULES = (
    CodecRules("audio", "opus", 48000, 2, (111,), _rank_any, _opus, _opus),
    CodecRules("video", "VP8", 90000, 0, (96,), _rank_any, _keep(), _keep()),
    CodecRules(
        "video",
        "VP9",
        90000,
        0,
        (98, 100),
        _rank_by("profile-id", ("0", "2", "1", "3")),
        _keep("profile-id"),
        _offer_vp9,
    ),
    CodecRules(
        "video",
        "H264",
        90000,
        0,
        tuple(range(102, 110, 2)),
        _rank_h264,
        _keep("level-asymmetry-allowed", "packetization-mode", "profile-level-id"),
        _offer_h264,
    ),
    CodecRules(
        "video",
        "AV1",
        90000,
        0,
        (45,),
        _rank_by("profile", ("0", "1")),
        _keep("level-idx", "profile", "tier"),
        _offer_av1,
    ),
)
CODEC_RULES: Mapping[tuple[Kind, str], CodecRules] = MappingProxyType(
    {(rules.kind, rules.name.lower()): rules for rules in _RULES}
)


def codec_rules(codec: Codec) -> CodecRules | None:
    """The rules for a codec the server forwards; None for every other."""
    rules = CODEC_RULES.get((codec.kind, codec.name.lower()))
    if rules is None or codec.clock_rate != rules.clock_rate or codec.channels != rules.channels:
        return None
    return rules


def checked_video_codecs(names: Sequence[str]) -> tuple[str, ...]:
    """Names of video codecs as registered with IANA, whatever their case was. Raises `ValueError`
    for one that is not forwarded, or named twice."""
    rules = [CODEC_RULES.get(("video", name.lower())) for name in names]
    known = tuple(found.name for found in rules if found is not None)
    if len(set(known)) != len(names):
        forwarded = ", ".join(rules.name for rules in _RULES if rules.kind == "video")
        raise ValueError(f"must be different ones of {forwarded}")
    return known


# Without the numbers RTCP takes when multiplexed (RFC 5761 section 4) and the static ones.
_SPARE_PAYLOAD_TYPES: tuple[int, ...] = (*range(112, 128), *range(35, 63))  # 63 is RED's


class PayloadTypes:
    """Payload types of one subscribe transport.

    The same codec with the same parameters has one number in all sections (RFC 9143 section
    9.1 forbids a second meaning) and keeps it for the transport's life.
    """

    def __init__(self) -> None:
        self._assigned: dict[tuple[str, Parameters], Codec] = {}
        self._taken: set[int] = set()

    def assign(self, codec: Codec) -> Codec:
        """``codec`` as this transport offers it: with the transport's payload types (video with
        RTX) and canonical parameters. Raises `LookupError` for a codec that is not forwarded, or
        when no number is left."""
        rules = codec_rules(codec)
        if rules is None or rules.rank(codec) is None:
            raise LookupError(f"{codec.name} is not forwarded")
        parameters = rules.offer(codec)
        key = (rules.name, parameters)
        if key not in self._assigned:
            step = 2 if rules.kind == "video" else 1
            first = self._free(rules.payload_types, step)
            self._taken.update(range(first, first + step))
            self._assigned[key] = Codec(
                kind=rules.kind,
                name=rules.name,
                clock_rate=rules.clock_rate,
                channels=rules.channels,
                payload_type=first,
                rtx_payload_type=first + 1 if rules.kind == "video" else None,
                parameters=parameters,
            )
        return replace(self._assigned[key], feedback=codec.feedback)

    def _free(self, preferred: tuple[int, ...], count: int) -> int:
        for first in (*preferred, *_SPARE_PAYLOAD_TYPES):
            wanted = set(range(first, first + count))
            allowed = first in preferred or wanted <= set(_SPARE_PAYLOAD_TYPES)
            if allowed and not wanted & self._taken:
                return first
        raise LookupError("no payload type left")
