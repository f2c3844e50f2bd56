"""The native part built from the source that stands here, whatever is installed."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "sfu/net/native").glob("*.c"))
SANITIZE = "RODA_TEST_SANITIZE"  # set: the build stops at memory errors and undefined behaviour
STRICT = ("-Wall", "-Wextra", "-Werror", "-std=gnu11", "-ffp-contract=off", "-fPIC", "-shared")


@cache
def native_library() -> ctypes.CDLL:
    """Skips where there is no compiler, but under ``CI=true``."""
    compiler = shutil.which("gcc")
    if compiler is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gcc is missing")
        pytest.skip("gcc is missing")
    level = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = level if os.environ.get(SANITIZE) else ["-O2"]
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, "native.so")
        subprocess.run([compiler, *STRICT, *flags, "-o", built, *SOURCES], check=True)
        return ctypes.CDLL(str(built))


def run_sanitized(file: str) -> None:
    """The tests in ``file`` again, under the address and undefined-behaviour sanitizers."""
    native_library()  # or skip
    found = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    )
    options = {SANITIZE: "1", "ASAN_OPTIONS": "detect_leaks=0", "LD_PRELOAD": found.stdout.strip()}
    assignments = [f"{name}={value}" for name, value in options.items()]
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    run = subprocess.run(
        [*_without_random_addresses(), "env", *assignments, *pytest_here, file],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]


def _without_random_addresses() -> tuple[str, ...]:
    """Where the system lets us: among widely random addresses (``vm.mmap_rnd_bits`` 32) the
    sanitizer's own memory does not always find its place."""
    fixed = ("setarch", "-R")
    allowed = (
        shutil.which(fixed[0]) and not subprocess.run([*fixed, "true"], check=False).returncode
    )
    return fixed if allowed else ()
