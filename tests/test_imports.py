"""Imports point down the list of docs/architecture.md only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("sfu", "turn", "signaling", "bots")

# What a module's group may import of this project; the longest matching prefix names the group.
SIGNALING_ROOT = (
    "signaling.admin",
    "signaling.app",
    "signaling.cli",
    "signaling.demo",
    "signaling.logs",
    "signaling.serve",
)
PURE_SFU = ("sfu",)
ALLOWED: dict[str, tuple[str, ...]] = {
    "sfu.wire": ("sfu.wire",),
    "sfu": ("sfu",),
    "sfu.net": ("sfu",),
    "turn": ("turn",),
    "bots": ("bots", "signaling.protocol"),
    "signaling.protocol": ("signaling.protocol",),
    "signaling.errors": ("signaling.errors_en", "signaling.errors_es", "signaling.errors_pt"),
    "signaling.errors_en": (),
    "signaling.errors_es": (),
    "signaling.errors_pt": (),
    "signaling.store": (
        "signaling.store",
        "signaling.policy",
        "signaling.policy_terms",
        "signaling.actors",
        "signaling.errors",
    ),
    "signaling.policy": ("signaling.store.tables", "signaling.actors", "signaling.policy_terms"),
    "signaling.policy_terms": ("signaling.store.tables", "signaling.actors"),
    "signaling.actors": (),
    "signaling": ("signaling", "sfu.net.media_api", "turn"),
    "signaling.http": ("signaling", "sfu.net.media_api"),
    **dict.fromkeys(SIGNALING_ROOT, ("signaling", "sfu.net", "turn", "web", "bots")),
}
# The lower parts of signaling must not know who uses them.
ABOVE_SIGNALING = ("signaling.http", *SIGNALING_ROOT)
NOT_STANDARD_IN_WIRE = ("aiohttp", "aiortc", "aioice", "av", "numpy", "pylibsrtp", "pydantic")
IO_IN_PURE_SFU = ("asyncio", "socket", "time", "aiortc", "aioice", "pylibsrtp", "aiohttp", "uvloop")

ADDRESSES_AS_BYTES = {
    f"socket.{name}" for name in ("AF_INET", "AF_INET6", "inet_ntop", "inet_pton")
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def group_of(module: str) -> str:
    return max((group for group in ALLOWED if within(module, (group,))), key=len)


def refused(module: str, imported: str) -> bool:
    ours = imported.split(".")[0] in (*PACKAGES, "web", "bench", "tests")
    if ours and not within(imported, ALLOWED[group_of(module)]):
        return True
    below = group_of(module) not in (*SIGNALING_ROOT, "signaling.http")
    return below and module.startswith("signaling") and within(imported, ABOVE_SIGNALING)


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: str(value))
def test_imports_point_down(name: str, path: Path) -> None:
    assert [found for found in imports_of(path) if refused(name, found)] == []


@pytest.mark.parametrize(
    ("module", "imported", "is_refused"),
    [
        ("sfu.router", "signaling.protocol", True),
        ("sfu.wire.rtp", "sfu.router", True),
        ("bots.peer", "sfu.wire.rtp", True),
        ("bots.peer", "signaling.protocol.Join", False),
        ("signaling.sessions", "signaling.http.context", True),
        ("signaling.http.sessions", "signaling.sessions", False),
        ("signaling.rooms", "sfu.net.media_server", True),
        ("signaling.app", "sfu.net.media_server.MediaServer", False),
        ("signaling.protocol", "signaling.errors", True),
    ],
)
def test_the_rule_itself(module: str, imported: str, is_refused: bool) -> None:
    assert refused(module, imported) is is_refused


def test_wire_formats_need_the_standard_library_only() -> None:
    for name, path in modules():
        if within(name, ("sfu.wire",)):
            bad = [found for found in imports_of(path) if within(found, NOT_STANDARD_IN_WIRE)]
            assert bad == [], name


def test_the_pure_part_of_the_sfu_has_no_clock_no_socket_no_loop() -> None:
    for name, path in modules():
        if within(name, PURE_SFU) and not within(name, ("sfu.net",)):
            found = imports_of(path) - ADDRESSES_AS_BYTES
            bad = [one for one in found if within(one, IO_IN_PURE_SFU)]
            assert bad == [], name


def test_nothing_under_sfu_decodes() -> None:
    for name, path in modules():
        if within(name, ("sfu",)):
            assert [found for found in imports_of(path) if within(found, ("av", "numpy"))] == [], (
                name
            )
