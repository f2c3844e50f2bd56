"""The compiled part is used where it can be, and is never in the way."""

from __future__ import annotations

import os
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from sfu.net.native_fanout import LAYOUT, NativeFanout
from sfu.net.native_library import NativeLibrary
from sfu.net.path import SendCounters
from tests.support.native_library import native_library


def test_a_file_of_no_use_leaves_the_work_to_python(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert NativeLibrary.load(tmp_path) is None
    assert not caplog.records
    (tmp_path / f"_native{EXTENSION_SUFFIXES[0]}").write_bytes(b"of another machine")
    assert NativeLibrary.load(tmp_path) is None
    assert "working in Python" in caplog.text


def test_another_sources_is_not_used(caplog: pytest.LogCaptureFixture) -> None:
    library = NativeLibrary(native_library())
    assert library.agrees("roda_fanout_layout", LAYOUT)
    assert not library.agrees("roda_fanout_layout", (*LAYOUT[:-1], 0))
    assert not library.agrees("roda_of_a_later_version", (1,))
    assert "roda_of_a_later_version" in caplog.text


def test_without_one_nothing_is_loaded() -> None:
    assert NativeFanout.load(SendCounters(), None) is None


def test_the_installed_one_is_used() -> None:
    loaded = NativeLibrary.load()
    if loaded is None and os.environ.get("CI") != "true":
        pytest.skip("not built here: pip install -e .")
    assert loaded is not None
    assert NativeFanout.load(SendCounters(), loaded) is not None
