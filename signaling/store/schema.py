"""The schema revision this program works with, known without importing Alembic."""

from __future__ import annotations

from typing import Final

HEAD_REVISION: Final = "0002"
