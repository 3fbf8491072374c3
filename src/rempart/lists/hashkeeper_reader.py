"""Read HashKeeper: the records of `.hsh` files, with the names of their sets from `.hke` files."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.csv_table import CsvTable
from rempart.lists.errors import ListFormatError, ListLimitError
from rempart.lists.limits import MAX_LABEL_CHARS
from rempart.lists.source_text import UTF8, SourceBytes, decoded
from rempart.lists.trusted import checked_draft
from rempart.lists.values import digest
from rempart.model.fingerprint import MD5
from rempart.model.lists import BadRecord, EntryDraft

MAX_SETS: Final = 100_000
"""Most sets that the `.hke` files of one list may name."""

_ENCODING: Final = "latin-1"  # of names only, which nobody has described; a mark of UTF-8 says more
_RECORD_COLUMNS: Final = frozenset({"file_id", "hashset_id", "hash"})
_SET_COLUMNS: Final = frozenset({"hashset_id", "name", "notable_flag"})
_SET_KEPT: Final = ("name", "vendor", "package", "version")
_BLANKS: Final = " \t"


def is_hashkeeper_records(line: bytes) -> bool:
    """Tell whether a line is the header of a `.hsh` file."""
    return _names(line) >= _RECORD_COLUMNS


def is_hashkeeper_sets(line: bytes) -> bool:
    """Tell whether a line is the header of a `.hke` file."""
    return _names(line) >= _SET_COLUMNS and not is_hashkeeper_records(line)


class HashKeeperSets:
    """What the `.hke` files of one list say of its sets. Whether a set is notable is not read: the operator says it."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def read(self, source: SourceBytes, *, on_bad: Callable[[BadRecord], None]) -> None:
        """Take in one file.

        Raises:
            ListRefusedError: the file as a whole cannot be read, or names too many sets.
        """
        table, header = _table(source, _SET_COLUMNS, on_bad=on_bad)
        place = header.index("hashset_id")
        columns = [(name, header.index(name)) for name in _SET_KEPT if name in header]
        for cells in table.rows(len(header)):
            fields = {"hashset_id": _short(cells[place])}
            fields |= {name: _short(cells[at]) for name, at in columns}
            kept = {name: text for name, text in fields.items() if text}
            if len(self._kept) >= MAX_SETS:
                msg = f"The list names more than {MAX_SETS} sets."
                raise ListLimitError(msg, hint="Check the .hke file.")
            self._kept.setdefault(_short(cells[place]), _encoded(kept))

    def kept(self, set_id: str) -> str | None:
        """Return what is kept beside an entry of a set, as JSON; without a `.hke` file the set's number."""
        known = self._kept.get(set_id)
        if known is not None or not set_id:
            return known
        return _encoded({"hashset_id": set_id})


def read_hashkeeper(
    source: SourceBytes, *, sets: HashKeeperSets, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each row of a `.hsh` file; names and places of files are not read.

    Args:
        source: the bytes of the file.
        sets: what is known of the sets.
        on_bad: receives each row that was refused.

    Raises:
        ListRefusedError: the file as a whole cannot be read.
    """
    table, header = _table(source, _RECORD_COLUMNS, on_bad=on_bad)
    hash_place, set_place = header.index("hash"), header.index("hashset_id")
    for cells in table.rows(len(header)):
        text = cells[hash_place].strip(_BLANKS)
        try:
            if not text:
                raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")  # noqa: TRY301 - told as every bad row
            found = digest(MD5, text)
        except BadRecordError as bad:
            table.report(bad.code, bad.message)
            continue
        yield checked_draft(table.number, (found,), raw=sets.kept(_short(cells[set_place])))


def _table(
    source: SourceBytes, wanted: frozenset[str], *, on_bad: Callable[[BadRecord], None]
) -> tuple[CsvTable, Sequence[str]]:
    encoding = UTF8 if source.peek().startswith(BOM_UTF8) else _ENCODING
    table = CsvTable(decoded(source, encoding), delimiter=",", on_bad=on_bad)
    header = table.header()
    if not set(header) >= wanted or len(set(header)) != len(header):
        msg = "The first row of the list is no header of HashKeeper."
        raise ListFormatError(msg, hint="Name a .hsh file, and its .hke file if there is one.")
    return table, header


def _names(line: bytes) -> set[str]:
    return {cell.strip(b' \t"').decode(_ENCODING) for cell in line.split(b",")}


def _short(cell: str) -> str:
    text = cell.strip(_BLANKS)[:MAX_LABEL_CHARS]
    return "".join(char if char.isprintable() else " " for char in text)


def _encoded(fields: dict[str, str]) -> str:
    return msgspec.json.encode(fields).decode()
