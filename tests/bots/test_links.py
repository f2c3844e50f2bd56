import pytest

from bots.errors import BotError
from bots.links import parse_share_link, websocket_url

TOKEN = "tIhjwVXvCsftClAyS_K5d_-aSwxlD41w"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (f"http://127.0.0.1:8080/s/{TOKEN}", "http://127.0.0.1:8080"),
        (f"https://video.example.org/s/{TOKEN}/", "https://video.example.org"),
        (f"  https://h/clinic/s/{TOKEN}?lang=pt#key=x ", "https://h/clinic"),
        (f"http://[::1]:8080/s/{TOKEN}", "http://[::1]:8080"),
    ],
)
def test_share_links(url: str, origin: str) -> None:
    link = parse_share_link(url)
    assert (link.origin, link.token) == (origin, TOKEN)
    assert link.registration_url == f"{origin}/api/v1/sessions/by-token/{TOKEN}/participants"
    assert TOKEN not in repr(link)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tIhjwVXvCsftClAyS_K5d",
        f"ftp://h/s/{TOKEN}",
        f"http:///s/{TOKEN}",
        "http://h/",
        "http://h/s/",
        "http://h/s/a b",
        f"http://h/s/{TOKEN}%2e%2e",
        "http://h/s/" + "a" * 300,
    ],
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(BotError, match="link_invalid") as caught:
        parse_share_link(url)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("origin", "given", "expected"),
    [
        ("http://h:1", "/ws", "ws://h:1/ws?token=ct"),
        ("https://h", "/ws", "wss://h/ws?token=ct"),
        ("https://h/clinic", "wss://other/ws", "wss://other/ws?token=ct"),
        ("http://h", "ws://h/ws?token=given", "ws://h/ws?token=given"),
        ("http://h", "https://h/ws?lang=es", "wss://h/ws?lang=es&token=ct"),
    ],
)
def test_websocket_addresses(origin: str, given: str, expected: str) -> None:
    assert websocket_url(origin, given, "ct") == expected


@pytest.mark.parametrize("given", ["ftp://h/ws", "javascript:alert(1)", "ws:///x"])
def test_strange_websocket_addresses_are_refused(given: str) -> None:
    with pytest.raises(BotError, match="answer_invalid"):
        websocket_url("http://h", given, "ct")
