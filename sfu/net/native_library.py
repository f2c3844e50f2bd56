"""The compiled part (``native/*.c``), where it has been built. Without it Python does its work."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

FOLDER = Path(__file__).parent / "native"

logger = logging.getLogger(__name__)


class NativeLibrary:
    """``functions`` are the library's, without types."""

    def __init__(self, functions: ctypes.CDLL) -> None:
        self.functions = functions

    @classmethod
    def load(cls, folder: Path = FOLDER) -> NativeLibrary | None:
        """None where it has not been built, or not for this machine."""
        built = [
            path for suffix in EXTENSION_SUFFIXES if (path := folder / f"_native{suffix}").exists()
        ]
        if not built:
            return None
        try:
            return cls(ctypes.CDLL(str(built[0])))
        except OSError as exc:
            logger.warning("working in Python, as %s is of no use: %s", built[0].name, exc)
            return None

    def agrees(self, name: str, layout: Sequence[int]) -> bool:
        """Whether its structures, whose sizes are in the array ``name``, are ours: else it was
        built from another source."""
        try:
            built = tuple((ctypes.c_uint32 * len(layout)).in_dll(self.functions, name))
        except ValueError:
            built = ()
        if built == tuple(layout):
            return True
        logger.warning("working in Python, as the compiled part is of another source: %s", name)
        return False
