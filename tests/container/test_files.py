"""The container files and docs/deploy.md name settings that exist: an unknown one stops a start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from signaling.config import Settings, load_settings

ROOT = Path(__file__).parents[2]
KNOWN = {f"RODA_{name.upper()}" for name in Settings.model_fields}
COMPOSE_LINE = re.compile(r"^      (RODA_[A-Z_]+): (.*)$", re.MULTILINE)
DEFAULT = re.compile(r"\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)?\}")


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "docs/deploy.md"])
def test_only_settings_that_exist_are_named(name: str) -> None:
    named = set(re.findall(r"RODA_[A-Z_]*[A-Z]", (ROOT / name).read_text()))
    assert named
    assert named - KNOWN == set()


def test_the_server_takes_what_compose_gives_it() -> None:
    """With nothing but the announced address set, as in the file's first line."""
    lines = COMPOSE_LINE.findall((ROOT / "compose.yaml").read_text())
    given = {name: DEFAULT.sub(lambda m: m[1] or "", value) for name, value in lines}
    settings = load_settings(environ=given | {"RODA_ANNOUNCED_IPS": "203.0.113.7"})
    assert settings.announced_ips == ("203.0.113.7",)
    assert (settings.media_port, settings.demo) == (7882, False)


def test_compose_passes_on_every_ice_setting() -> None:
    passed = {name for name, _ in COMPOSE_LINE.findall((ROOT / "compose.yaml").read_text())}
    ice = {name for name in KNOWN if re.search("TWILIO|TURN|STUN", name)}
    assert ice - passed == {"RODA_TWILIO_BASE_URL"}  # for tests only


def test_the_image_copies_every_package() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text()
    for package in ("bots", "sfu", "signaling", "turn", "web"):
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}\n" in ignored
