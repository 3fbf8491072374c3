"""Rows of a CSV table, with the row number of whatever is wrong."""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import chain

from rempart.lists.bad_records import BadCode
from rempart.lists.errors import ListFormatError, ListLimitError, ListTornError
from rempart.lists.limits import MAX_COLUMNS, MAX_RECORD_BYTES, MAX_ROW_CHARS, MAX_VIDEO_CHARS
from rempart.lists.source_text import line_blocks
from rempart.model.lists import BadRecord


class CsvTable:
    """Reads the rows of a CSV one by one, however long the table is.

    Args:
        pieces: the decoded text.
        delimiter: one character between cells.
        on_bad: receives each row that cannot be read.

    Attributes:
        number: the row that was read last, counted from 1 without header and blank lines.
    """

    def __init__(
        self, pieces: Iterator[str], *, delimiter: str, on_bad: Callable[[BadRecord], None]
    ) -> None:
        self.number = 0
        self._on_bad = on_bad
        blocks = line_blocks(pieces, longest=MAX_ROW_CHARS)
        lines = chain.from_iterable(
            io.StringIO(block, newline="\n") for block in self._bounded(blocks)
        )
        # Of the whole process, and for videos alone: whoever understands a row refuses other cells of that length.
        csv.field_size_limit(MAX_VIDEO_CHARS)
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)

    def header(self) -> list[str]:
        """Return the cells of the first row that is not blank, surrounding blanks removed.

        Raises:
            ListFormatError: there is none, or it cannot be read.
        """
        try:
            for cells in self._reader:
                if cells:
                    return [cell.strip(" \t") for cell in _bounded_width(cells)]
        except csv.Error as cause:
            msg = "The first row of the list cannot be read as a CSV header."
            raise ListFormatError(msg, hint="Check delimiter and quotes.") from cause
        msg = "The list is empty: it has no CSV header."
        raise ListFormatError(msg, hint="Check that the right file was given.")

    def rows(self, width: int | None) -> Iterator[list[str]]:
        """Yield the rows that have `width` cells; report the others. None: the first row tells.

        Raises:
            ListTornError: the last row ends within quotes.
            ListLimitError: a row takes too much of the input.
        """
        reader = self._reader
        while True:
            line = reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as cause:
                self.number += 1
                self._report_unreadable(cause, line=line)
                continue
            if not cells:
                continue
            self.number += 1
            if width is None:
                width = len(_bounded_width(cells))
            if len(cells) != width:
                self.report(
                    BadCode.WRONG_CELL_COUNT, f"the row has {len(cells)} cells, not {width}"
                )
                continue
            yield cells

    def report(self, code: BadCode, message: str) -> None:
        """Tell the caller that the row read last is bad."""
        text = f"line {self._reader.line_num}: {message}"
        self._on_bad(BadRecord(number=self.number, code=code.value, message=text))

    def _report_unreadable(self, cause: csv.Error, *, line: int) -> None:
        first, last = line + 1, self._reader.line_num
        if "unexpected end of data" in str(cause):
            msg = f"The list ends within quotes that open on line {first} or later."
            raise ListTornError(msg, hint="Get the complete file; nothing was changed.") from cause
        lines = f"line {last}" if first == last else f"lines {first} to {last} (one quoted cell)"
        code = BadCode.FIELD_TOO_LONG if "field limit" in str(cause) else BadCode.BAD_QUOTING
        text = "a cell is too long" if code is BadCode.FIELD_TOO_LONG else "quotes do not fit"
        self._on_bad(BadRecord(number=self.number, code=code.value, message=f"{lines}: {text}"))

    def _bounded(self, blocks: Iterator[str]) -> Iterator[str]:
        """Pass blocks on as long as rows come out of them; a row may span only so much."""
        seen = self.number
        waiting = 0
        for block in blocks:
            if self.number != seen:
                seen = self.number
                waiting = 0
            waiting += len(block)
            if waiting > MAX_RECORD_BYTES:
                msg = f"Row {self.number + 1} has more than {MAX_RECORD_BYTES} characters."
                raise ListLimitError(msg, hint="Check the quotes of that row.")
            yield block


def _bounded_width(cells: list[str]) -> list[str]:
    if len(cells) > MAX_COLUMNS:
        msg = f"The table has more than {MAX_COLUMNS} columns."
        raise ListLimitError(msg, hint="Check the delimiter and that the file is a hash list.")
    return cells
