"""Which cell of a CSV row holds what, once the header has been seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from rempart.lists.column_map import Column, ColumnMap
from rempart.lists.errors import ColumnMapError, ListFormatError
from rempart.model.fingerprint import EXACT

OWN_COLUMNS: Final = (
    "type",
    "value",
    "category",
    "source",
    "list_version",
    "first_seen",
    "comment",
)
"""The header of Rempart's own CSV."""

FURTHER_COLUMNS: Final = ("id", "entry", "dialect", "quality", "software", "region", "labels")
"""Columns that its header may name as well."""

_READ: Final = frozenset({"type", "value", "category", "list_version", *FURTHER_COLUMNS})
"""Columns of our own CSV that are not kept as text; the list's version belongs to the list."""


@dataclass(frozen=True, slots=True)
class CsvPlan:
    """Places of cells, counted from 0; what a table does not have is None.

    Attributes:
        fingerprints: (kind, place) of each column that holds one kind.
        keep: (name, place) of each cell that is kept as text beside the entry.
        is_own: whether this is Rempart's own CSV, where a quote before `= + - @` is undone.
    """

    fingerprints: tuple[tuple[str, int], ...] = ()
    type: int | None = None
    value: int | None = None
    id: int | None = None
    entry: int | None = None
    category: int | None = None
    region: int | None = None
    dialect: int | None = None
    quality: int | None = None
    software: int | None = None
    labels: int | None = None
    keep: tuple[tuple[str, int], ...] = ()
    pdq_dialect: str = EXACT
    is_own: bool = False

    @classmethod
    def of_own(cls, header: Sequence[str]) -> Self:
        """Return the plan of Rempart's own CSV from its header.

        Raises:
            ListFormatError: `type` or `value` is missing, or a name stands there twice.
        """
        if len(set(header)) != len(header):
            msg = "The header of the CSV names a column twice."
            raise ListFormatError(msg, hint="Name each column once.")
        place = {name: index for index, name in enumerate(header)}
        for name in ("type", "value"):
            if name not in place:
                msg = f"The header of the CSV names no column {name!r}."
                raise ListFormatError(
                    msg, hint="For a table of another form give a column map with --columns."
                )
        return cls(
            type=place["type"],
            value=place["value"],
            category=place.get("category"),
            id=place.get("id"),
            entry=place.get("entry"),
            dialect=place.get("dialect"),
            quality=place.get("quality"),
            software=place.get("software"),
            region=place.get("region"),
            labels=place.get("labels"),
            keep=tuple((name, index) for name, index in place.items() if name not in _READ),
            is_own=True,
        )

    @classmethod
    def of_map(cls, columns: ColumnMap, header: Sequence[str] | None, *, width: int | None) -> Self:
        """Return the plan that a column map makes of a table.

        Args:
            columns: the operator's map.
            header: the names in the first row; absent where the table has none.
            width: number of cells of a row, where there is no header.

        Raises:
            ColumnMapError: the map names a column that the table does not have, or has twice.
        """
        places = _Places(header, width)

        def place(column: Column | None) -> int | None:
            return None if column is None else places.of(column)

        keep = (*columns.keep, *(() if columns.comment is None else (columns.comment,)))
        return cls(
            fingerprints=tuple(
                (kind, places.of(column)) for kind, column in columns.fingerprints.items()
            ),
            type=place(columns.type),
            value=place(columns.value),
            id=place(columns.id),
            category=place(columns.category),
            region=place(columns.region),
            dialect=place(columns.dialect),
            quality=place(columns.quality),
            keep=tuple(
                ("comment" if column == columns.comment else str(column), places.of(column))
                for column in keep
            ),
            pdq_dialect=columns.pdq_dialect,
        )


class _Places:
    """Finds columns of one table."""

    def __init__(self, header: Sequence[str] | None, width: int | None) -> None:
        self._header = header
        self._width = width

    def of(self, column: Column) -> int:
        if isinstance(column, int):
            if self._width is not None and column > self._width:
                raise _absent(what=f"column {column}; the table has {self._width}")
            return column - 1
        names = [] if self._header is None else [name.casefold() for name in self._header]
        wanted = column.strip(" \t").casefold()
        exact = [] if self._header is None else list(self._header)
        found = exact if exact.count(column) == 1 else names
        sought = column if found is exact else wanted
        if found.count(sought) != 1:
            what = "is absent from the header" if not found.count(sought) else "stands there twice"
            raise _absent(what=f"the column {column!a}, which {what}")
        return found.index(sought)


def _absent(*, what: str) -> ColumnMapError:
    return ColumnMapError(
        f"The column map names {what}.",
        hint="Compare the map with the first row of the list: names, delimiter and encoding.",
    )
