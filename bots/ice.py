"""The server's ICE servers as aiortc's configuration."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from signaling.protocol import IceServer

_logger = logging.getLogger("roda.bot")


def rtc_configuration(servers: Sequence[IceServer]) -> RTCConfiguration:
    """One bundled transport, and those of ``servers`` that aiortc can read.

    The list is given even when empty: left out, aiortc would ask a public STUN server.
    """
    usable = []
    for server in servers:
        urls = [url for url in server.urls if _readable(url)]
        if urls:
            usable.append(RTCIceServer(urls, server.username, server.credential))
    return RTCConfiguration(iceServers=usable, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)


def _readable(url: str) -> bool:
    try:
        parse_stun_turn_uri(url)
    except ValueError:
        _logger.warning("an ICE server's URL is of a form that aiortc cannot read; left out")
        return False
    return True
