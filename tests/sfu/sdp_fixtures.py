"""Offers of real clients, stored as ``fixtures/NAME.sdp`` with the expected answer beside each as
``NAME.answer.sdp`` (LF line ends there, CRLF when read), and values to negotiate with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sfu.rtp_parameters import Codec, ForwardedMedia, IceParameters, TransportParameters

FIXTURES = Path(__file__).parent / "fixtures"

LOCAL = TransportParameters(
    ice=IceParameters("serverUfrag", "serverPasswordOf24Charss", lite=True),
    fingerprints=(("sha-256", ":".join(["AB"] * 32)),),
    setup="passive",
    candidates=("1 1 udp 2130706431 127.0.0.1 7882 typ host",),
)

OPUS = Codec("audio", "opus", 48000, 111, 2, (("minptime", "10"), ("useinbandfec", "1")))
VP8 = Codec("video", "VP8", 90000, 100)
H264 = Codec(
    "video",
    "H264",
    90000,
    125,
    parameters=(("packetization-mode", "1"), ("profile-level-id", "42e01f")),
)


def offers() -> list[str]:
    names = (path.name.removesuffix(".sdp") for path in FIXTURES.glob("*.sdp"))
    return sorted(name for name in names if not name.endswith(".answer"))


def read(name: str) -> str:
    return (FIXTURES / f"{name}.sdp").read_text().replace("\n", "\r\n")


def forwarded(mid: str, codec: Codec, **changes: object) -> ForwardedMedia:
    """A section to offer, its SSRCs and ids made of its ``mid``."""
    number = int(mid)
    media = ForwardedMedia(
        mid=mid,
        kind=codec.kind,
        codec=codec,
        ssrc=1000 + number,
        rtx_ssrc=2000 + number if codec.kind == "video" else None,
        stream_id="connection",
        track_id=f"track{number}",
        cname="cname",
    )
    return replace(media, **changes)  # type: ignore[arg-type]
