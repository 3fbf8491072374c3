"""An answer with a table, in the form that was asked for: a record, CSV, or a page for people."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rempart.cli.law.cells import Cell, write_csv
from rempart.cli.law.options import LawChoice
from rempart.cli.law.words import Record
from rempart.cli.messages import write_record
from rempart.node import Translator


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of record becomes CSV, and a page."""

    columns: Sequence[str]
    cells: Callable[[Record], Iterable[Cell]]
    tell: Callable[[Record, Translator], None]

    def write(self, record: Record, choice: LawChoice, *, as_csv: bool) -> None:
        """Write a record to standard output; where both were asked for, JSON goes before CSV."""
        if choice.as_json:
            write_record(record)
        elif as_csv:
            write_csv(self.columns, self.cells(record))
        else:
            self.tell(record, choice.texts)
