"""Read a hash set of Autopsy and The Sleuth Kit (`.kdb`), of the present form and of the older one."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO, Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.database import ListDatabase, Row, open_database
from rempart.lists.errors import ListFormatError
from rempart.lists.label_map import LabelMap
from rempart.lists.labelling import Labelling
from rempart.lists.limits import MAX_FIELD_CHARS, MAX_LABELS
from rempart.lists.trusted import checked_draft
from rempart.lists.values import digest, digest_bytes
from rempart.model.fingerprint import DIGEST_BYTES, MD5, SHA1, SHA256, Fingerprint
from rempart.model.labels import Label
from rempart.model.lists import BadRecord, EntryDraft

OWN_LABELS: Final = "rempart labels "
"""How a comment begins in which Rempart writes the labels of an entry."""

_COLUMNS: Final = {"md5": MD5, "sha1": SHA1, "sha2_256": SHA256}
_TABLES: Final = ("hashes", "hashset_hashes")
_COMMENTS: Final = frozenset({"comment", "hash_id"})
_MOST_COMMENTS: Final = 1000


def is_kdb(database: ListDatabase) -> bool:
    """Tell whether a database has the tables of a `.kdb`."""
    return bool({"db_properties", "hashset_properties"} & database.tables.keys()) and any(
        name in database.tables for name in _TABLES
    )


def read_kdb(
    stream: BinaryIO, *, labels: LabelMap | None, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each row of hashes; its number is that of the row.

    A comment that a label map names is the label; any other comment is kept as text. Names of files are not
    read. Whether the set is of known material is not in the file: the operator says it.

    Args:
        stream: open on the file.
        labels: what comments mean, by the operator's choice.
        on_bad: receives each row that was refused.

    Raises:
        NeedsFileError: the stream is no file.
        ListRefusedError: the database as a whole cannot be read.
    """
    with open_database(stream) as database:
        table = next((name for name in _TABLES if name in database.tables), "")
        found = database.tables.get(table, frozenset())
        columns = [name for name in _COLUMNS if name in found]
        if not columns:
            msg = "The database has no table of hashes as Autopsy writes it."
            raise ListFormatError(msg, hint="Check the file and --format.")
        said = _CommentsInOrder(database, has_comments=table == _TABLES[0])
        understood = _Comments(labels)
        query = f"select rowid, {', '.join(columns)} from {table} order by rowid"  # noqa: S608 - names of ours
        for number, (row, *cells) in enumerate(database.rows(query), start=1):
            comments = said.of(row) if type(row) is int else []
            try:
                fingerprints = _fingerprints(columns, cells)
                made, raw = understood.parse(comments)
            except BadRecordError as bad:
                text = f"row {number}: {bad.message}"
                on_bad(BadRecord(number=number, code=bad.code.value, message=text))
                continue
            yield checked_draft(number, fingerprints, None, made, raw)


class _CommentsInOrder:
    """Reads the comments once, beside the hashes that they belong to."""

    def __init__(self, database: ListDatabase, *, has_comments: bool) -> None:
        self._rows: Iterator[Row] = iter(())
        if has_comments and database.tables.get("comments", frozenset()) >= _COMMENTS:
            query = "select hash_id, comment from comments order by hash_id, comment"
            self._rows = (row for row in database.rows(query) if type(row[0]) is int)
        self._next: Row | None = next(self._rows, None)

    def of(self, number: int) -> list[bytes]:
        """Return the comments of a hash, of too many the first; the numbers must be asked for in ascending order."""
        found: list[bytes] = []
        size = 0
        while self._next is not None and self._next[0] <= number:
            place, comment = self._next
            is_told = place == number and isinstance(comment, bytes)
            if is_told and not _is_too_much(found, size):
                found.append(comment)
                size += len(comment)
            self._next = next(self._rows, None)
        return found


class _Comments:
    """Understands the comments of entries."""

    def __init__(self, labels: LabelMap | None) -> None:
        self._map = labels
        self._labelling = Labelling(labels)

    def parse(self, comments: Sequence[bytes]) -> tuple[tuple[Label, ...], str | None]:
        """Return labels and the kept text of comments.

        Raises:
            BadRecordError: there are too many or too long ones, or labels of Rempart are not in its form.
        """
        if not comments:
            return (), None
        if _is_too_much(comments, sum(map(len, comments))):
            raise BadRecordError(BadCode.FIELD_TOO_LONG, "the comments are too long")
        made: list[Label] = []
        kept: list[str] = []
        for comment in comments:
            text = comment.decode("utf-8", "replace").strip()
            if text.startswith(OWN_LABELS):
                made += self._labelling.of_written(text.removeprefix(OWN_LABELS))
            elif self._map is not None and text in self._map.meanings:
                made += self._labelling.of_category(text, None)
                kept.append(text)
            elif text:
                kept.append(text)
        if len(made) > MAX_LABELS:
            raise BadRecordError(BadCode.BAD_LABELS, "the record has too many labels")
        return tuple(dict.fromkeys(made)), _raw(kept)


def _is_too_much(comments: Sequence[bytes], size: int) -> bool:
    return len(comments) > _MOST_COMMENTS or size > MAX_FIELD_CHARS


def _raw(kept: list[str]) -> str | None:
    if not kept:
        return None
    fields: dict[str, Any] = {"comment": kept[0]} if len(kept) == 1 else {"comments": kept}
    return msgspec.json.encode(fields).decode()


def _fingerprints(columns: Sequence[str], cells: Sequence[Any]) -> tuple[Fingerprint, ...]:
    found = tuple(
        chain.from_iterable(
            _fingerprint(_COLUMNS[name], cell) for name, cell in zip(columns, cells, strict=True)
        )
    )
    if not found:
        raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")
    return found


def _fingerprint(kind: str, cell: Any) -> tuple[Fingerprint, ...]:  # Any: what the cell holds
    if cell is None or cell == b"":
        return ()
    if not isinstance(cell, bytes):
        raise BadRecordError(BadCode.WRONG_TYPE, f"the value of {kind} is a number")
    if len(cell) == DIGEST_BYTES[kind]:
        return (digest_bytes(kind, cell),)
    return (digest(kind, cell.decode("latin-1")),)
