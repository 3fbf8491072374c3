"""Rows of a CSV on their way to a file, a bounded number of them in memory."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

_FLUSH_GROUPS: Final = 1000


def write_rows(
    header: Sequence[str], groups: Iterable[Iterable[Sequence[str]]], sink: BinaryIO
) -> int:
    """Write UTF-8 CSV with header and CRLF, and return the number of groups.

    Args:
        header: names of the columns.
        groups: the rows of one thing after those of another.
        sink: open for writing bytes; not closed.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    count = 0
    for rows in groups:
        writer.writerows(rows)
        count += 1
        if count % _FLUSH_GROUPS == 0:
            _flush(buffer, sink)
    _flush(buffer, sink)
    return count


def _flush(buffer: io.StringIO, sink: BinaryIO) -> None:
    sink.write(buffer.getvalue().encode())
    buffer.seek(0)
    buffer.truncate()
