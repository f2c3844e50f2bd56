import pytest

from turn.static import StaticProvider


async def test_everyone_gets_the_urls() -> None:
    provider = StaticProvider(["stun:a.example:3478", "stun:b.example"])
    answer = await provider.ice_servers("anyone")
    assert [server.urls for server in answer.servers] == [("stun:a.example:3478", "stun:b.example")]
    assert answer.servers[0].credential is None
    assert answer.ttl_s > 0


@pytest.mark.parametrize("url", ["turn:a.example", "https://a.example", ""])
def test_only_stun_urls(url: str) -> None:
    with pytest.raises(ValueError, match="stun:"):
        StaticProvider([url])
