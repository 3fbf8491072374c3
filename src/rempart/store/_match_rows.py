"""Explained matches as rows: of a scan and of a look-up alike."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, Table, select

from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId
from rempart.model.match import Match
from rempart.model.video import VideoEvidence
from rempart.store import _tables as t
from rempart.store._bulk import Places, rows_among
from rempart.store._codec import AnyRow, labels_of
from rempart.store._interning import Interning
from rempart.store.errors import UnknownRecordError

_VIDEO: Final = "video"


def list_numbers(connection: Connection, ids: Iterable[ListId]) -> dict[ListId, int]:
    """Return the numbers of lists.

    Raises:
        UnknownRecordError: the store has no such list.
    """
    wanted = set(ids)
    rows = rows_among(connection, _lists_among, [each.bytes for each in wanted])
    found = {ListId(UUID(bytes=row.id)): int(row.list_no) for row in rows}
    if missing := wanted - found.keys():
        msg = f"The store has no list {min(missing)}."
        raise UnknownRecordError(msg, hint="Match against lists of this store only.")
    return found


def _lists_among(places: Places) -> Select[Any]:
    c = t.hash_list.c
    return select(c.id, c.list_no).where(c.id.in_(places))


def match_row(match: Match, list_no: int, interning: Interning) -> tuple[object, ...]:
    """Return what both tables say of a match, from `list_no` to their last column."""
    return (
        list_no,
        match.list_generation,
        match.entry_id.bytes,
        match.entry_version,
        match.subject.value,
        match.kind,
        match.distance,
        match.threshold,
        match.dialect,
        match.transform,
        match.quality,
        interning.labels(match.labels),
        match.suppressed_by,
        match.from_partial,
        _evidence_text(match.video),
    )


def match_rows(table: Table) -> Select[Any]:
    """Return the query of matches with the names that explain them, in the order they were made."""
    m = table.c
    return (
        select(
            table,
            t.label_set.c.labels,
            t.hash_list.c.id.label("list_id"),
            t.hash_list.c.name.label("list_name"),
            t.hash_list.c.owner,
        )
        .join(t.label_set, t.label_set.c.label_set_no == m.label_set_no)
        .join(t.hash_list, t.hash_list.c.list_no == m.list_no)
        .order_by(m.id)
    )


def match_of(row: AnyRow) -> Match:
    """Read a row of `match_rows`."""
    return Match(
        id=MatchId(UUID(bytes=row.id)),
        list_name=row.list_name,
        list_id=ListId(UUID(bytes=row.list_id)),
        list_generation=row.list_generation,
        owner=row.owner,
        entry_id=EntryId(UUID(bytes=row.entry_id)),
        entry_version=row.entry_version,
        subject=Subject(row.subject),
        kind=row.kind,
        distance=row.distance,
        threshold=row.threshold,
        dialect=row.dialect,
        transform=row.transform,
        quality=row.quality,
        labels=labels_of(row.labels),
        suppressed_by=row.suppressed_by,
        from_partial=bool(row.from_partial),
        video=_evidence_of(row.evidence),
    )


def _evidence_text(video: VideoEvidence | None) -> str | None:
    return None if video is None else json.dumps({_VIDEO: asdict(video)}, separators=(",", ":"))


def _evidence_of(text: str | None) -> VideoEvidence | None:
    if text is None:
        return None
    fields = json.loads(text)
    return VideoEvidence(**fields[_VIDEO]) if _VIDEO in fields else None
