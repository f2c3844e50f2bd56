from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from signaling.config import Settings, SettingsError, load_settings, secret_key

EXAMPLE = Path(__file__).parents[2] / "roda.example.toml"


def test_defaults() -> None:
    settings = load_settings(None, {})
    assert (settings.http_host, settings.http_port, settings.media_port) == (
        "127.0.0.1",
        8080,
        7882,
    )
    assert settings.database == "sqlite:///data/roda.db"


def test_the_example_file_shows_every_setting_and_its_default() -> None:
    shown = tomllib.loads(EXAMPLE.read_text())
    text = EXAMPLE.read_text()
    assert load_settings(EXAMPLE, {}) == Settings()
    for name, field in Settings.model_fields.items():
        assert f"roda_{name}" in text
        assert field.description
        assert f"roda_{name}" in shown or field.default is None


def test_codecs_are_named_as_registered_whatever_their_case() -> None:
    settings = load_settings(None, {"RODA_VIDEO_CODECS": "h264, Vp8"})
    assert settings.video_codecs == ("H264", "VP8")


def test_proxies_are_addresses_or_networks() -> None:
    settings = load_settings(None, {"RODA_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,2001:db8::/32"})
    assert settings.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "roda.toml"
    file.write_text('roda_http_port = 9000\nhttp_host = "0.0.0.0"\nroda_stun_urls = ["stun:a"]\n')
    settings = load_settings(file, {"RODA_HTTP_PORT": "9001", "PATH": "/bin"})
    assert (settings.http_port, settings.http_host) == (9001, "0.0.0.0")
    assert settings.stun_urls == ("stun:a",)


@pytest.mark.parametrize(
    ("environ", "listens"),
    [
        ({}, True),
        ({"RODA_MEDIA_TCP": "false"}, False),
        ({"RODA_MEDIA_PORT": "443", "RODA_HTTP_PORT": "443"}, False),
        ({"RODA_MEDIA_PORT": "0", "RODA_HTTP_PORT": "0"}, True),
    ],
)
def test_media_over_tcp_leaves_the_http_servers_port_alone(
    environ: dict[str, str], listens: bool
) -> None:
    assert load_settings(None, environ).listens_for_tcp_media is listens


STUN = {"RODA_STUN_URLS": "stun:a"}
ANNOUNCED = {"RODA_ANNOUNCED_IPS": "203.0.113.7"}


@pytest.mark.parametrize(
    ("environ", "behind_nat", "full"),
    [
        ({}, True, False),
        (STUN, True, True),
        (STUN, False, False),
        (STUN | ANNOUNCED, True, False),
        ({"RODA_TURN_URLS": "turn:a"}, True, True),
        (STUN | {"RODA_ICE": "lite"}, True, False),
        (ANNOUNCED | {"RODA_ICE": "full"}, False, True),
    ],
)
def test_full_ice_is_for_servers_behind_nat_that_announce_nothing(
    environ: dict[str, str], behind_nat: bool, full: bool
) -> None:
    assert load_settings(None, environ).needs_full_ice(behind_nat) is full


def test_lists_are_separated_by_commas() -> None:
    settings = load_settings(None, {"RODA_ANNOUNCED_IPS": "192.0.2.1, 2001:db8::1,"})
    assert settings.announced_ips == ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"RODA_HTTP_PROT": "1"}, "RODA_HTTP_PROT"),
        ({"RODA_HTTP_PORT": "-1"}, "RODA_HTTP_PORT"),
        ({"RODA_MEDIA_PORT": "seven"}, "RODA_MEDIA_PORT"),
        ({"RODA_VIDEO_CODECS": "VP8,H265"}, "RODA_VIDEO_CODECS.*VP8, VP9, H264, AV1"),
        ({"RODA_VIDEO_CODECS": "VP8,vp8"}, "RODA_VIDEO_CODECS"),
        ({"RODA_VIDEO_CODECS": ","}, "RODA_VIDEO_CODECS"),
        ({"RODA_DEMO": "perhaps"}, "RODA_DEMO"),
        ({"RODA_PUBLIC_URL": "video.example.org"}, "RODA_PUBLIC_URL"),
        ({"RODA_DATABASE_URL": "mysql://x"}, "RODA_DATABASE_URL"),
        ({"RODA_SECRET_KEY": "x" * 31}, "RODA_SECRET_KEY"),
        ({"RODA_LOG_FORMAT": "xml"}, "RODA_LOG_FORMAT"),
        ({"RODA_TLS_CERT": "cert.pem"}, "RODA_TLS_KEY"),
        ({"RODA_OIDC_ISSUER": "https://id.example"}, "RODA_OIDC_AUDIENCE"),
        ({"RODA_OIDC_SHARED_SECRET": "x" * 32}, "RODA_OIDC_ISSUER"),
        ({"RODA_OIDC_SHARED_SECRET": "x" * 31}, "RODA_OIDC_SHARED_SECRET"),
        ({"RODA_OIDC_JWKS_URL": "http://id.example/keys"}, "RODA_OIDC_JWKS_URL"),
        ({"RODA_OIDC_ISSUER": "i", "RODA_OIDC_AUDIENCE": "a"}, "RODA_OIDC_JWKS_URL"),
        (
            {
                "RODA_OIDC_ISSUER": "i",
                "RODA_OIDC_AUDIENCE": "a",
                "RODA_OIDC_JWKS_URL": "https://id.example/keys",
                "RODA_OIDC_SHARED_SECRET": "x" * 32,
            },
            "one of RODA_OIDC_JWKS_URL",
        ),
        ({"RODA_ICE": "half"}, "RODA_ICE"),
        ({"RODA_ANNOUNCED_IPS": "video.example.org"}, "RODA_ANNOUNCED_IPS.*not an IP address"),
        ({"RODA_ANNOUNCED_IPS": "192.0.2.1,0.0.0.0"}, "RODA_ANNOUNCED_IPS.*every address"),
        ({"RODA_TRUSTED_PROXIES": "proxy.example.org"}, "RODA_TRUSTED_PROXIES"),
        ({"RODA_TRUSTED_PROXIES": "10.0.0.1/8"}, "RODA_TRUSTED_PROXIES"),
        ({"RODA_TRUSTED_PROXIES": "127.0.0.1, ::/0"}, "would trust everybody"),
    ],
)
def test_a_bad_setting_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(None, environ)


def test_a_bad_secret_is_named_but_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {"RODA_SECRET_KEY": "hush-hush"})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("roda_http_prot = 1", "roda_http_prot"),
        ("http_port = ", "not valid TOML"),
        ("[server]\nport = 1", "server"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "roda.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(file, {})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        load_settings(tmp_path / "none.toml", {})


def test_secrets_are_not_in_the_repr() -> None:
    settings = load_settings(None, {"RODA_TURN_SECRET": "hush", "RODA_TWILIO_AUTH_TOKEN": "hush"})
    assert "hush" not in repr(settings)


def test_the_secret_key_is_made_once_and_kept_for_the_owner(tmp_path: Path) -> None:
    settings = load_settings(None, {"RODA_DATA_DIR": str(tmp_path / "data")})
    made = secret_key(settings)
    assert len(made) >= 32
    assert secret_key(settings) == made
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    given = load_settings(None, {"RODA_SECRET_KEY": "k" * 32})
    assert secret_key(given) == "k" * 32
