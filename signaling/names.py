"""Names people give, made safe to store and show; ids and tokens, recognised by their form."""

from __future__ import annotations

import re
import unicodedata

from signaling.errors import RodaError

MAX_NAME_CHARS = 100
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_JOINERS = "\u200c\u200d"  # needed inside words of several scripts and in emoji


def is_identifier(text: str) -> bool:
    """Whether ``text`` can be one of our ids or tokens; what cannot is looked up nowhere."""
    return _IDENTIFIER.fullmatch(text) is not None


def clean_name(given: str | None) -> str:
    """The name without control and formatting characters, its white space collapsed.

    Markup stays as it is: the page shows names as text. Raises `RodaError` ``name_required``
    when nothing is left, ``name_too_long`` over `MAX_NAME_CHARS`."""
    text = "".join(_kept(character) for character in unicodedata.normalize("NFC", given or ""))
    name = " ".join(text.split()).strip(_JOINERS)
    if not name:
        raise RodaError("name_required")
    if len(name) > MAX_NAME_CHARS:
        raise RodaError("name_too_long", f"{len(name)} characters")
    return name


def clean_text(field: str, given: str, max_chars: int) -> str:
    """A text of several lines without control and formatting characters. Markup stays: the page
    shows texts as text. Raises `RodaError` ``invalid_request`` when it is too long."""
    lines = unicodedata.normalize("NFC", given).splitlines()
    text = "\n".join("".join(_kept(character) for character in line) for line in lines).strip()
    if len(text) > max_chars:
        raise RodaError("invalid_request", f"{field}: at most {max_chars} characters")
    return text


def _kept(character: str) -> str:
    if character.isspace() or character in _JOINERS:
        return character
    # Cc, Cf, Cs, Co, Cn: controls, text-direction overrides, lone surrogates, unassigned.
    return "" if unicodedata.category(character).startswith("C") else character
