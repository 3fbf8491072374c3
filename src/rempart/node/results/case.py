"""Results as a VICS case: objects with equal bytes are one media item, in the order of their first place."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import msgspec

from rempart import __version__
from rempart.lists import (
    CaseFacts,
    CaseFile,
    CaseMedia,
    scratch_database,
    scratch_file,
    write_vics_case,
)
from rempart.model.fingerprint import PDQ, Fingerprint
from rempart.node.record_lines import ScanLine
from rempart.node.results.category import category_of
from rempart.node.results.values import digests_of, explained, fingerprint_of, is_matched, plain

_BATCH: Final = 1000
_FILES_BYTES: Final = 1_000_000
"""Most text of places in one media record; the rest goes into further records, so that readers with limits take it."""

_MOST_COMMENTS: Final = 10
_TABLES: Final = (
    "create table media (number integer primary key, key blob unique, is_matched int, record blob)",
    "create table place (media int, record blob)",
    # From the start: equal objects come in any order, others in that of the index, and nothing needs to be sorted.
    "create index place_of on place (media)",
)
_PUT: Final = (
    "insert into media (key, is_matched, record) values (?, ?, ?) on conflict (key) do update set"
    " is_matched = excluded.is_matched, record = excluded.record"
    " where excluded.is_matched > is_matched"
)
_PLACE: Final = "insert into place select number, ? from media where key = ?"
_READ: Final = (
    "select media.number, media.record, place.record from media"
    " join place on place.media = media.number order by media.number, place.rowid"
)


class _Media(msgspec.Struct, frozen=True, array_like=True):
    """A media item while it waits."""

    digests: tuple[tuple[str, bytes], ...]
    pdq: bytes | None
    size: int | None
    media_type: str | None
    category: int | None
    source: str | None
    comments: str | None


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a media item lies, while it waits."""

    name: str
    folder: str
    parent_name: str | None
    parent_folder: str | None


_media = msgspec.msgpack.Decoder(_Media)
_place = msgspec.msgpack.Decoder(_Place)
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """What a case is to say of itself.

    Attributes:
        identify: gives the case's name, once the objects were read.
        region: whose category numbers it gives.
        case_number: the office's own number; absent where none was given.
        organisation: whose examination it is; absent where unknown.
    """

    identify: Callable[[], UUID]
    region: str
    case_number: str | None
    organisation: str | None


def write_case(
    lines: Iterable[ScanLine], sink: BinaryIO, *, request: CaseRequest, scratch: Path
) -> int:
    """Write every object that has an MD5 as one VICS 2.0 case, and return their number.

    Args:
        lines: the objects.
        sink: open for writing bytes; not closed.
        request: what the case says of itself.
        scratch: folder in which the objects wait until equal ones are together.

    Raises:
        ListUsageError: the region has no form in a document.
        OSError: the disk refused.
    """
    with scratch_file(scratch) as path, scratch_database(path) as connection:
        for statement in _TABLES:
            connection.execute(statement)
        count = _collect(connection, lines, region=request.region)
        facts = CaseFacts(
            case_id=str(request.identify()),
            version=__version__,
            region=request.region,
            media_files=count,
            precategorized=_precategorized(connection),
            case_number=request.case_number,
            organisation=request.organisation,
        )
        write_vics_case(_read(connection), sink, facts=facts)
    return count


def _collect(connection: sqlite3.Connection, lines: Iterable[ScanLine], *, region: str) -> int:
    """Take the objects in, and return how many have a place in a case."""
    count = 0
    media: list[tuple[bytes, int, bytes]] = []
    places: list[tuple[bytes, bytes]] = []

    def flush() -> None:
        connection.executemany(_PUT, media)
        connection.executemany(_PLACE, places)
        media.clear()
        places.clear()

    for line in lines:
        digests = digests_of(line)
        if not digests:
            continue
        count += 1
        # Of two files with one MD5 and different SHA-1 neither may pass for the other.
        key = b"".join(each.value for each in digests)
        media.append((key, _standing(line), _encode(_media_of(line, digests, region=region))))
        places.append((_encode(_place_of(line)), key))
        if count % _BATCH == 0:
            flush()
    flush()
    return count


def _standing(line: ScanLine) -> int:
    """Return how much a record says of its bytes: of equal objects that differ, the one with a match speaks."""
    return 2 if is_matched(line) else int(bool(line.matches))


def _media_of(line: ScanLine, digests: tuple[Fingerprint, ...], *, region: str) -> _Media:
    pdq = fingerprint_of(line, PDQ)
    category, source = category_of(line, region)
    comments = [explained(match, shows_url=True) for match in line.matches[:_MOST_COMMENTS]]
    return _Media(
        digests=tuple((each.kind, each.value) for each in digests),
        pdq=None if pdq is None else pdq.value,
        size=line.size,
        media_type=None if line.media_type is None else plain(line.media_type),
        category=category,
        source=source,
        comments=" | ".join(comments) or None,
    )


def _place_of(line: ScanLine) -> _Place:
    folder, name = _split(line.path)
    parent = (None, None) if line.container is None else _split(line.container)
    return _Place(name, folder, parent[1], parent[0])


def _split(path: str) -> tuple[str, str]:
    """Return what stands before a name, with its separator, and the name; neither is empty."""
    text = path.encode("utf-8", "replace").decode()
    folder, slash, name = text.rpartition("/")
    return (folder + slash or "./"), name or text or "?"


def _precategorized(connection: sqlite3.Connection) -> int:
    records = connection.execute("select record from media")
    return sum(_media.decode(record).category is not None for (record,) in records)


def _read(connection: sqlite3.Connection) -> Iterator[CaseMedia]:
    for _, rows in groupby(connection.execute(_READ), key=lambda row: int(row[0])):
        waiting: list[CaseFile] = []
        size = 0
        record = b""
        for _, record, place in rows:
            if size + len(place) > _FILES_BYTES:
                yield _made(record, waiting)
                waiting, size = [], 0
            found = _place.decode(place)
            waiting.append(
                CaseFile(found.name, found.folder, found.parent_name, found.parent_folder)
            )
            size += len(place)
        yield _made(record, waiting)


def _made(record: bytes, files: list[CaseFile]) -> CaseMedia:
    found = _media.decode(record)
    digests = [Fingerprint(kind, value) for kind, value in found.digests]
    pdq = [] if found.pdq is None else [Fingerprint(PDQ, found.pdq, "exact")]
    return CaseMedia(
        fingerprints=(*digests, *pdq),
        files=tuple(files),
        size_bytes=found.size,
        media_type=found.media_type,
        category=found.category,
        category_source=found.source,
        comments=found.comments,
    )
