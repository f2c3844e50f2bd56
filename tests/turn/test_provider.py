import pytest

from turn.provider import MAX_URL_CHARS, IceServer, IceServerError, check_url


@pytest.mark.parametrize(
    "url",
    [
        "stun:stun.example.org",
        "stun:127.0.0.1:3478",
        "turn:turn.example.org:3478?transport=udp",
        "turns:turn.example.org:443?transport=tcp",
        "turn:[2001:db8::1]:3478",
    ],
)
def test_stun_and_turn_urls_are_taken(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org",
        "stun:",
        "turn:a b",
        "turn:host?transport=quic",
        "turn:host\r\nX: y",
        "stun:" + "a" * MAX_URL_CHARS,
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not a stun:"):
        check_url(url)


def test_repr_hides_credentials() -> None:
    server = IceServer(("turn:h:1",), "the-user", "the-credential")
    assert "the-user" not in repr(server)
    assert "the-credential" not in repr(server)
    assert "turn:h:1" in repr(server)


@pytest.mark.parametrize(("username", "credential"), [(None, None), ("u", None), ("", "c")])
def test_a_turn_server_needs_both_credentials(username: str | None, credential: str | None) -> None:
    with pytest.raises(ValueError, match="username and a credential"):
        IceServer(("turn:h:1",), username, credential)


def test_a_server_without_urls_is_refused() -> None:
    with pytest.raises(ValueError, match="URLs"):
        IceServer(())


def test_error_says_its_code() -> None:
    assert str(IceServerError("upstream_failed", "HTTP 500")) == "upstream_failed: HTTP 500"
    assert str(IceServerError("upstream_failed")) == "upstream_failed"
