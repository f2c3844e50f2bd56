"""Values inside SDP attributes: text ↔ value, one type each."""

from __future__ import annotations
