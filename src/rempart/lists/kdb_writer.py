"""Write a hash set of Autopsy and The Sleuth Kit (`.kdb`)."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from rempart.lists.export_entry import ExportEntry, kept_fields, one_line
from rempart.lists.kdb_reader import OWN_LABELS
from rempart.lists.labelling import written_labels
from rempart.lists.scratch import scratch_database, scratch_file
from rempart.model.fingerprint import MD5, SHA1, SHA256, Fingerprint

_BATCH: Final = 1000
_LONGEST_COMMENT: Final = 10_000
_MOST_COMMENTS: Final = 10
_TABLES: Final = (
    "CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT)",
    "INSERT INTO db_properties (name, value) VALUES ('Schema Version', '1')",
    """CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT,
    md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32))""",
    "CREATE TABLE file_names (name TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(name, hash_id))",
    "CREATE TABLE comments (comment TEXT NOT NULL, hash_id INTEGER NOT NULL, PRIMARY KEY(comment, hash_id))",
)
_INDEX: Final = "CREATE INDEX md5_index ON hashes(md5)"
_PUT: Final = (
    "insert into hashes (md5, sha1, sha2_256) values (?, ?, ?) on conflict (md5) do update set"
    " sha1 = coalesce(sha1, excluded.sha1), sha2_256 = coalesce(sha2_256, excluded.sha2_256)"
)
_SAY: Final = "insert or ignore into comments select ?, id from hashes where md5 = ?"


@dataclass(frozen=True, slots=True)
class KdbRow:
    """One row of hashes with what is said of it.

    Attributes:
        md5: 16 bytes.
        sha1: 20 bytes; absent where unknown.
        sha256: 32 bytes; absent where unknown.
        comments: texts that the program shows beside a hit.
    """

    md5: bytes
    sha1: bytes | None = None
    sha256: bytes | None = None
    comments: tuple[str, ...] = ()


def write_kdb(entries: Iterable[ExportEntry], sink: BinaryIO, *, scratch: Path | None) -> int:
    """Write the entries of a list that have an MD5, and return their number.

    The format has a row for each MD5, with one SHA-1 and one SHA-256 at most, and comments: labels become one of
    them in a form that Rempart reads back, kept comments are others. Names of files are never written.

    Args:
        entries: what to write, in this order.
        sink: open for writing bytes; not closed.
        scratch: folder in which the database is made before it goes to the sink.
    """
    count = 0

    def rows() -> Iterator[KdbRow]:
        nonlocal count
        for entry in entries:
            found = _rows(entry)
            count += bool(found)
            yield from found

    write_kdb_rows(rows(), sink, scratch=scratch)
    return count


def write_kdb_rows(rows: Iterable[KdbRow], sink: BinaryIO, *, scratch: Path | None) -> None:
    """Write a hash set; the same rows give the same bytes from the same version of SQLite.

    Rows with one MD5 become one, with the first SHA-1 and SHA-256 that are known and the comments of all.

    Args:
        rows: what to write, in this order.
        sink: open for writing bytes; not closed.
        scratch: folder in which the database is made before it goes to the sink; absent: the system's own.

    Raises:
        OSError: the disk refused.
    """
    with scratch_file(scratch) as path:
        with scratch_database(path) as connection:
            for statement in _TABLES:
                connection.execute(statement)
            _fill(connection, rows)
            connection.execute(_INDEX)
        with path.open("rb") as made:
            shutil.copyfileobj(made, sink)


def _fill(connection: sqlite3.Connection, rows: Iterable[KdbRow]) -> None:
    hashes: list[tuple[bytes, bytes | None, bytes | None]] = []
    said: list[tuple[str, bytes]] = []

    def flush() -> None:
        connection.executemany(_PUT, hashes)
        connection.executemany(_SAY, said)
        hashes.clear()
        said.clear()

    for row in rows:
        hashes.append((row.md5, row.sha1, row.sha256))
        said += [(comment, row.md5) for each in row.comments if (comment := _comment(each))]
        if len(hashes) >= _BATCH:
            flush()
    flush()


def _comment(text: str) -> str:
    # What is no UTF-8 cannot be kept; labels are never cut, since half of them is no JSON.
    whole = text.encode("utf-8", "replace").decode()
    return whole if whole.startswith(OWN_LABELS) else whole[:_LONGEST_COMMENT]


def _rows(entry: ExportEntry) -> list[KdbRow]:
    """Return a row for each MD5; further SHA-1 and SHA-256 go beside further MD5 values, as far as there are any."""
    digests = [_values(entry.fingerprints, kind) for kind in (MD5, SHA1, SHA256)]
    comments = _comments(entry)
    return [
        KdbRow(md5, sha1, sha256, comments)
        for md5, sha1, sha256 in zip_longest(*digests)
        if md5 is not None
    ]


def _values(fingerprints: tuple[Fingerprint, ...], kind: str) -> list[bytes]:
    return [each.value for each in fingerprints if each.kind == kind]


def _comments(entry: ExportEntry) -> tuple[str, ...]:
    kept = kept_fields(entry.raw)
    said = kept.get("comments")
    texts = [kept.get("comment", kept.get("Comments")), *(said if isinstance(said, list) else [])]
    comments = [
        text
        for each in texts[:_MOST_COMMENTS]
        # Another tool's comment must not be taken for our labels when it comes back.
        if (text := one_line(each)) and not text.startswith(OWN_LABELS)
    ]
    if entry.labels:
        comments.append(OWN_LABELS + msgspec.json.encode(written_labels(entry.labels)).decode())
    return tuple(comments)
