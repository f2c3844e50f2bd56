"""The native part built from the source that stands here, whatever is installed."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "sfu/net/native").glob("*.c"))
SANITIZE = "RODA_TEST_SANITIZE"  # set: the build stops at memory errors and undefined behaviour
STRICT = ("-Wall", "-Wextra", "-Werror", "-std=gnu11", "-fPIC", "-shared")


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
