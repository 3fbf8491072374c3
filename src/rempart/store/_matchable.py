"""What an index is built from, what changed since, and what explains a match."""

from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, union

from rempart.model.fingerprint import (
    CPP512,
    EQUAL_BYTES,
    EXACT,
    MATCHING_QUALITY_FLOOR,
    PDQ,
    SCREEN,
    VPDQ,
)
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint
from rempart.store import _tables as t
from rempart.store._bulk import Places, rows_among
from rempart.store._codec import AnyRow, labels_of, reading_rows
from rempart.store.errors import StoreDamagedError, WriteMisuseError
from rempart.store.values import MatchableChanges

MATCHABLE_BYTES: Final = {PDQ: 32, **EQUAL_BYTES}
"""Kinds that this node can match, and the length of their values; those of kind `vpdq` are texts of any length."""

_VIDEO_ROWS: Final = 8
"""Texts of videos that are read at a time: one of a day has seven million characters."""

_FRAME_CHARS: Final = 70
"""A frame takes more characters of a stored text than this."""

Numbers = NDArray[np.int64]
Values = NDArray[np.uint8]

_f: Final = t.fingerprint.c


def matchable(
    connection: Connection, kind: str, *, as_of: int | None, chunk: int
) -> Iterator[tuple[Numbers, Values]]:
    """Yield numbers and values of what can be matched, now or as of a change, in the order of their numbers."""
    kinds = _kind_numbers(connection)[kind]
    wanted = (
        select(_f.fingerprint_no, _f.value)
        .where(_f.kind_no.in_(kinds))
        .where(*_was_matchable(as_of))
        .where(_is_good_enough())
        .order_by(_f.fingerprint_no)
    )
    # Closed also where the reader leaves early: a server keeps a cursor until it is told.
    with connection.execute(wanted, execution_options={"yield_per": chunk}) as result:
        for rows in result.partitions(chunk):
            yield _arrays(kind, rows)


def matchable_videos(connection: Connection, *, as_of: int | None) -> Iterator[tuple[int, bytes]]:
    """Yield number and text of each video that can be matched, now or as of a change, in the order of their numbers."""
    kinds = _video_numbers(connection)
    if not kinds:  # else the whole table would be walked for nothing
        return
    wanted = (
        select(_f.fingerprint_no, _f.value)
        .where(_f.kind_no.in_(kinds))
        .where(*_was_matchable(as_of))
        .order_by(_f.fingerprint_no)
    )
    with connection.execute(wanted, execution_options={"yield_per": _VIDEO_ROWS}) as result:
        for row in result:
            yield row.fingerprint_no, row.value


def changes_since(
    connection: Connection, change_number: int, limit: int
) -> MatchableChanges | None:
    """Return what changed between a change number and now, or nothing where it is more than `limit`."""
    up_to = connection.execute(select(t.counter.c.change_number)).scalar_one()
    if change_number > up_to:
        return None
    was_added = (_f.added_change > change_number, _f.removed_change.is_(None))
    was_removed = (_f.removed_change > change_number, _f.added_change <= change_number)
    kinds = _kind_numbers(connection)
    flat = [number for numbers in kinds.values() for number in numbers]
    added = _changed(connection, flat, was_added, limit)
    removed = _changed(connection, flat, was_removed, limit)
    left = limit - len(added) - len(removed)
    videos = [_changed_videos(connection, each, left) for each in (was_added, was_removed)]
    if left < sum(frames for _, frames in videos):
        return None
    return MatchableChanges(
        up_to=up_to,
        added={kind: _arrays(kind, rows) for kind, rows in _by_kind(kinds, added)},
        removed={kind: _arrays(kind, rows)[0] for kind, rows in _by_kind(kinds, removed)},
        added_videos=_texts(connection, videos[0][0]),
        removed_videos=_texts(connection, videos[1][0]),
    )


def describe(
    connection: Connection, numbers: Iterable[FingerprintNumber]
) -> dict[FingerprintNumber, KnownFingerprint]:
    """Return what explains a match on each number; what can no longer be matched is left out."""
    wanted = list(dict.fromkeys(int(number) for number in numbers))
    with reading_rows():
        return {
            FingerprintNumber(row.fingerprint_no): _known(row)
            for row in rows_among(connection, _described, wanted)
        }


def require_matchable_kind(kind: str) -> None:
    """Raise UsageError where this node cannot match a kind."""
    if kind not in MATCHABLE_BYTES:
        msg = f"This node cannot match fingerprints of kind {kind[:40]!r}."
        raise WriteMisuseError(msg, hint=f"Use one of {', '.join(MATCHABLE_BYTES)}.")


def _was_matchable(as_of: int | None) -> tuple[ColumnElement[bool], ...]:
    if as_of is None:
        return _f.added_change.is_not(None), _f.removed_change.is_(None)
    return _f.added_change <= as_of, or_(_f.removed_change.is_(None), _f.removed_change > as_of)


def has_cpp512_alone(connection: Connection, since: int | None) -> bool:
    """Tell whether some entry, of all or of those that changed, can be matched in dialect `cpp512` only."""
    dialects = {
        row.dialect: row.kind_no
        for row in connection.execute(select(t.kind).where(t.kind.c.kind == PDQ))
    }
    if CPP512 not in dialects:
        return False
    other = t.fingerprint.alias()
    has_exact = (
        exists()
        .where(other.c.entry_no == _f.entry_no)
        .where(other.c.kind_no == dialects.get(EXACT, -1))
        .where(other.c.added_change.is_not(None))
        .where(other.c.removed_change.is_(None))
    )
    alone = (
        select(_f.fingerprint_no)
        .where(_f.kind_no == dialects[CPP512])
        .where(_f.added_change.is_not(None))
        .where(_f.removed_change.is_(None))
        .where(_is_good_enough())
        .where(~has_exact)
        .limit(1)
    )
    if since is not None:
        moved = t.fingerprint.alias().c
        alone = alone.where(
            _f.entry_no.in_(
                union(
                    select(moved.entry_no).where(moved.added_change > since),
                    select(moved.entry_no).where(moved.removed_change > since),
                )
            )
        )
    return connection.execute(alone).first() is not None


def _is_good_enough() -> ColumnElement[bool]:
    return or_(_f.quality.is_(None), _f.quality >= MATCHING_QUALITY_FLOOR)


def _kind_numbers(connection: Connection) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {kind: [] for kind in MATCHABLE_BYTES}
    for row in connection.execute(select(t.kind)):
        if row.kind in numbers and row.dialect != SCREEN:
            numbers[row.kind].append(row.kind_no)
    return numbers


def _video_numbers(connection: Connection) -> list[int]:
    wanted = select(t.kind.c.kind_no).where(t.kind.c.kind == VPDQ)
    return list(connection.execute(wanted).scalars())


def _changed(
    connection: Connection, kinds: list[int], moved: tuple[ColumnElement[bool], ...], limit: int
) -> list[AnyRow]:
    # Sorted here: asked to sort by number, SQLite walks the whole table in that order to meet the limit.
    wanted = (
        select(_f.kind_no, _f.fingerprint_no, _f.value)
        .where(_f.kind_no.in_(kinds))
        .where(*moved)
        .where(_is_good_enough())
        .limit(limit + 1)
    )
    return sorted(connection.execute(wanted), key=lambda row: row.fingerprint_no)


def _changed_videos(
    connection: Connection, moved: tuple[ColumnElement[bool], ...], limit: int
) -> tuple[list[int], int]:
    """Return the numbers of videos that changed, and about how many frames they have; nothing is read of their text."""
    kinds = _video_numbers(connection)
    if not kinds:
        return [], 0
    wanted = (
        select(_f.fingerprint_no, func.length(_f.value).label("chars"))
        .where(_f.kind_no.in_(kinds))
        .where(*moved)
        .limit(max(0, limit) + 1)
    )
    rows = connection.execute(wanted).all()
    return sorted(row.fingerprint_no for row in rows), sum(
        -(-row.chars // _FRAME_CHARS) for row in rows
    )


def _texts(connection: Connection, numbers: list[int]) -> tuple[tuple[int, bytes], ...]:
    rows = rows_among(connection, _text_of, numbers)
    return tuple(sorted((row.fingerprint_no, row.value) for row in rows))


def _text_of(places: Places) -> Select[Any]:
    return select(_f.fingerprint_no, _f.value).where(_f.fingerprint_no.in_(places))


def _by_kind(
    kinds: dict[str, list[int]], rows: list[AnyRow]
) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    for kind, numbers in kinds.items():
        of_kind = [(row.fingerprint_no, row.value) for row in rows if row.kind_no in numbers]
        if of_kind:
            yield kind, of_kind


def _arrays(kind: str, rows: Any) -> tuple[Numbers, Values]:  # pairs, as rows or as tuples
    length = MATCHABLE_BYTES[kind]
    numbers = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    joined = b"".join([row[1] for row in rows])
    if len(joined) != len(rows) * length:
        msg = f"A stored {kind} value has not its {length} bytes."
        raise StoreDamagedError(msg, hint="Run `rempart doctor --deep`.")
    return numbers, np.frombuffer(joined, np.uint8).reshape(len(rows), length)


def _described(places: Places) -> Select[Any]:
    return _DESCRIPTION.where(_f.fingerprint_no.in_(places))


def _known(row: AnyRow) -> KnownFingerprint:
    return KnownFingerprint(
        number=FingerprintNumber(row.fingerprint_no),
        list_id=ListId(UUID(bytes=row.list_id)),
        list_name=row.name,
        owner=row.owner,
        purpose=ListPurpose(row.purpose),
        subject=Subject(row.subject),
        threshold_bits=row.threshold_bits,
        list_generation=row.generation,
        entry_id=EntryId(UUID(bytes=row.entry_id)),
        entry_version=row.version,
        kind=row.kind,
        dialect=row.dialect or None,
        quality=row.quality,
        labels=labels_of(row.labels),
    )


_DESCRIPTION: Final = (
    select(
        _f.fingerprint_no,
        _f.quality,
        t.kind.c.kind,
        t.kind.c.dialect,
        t.hash_list.c.id.label("list_id"),
        t.hash_list.c.name,
        t.hash_list.c.owner,
        t.hash_list.c.purpose,
        t.hash_list.c.threshold_bits,
        t.hash_list.c.generation,
        func.coalesce(t.entry.c.subject, t.hash_list.c.subject).label("subject"),
        t.entry.c.id.label("entry_id"),
        t.entry.c.version,
        t.label_set.c.labels,
    )
    .join(t.kind, t.kind.c.kind_no == _f.kind_no)
    .join(t.entry, t.entry.c.entry_no == _f.entry_no)
    .join(t.hash_list, t.hash_list.c.list_no == t.entry.c.list_no)
    .join(t.label_set, t.label_set.c.label_set_no == t.entry.c.label_set_no)
    .where(_f.added_change.is_not(None))
    .where(_f.removed_change.is_(None))
)
