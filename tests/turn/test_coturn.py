import pytest

from tests.turn.fakes import ManualClock
from turn.coturn import CoturnProvider, turn_credentials


def test_known_answer() -> None:
    # printf '1700000000:p1' | openssl dgst -sha1 -hmac north -binary | base64
    assert turn_credentials("north", "p1", 1_700_000_000) == (
        "1700000000:p1",
        "qmV1Ez2SwzrylXCPMqxg9P1hY0Y=",
    )


def test_separators_in_a_name_cannot_change_the_expiry() -> None:
    username, _ = turn_credentials("s", "99999999999:x y\n" + "z" * 500, 5)
    assert username.startswith("5:99999999999_x_y_z")
    assert len(username) <= 66


async def test_each_participant_has_credentials_of_their_own() -> None:
    provider = CoturnProvider(["turn:h:3478?transport=udp"], "s", ManualClock(1000), ttl_s=60)
    one, two = await provider.ice_servers("one"), await provider.ice_servers("two")
    assert one.servers[0].username == "1060:one"
    assert one.ttl_s == 60
    assert one.servers[0].credential != two.servers[0].credential


@pytest.mark.parametrize(
    ("urls", "secret"), [(["stun:h"], "s"), (["turn:h"], ""), ([], "s"), (["turn:h h"], "s")]
)
def test_bad_settings_are_refused_at_once(urls: list[str], secret: str) -> None:
    with pytest.raises(ValueError):
        CoturnProvider(urls, secret, ManualClock())


def test_repr_hides_the_secret() -> None:
    assert "hush" not in repr(CoturnProvider(["turn:h"], "hush", ManualClock()))
