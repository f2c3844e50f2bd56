"""Writes the state tables of ``docs/lifetimes.md``: ``python -m signaling.lifetimes_doc``."""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Mapping
from pathlib import Path

from signaling import participant_state, session_state

PATH = Path(__file__).parent.parent / "docs" / "lifetimes.md"

Table = Mapping[str, Mapping[str, str]]


def tables() -> dict[str, str]:
    """What stands between each pair of markers, by the marker's name."""
    return {
        "session states": _render(
            typing.cast(Table, session_state.TRANSITIONS),
            typing.get_args(session_state.SessionEvent),
        ),
        "participant states": _render(
            typing.cast(Table, participant_state.TRANSITIONS),
            typing.get_args(participant_state.ParticipantEvent),
        ),
    }


def refresh(text: str) -> str:
    """``text`` with every table made anew. Raises ValueError when a marker is missing."""
    for name, table in tables().items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        found = pattern.findall(text)
        if len(found) != 1:
            raise ValueError(f"{len(found)} places for {name}")
        text = text.replace(found[0], f"{begin}{table}{end}")
    return text


def _render(transitions: Table, events: tuple[str, ...]) -> str:
    """The table, then the diagram of what changes the state."""
    lines = [
        f"| state | {' | '.join(events)} |",
        "|---" * (len(events) + 1) + "|",
        *(
            f"| `{state}` | {' | '.join(row.get(event, '') for event in events)} |"
            for state, row in transitions.items()
        ),
    ]
    return "\n".join([*lines, "", *_diagram(transitions), ""])


def _diagram(transitions: Table) -> list[str]:
    arrows = []
    for state, row in transitions.items():
        to: dict[str, list[str]] = {}
        for event, target in row.items():
            if target != state:
                to.setdefault(target, []).append(event)
        arrows += [f"    {state} --> {target}: {', '.join(by)}" for target, by in to.items()]
    first = next(iter(transitions))
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, "```"]


def main() -> int:
    PATH.write_text(refresh(PATH.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
