"""A line of the table that `make bench` prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """``target`` is empty where none was set; ``details`` go to the JSON file alone."""

    what: str
    profile: str
    measured: str
    target: str = ""
    met: bool = True
    details: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def table_of(rows: list[Row], title: str) -> Table:
    table = Table(title=title)
    for heading in ("what", "SRTP", "measured", "target"):
        table.add_column(heading, justify="left" if heading in ("what", "SRTP") else "right")
    for row in rows:
        table.add_row(
            row.what, row.profile, row.measured, row.target if row.met else f"{row.target} missed"
        )
    return table
