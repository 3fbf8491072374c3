"""Values that repeat a million times, kept once and named by a number."""

from collections.abc import Hashable
from typing import Final, TypeVar

from sqlalchemy import Column, Connection, Table, insert, select

from rempart.model.handling import Handling
from rempart.model.labels import Label
from rempart.store import _tables as t
from rempart.store._bulk import storable_text
from rempart.store._codec import handling_text, labels_text
from rempart.store._reading import next_number
from rempart.store._texts import refuse_nul

Value = TypeVar("Value", bound=Hashable)

_REMEMBERED: Final = 100_000
"""Values remembered in memory; a source that makes up more of them is looked up in the store."""


class Interning:
    """Numbers of interned values within one write transaction, made where they are missing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._labels: dict[tuple[Label, ...], int] = {}
        self._software: dict[str, int] = {}
        self._kinds: dict[tuple[str, str | None], int] = {}

    def labels(self, labels: tuple[Label, ...]) -> int:
        """Return the number of a set of labels in this order."""
        number = self._labels.get(labels)
        if number is None:
            number = self._number(t.label_set, {t.label_set.c.labels: labels_text(labels)})
            _remember(self._labels, labels, number)
        return number

    def handling(self, handling: Handling) -> int:
        """Return the number of a handling."""
        return self._number(t.handling, {t.handling.c.content: handling_text(handling)})

    def software(self, name: str | None) -> int | None:
        """Return the number of a software's name and version; absent stays absent."""
        if name is None:
            return None
        number = self._software.get(name)
        if number is None:
            number = self._number(t.software, {t.software.c.name: name})
            _remember(self._software, name, number)
        return number

    def kind(self, kind: str, dialect: str | None) -> int:
        """Return the number of a kind with its dialect."""
        number = self._kinds.get((kind, dialect))
        if number is None:
            number = self._number(t.kind, {t.kind.c.kind: kind, t.kind.c.dialect: dialect or ""})
            _remember(self._kinds, (kind, dialect), number)
        return number

    def _number(self, table: Table, values: dict[Column[str], str]) -> int:
        refuse_nul(values.values())
        (key,) = table.primary_key.columns
        wanted = [column == value for column, value in values.items()]
        with storable_text():
            number = self._connection.execute(select(key).where(*wanted)).scalar_one_or_none()
        if number is None:
            number = next_number(self._connection, key)
            row = {column.name: value for column, value in values.items()}
            self._connection.execute(insert(table).values({key.name: number, **row}))
        return int(number)


def _remember(numbers: dict[Value, int], value: Value, number: int) -> None:
    if len(numbers) >= _REMEMBERED:
        numbers.clear()
    numbers[value] = number
