from aiortc import RTCBundlePolicy

from bots.ice import rtc_configuration
from signaling.protocol import IceServer


def test_no_server_means_none_and_not_a_public_one() -> None:
    configuration = rtc_configuration([])
    assert configuration.iceServers == []
    assert configuration.bundlePolicy is RTCBundlePolicy.MAX_BUNDLE


def test_servers_are_handed_over_and_unreadable_urls_left_out() -> None:
    servers = [
        IceServer(urls=["stun:h:1", "stun:[::1]:3478"]),
        IceServer(urls=["turn:h:2?transport=tcp"], username="u", credential="c"),
        IceServer(urls=["nonsense"]),
    ]
    usable = rtc_configuration(servers).iceServers
    assert usable is not None
    assert [(s.urls, s.username, s.credential) for s in usable] == [
        (["stun:h:1"], None, None),
        (["turn:h:2?transport=tcp"], "u", "c"),
    ]
