"""Entity tags (RFC 9110 sections 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
import secrets

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
MAX_HEADER_CHARS = 2000


def new_etag() -> str:
    """A strong entity tag never used before, quoted."""
    return f'"{secrets.token_urlsafe(9)}"'


def if_match(header: str, etag: str) -> bool:
    """Whether an ``If-Match`` header holds of what has the strong tag ``etag``. Weak tags never
    match. A quoted star counts as one: clients take it from the figures of RFC 9725."""
    if header.strip() in ("*", '"*"'):
        return True
    tags = _TAG.findall(header[:MAX_HEADER_CHARS])
    return any(not weak and f'"{value}"' == etag for weak, value in tags)
