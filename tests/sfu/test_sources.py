from __future__ import annotations

from sfu.rtp_parameters import PublishedMedia
from sfu.sources import sources_by_order


def test_the_order_of_the_offer_tells_the_sources() -> None:
    media = [
        PublishedMedia("0", "video", active=False),
        PublishedMedia("1", "video", active=True),
        PublishedMedia("2", "audio", active=True),
        PublishedMedia("3", "video", active=True),
        PublishedMedia("4", "audio", active=True),
        PublishedMedia("5", "video", active=True),
    ]
    assert sources_by_order(media) == {
        "1": ("camera", False),
        "2": ("microphone", False),
        "3": ("screen", False),
        "4": ("screen_audio", False),
        "5": ("screen", False),
    }
