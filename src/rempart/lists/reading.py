"""Read a list of any supported format."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from rempart.lists.column_map import ColumnMap
from rempart.lists.csv_reader import read_csv
from rempart.lists.detection import CSV, PLAIN, VICS, detect
from rempart.lists.errors import ListUsageError
from rempart.lists.label_map import LabelMap
from rempart.lists.plain_reader import read_plain
from rempart.lists.source_text import SourceBytes
from rempart.lists.vics_reader import read_vics
from rempart.model.lists import BadRecord, EntryDraft

AUTO: Final = "auto"
READ_FORMATS: Final = (AUTO, CSV, VICS, PLAIN)


def read_list(
    stream: BinaryIO,
    *,
    format: str,  # noqa: A002 - the word of the command line
    columns: ColumnMap | None = None,
    labels: LabelMap | None = None,
    plain_64_is_pdq: bool = False,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    """Yield the entries of a list one by one, in bounded memory.

    A list that is refused may have yielded entries before: keep none of them. Keys may repeat, except
    that a VICS document yields each MD5 once; `entry_key` tells.

    Args:
        stream: open for reading bytes; it is read from where it stands, never sought in, nor closed.
        format: `auto`, `csv`, `vics` or `plain`.
        columns: what the columns of a foreign CSV hold; with `auto` the list is then a CSV.
        labels: what category numbers mean; without it every category stays `unmapped`.
        plain_64_is_pdq: whether 64 digits alone on a line of a plain list are a PDQ and no SHA-256.
        on_bad: receives each record that was refused; reading goes on.

    Raises:
        ListUsageError: the arguments do not go together (at once), or a map does not fit the list.
        ListRefusedError: the list as a whole cannot be read (while iterating).
    """
    if format not in READ_FORMATS:
        msg = f"There is no list format {format[:40]!a}."
        raise ListUsageError(msg, hint=f"Choose one of {', '.join(READ_FORMATS)}.")
    if columns is not None and format in {VICS, PLAIN}:
        msg = f"A column map has no meaning for the format {format}."
        raise ListUsageError(msg, hint="Leave it out, or choose the format csv.")
    if plain_64_is_pdq and (columns is not None or format in {CSV, VICS}):
        msg = "Only a plain list can be told to hold PDQ."
        raise ListUsageError(msg, hint="Leave the option out, or choose the format plain.")
    return _entries(
        SourceBytes(stream),
        format,
        columns=columns,
        labels=labels,
        plain_64_is_pdq=plain_64_is_pdq,
        on_bad=on_bad,
    )


def _entries(
    source: SourceBytes,
    stated: str,
    *,
    columns: ColumnMap | None,
    labels: LabelMap | None,
    plain_64_is_pdq: bool,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    actual = stated
    if stated == AUTO:
        actual = CSV if columns is not None else detect(source.peek())
    if actual == VICS:
        yield from read_vics(source, labels=labels, on_bad=on_bad)
    elif actual == CSV:
        yield from read_csv(source, columns=columns, labels=labels, on_bad=on_bad)
    else:
        yield from read_plain(source, bare_64_is_pdq=plain_64_is_pdq, on_bad=on_bad)
