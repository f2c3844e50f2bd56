"""SQLAlchemy's expressions made into what a database driver takes, compiled once each.

Two statements that differ in their values alone have one text. What a driver gives back is read
by the types of the columns asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Dialect, Executable, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

MAX_STATEMENTS = 500  # compiled ones that are kept; the one longest unused goes first

StoredRow = Mapping[str, Any]  # column name → value
Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave: its rows, or how many rows it changed."""

    rows: Sequence[StoredRow] = ()
    changed: int = 0

    def scalar(self) -> Any:
        """The first value of the first row; None where there is none."""
        return next(iter(self.rows[0].values())) if self.rows else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text and its values in order. ``changes``: it changes rows, rather than asks for some;
    ``readers`` make a column's value out of the driver's, where they differ."""

    text: str
    values: Sequence[Any]
    changes: bool = False
    readers: Mapping[str, Processor] = field(default_factory=dict)

    def read(self, row: Mapping[str, Any]) -> StoredRow:
        values = dict(row)
        for name, reader in self.readers.items():
            values[name] = reader(values[name])
        return values


@dataclass(frozen=True, slots=True)
class _Compiled:
    compiler: SQLCompiler
    writers: Sequence[tuple[str, Processor | None]]  # a value's name, in the order of the text
    changes: bool
    readers: Mapping[str, Processor]


class Statements:
    """The statements of one dialect, whose parameters are positional."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._kept: OrderedDict[Any, _Compiled] = OrderedDict()

    def prepare(self, statement: Executable, given: Mapping[str, Any] | None = None) -> Prepared:
        """``given``: values of the statement's named parameters, or of an insertion's columns."""
        element = cast(ClauseElement, statement)
        # As `sqlalchemy.engine` does it; tests/signaling/store/test_statements.py holds it to that.
        cache_key = element._generate_cache_key()
        assert cache_key is not None, "a statement that cannot be compiled once"
        key = (cache_key.key, tuple(given or ()))
        found = self._kept.get(key)
        if found is None:
            names = list(given) if given else None
            compiler = cast(
                SQLCompiler,
                element.compile(dialect=self._dialect, column_keys=names, cache_key=cache_key),
            )
            if compiler.post_compile_params:
                return self._expanded(compiler, element, given)
            found = self._kept[key] = self._compiled(compiler, element)
            if len(self._kept) > MAX_STATEMENTS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        values = found.compiler.construct_params(
            given, extracted_parameters=cache_key.bindparams, escape_names=False
        )
        return Prepared(
            found.compiler.string,
            [write(values[name]) if write else values[name] for name, write in found.writers],
            found.changes,
            found.readers,
        )

    def _compiled(self, compiler: SQLCompiler, element: ClauseElement) -> _Compiled:
        writers = [
            (name, self._bound(compiler.binds[name].type)) for name in compiler.positiontup or ()
        ]
        return _Compiled(compiler, writers, _changes(element), self._readers(element))

    def _expanded(
        self, compiler: SQLCompiler, element: ClauseElement, given: Mapping[str, Any] | None
    ) -> Prepared:
        """A text that depends on how many values a list has: made each time."""
        state = compiler.construct_expanded_state(given, escape_names=False)
        values = []
        for name in state.positiontup or ():
            write = state.processors.get(name)
            value = state.parameters[name]
            values.append(write(value) if write else value)
        return Prepared(state.statement, values, _changes(element), self._readers(element))

    def _bound(self, kind: TypeEngine[Any]) -> Processor | None:
        return kind.dialect_impl(self._dialect).bind_processor(self._dialect)

    def _readers(self, element: ClauseElement) -> Mapping[str, Processor]:
        if not isinstance(element, Select):
            return {}
        found = {
            str(column.key): column.type.dialect_impl(self._dialect).result_processor(
                self._dialect, None
            )
            for column in element.selected_columns
        }
        return {name: reader for name, reader in found.items() if reader is not None}


def _changes(element: ClauseElement) -> bool:
    return bool(getattr(element, "is_dml", False))
