"""Entries of a list, streamed, and how many there are."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import EntryId, ListId
from rempart.model.lists import Entry
from rempart.store import _tables as t
from rempart.store._bulk import rows_among
from rempart.store._codec import AnyRow, handling_of, labels_of, reading_rows
from rempart.store._lists import list_row
from rempart.store._standing import is_suspended, is_withdrawn
from rempart.store.values import ListCounts

_CHUNK: Final = 2_000
_WITHDRAWN: Final = Standing.WITHDRAWN.value
_e: Final = t.entry.c
_f: Final = t.fingerprint.c
_s: Final = t.entry_source.c
_standing: Final = case(
    (is_suspended & ~is_withdrawn, literal(Standing.SUSPENDED.value)), else_=_e.standing
)
"""The standing of an entry: a suspension shows, until the entry is withdrawn."""


class EntryList(NamedTuple):
    """What entries take over from their list."""

    list_no: int
    id: ListId
    subject: Subject
    handling: Handling


def entries_of(
    connection: Connection, list_id: ListId, *, include_withdrawn: bool
) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Yield entries in the order in which they came, each with the records of its sources as received."""
    of_list = entry_list(connection, list_id)
    wanted = entry_rows(of_list.list_no)
    if not include_withdrawn:
        wanted = wanted.where(_e.standing != _WITHDRAWN)
    last = 0
    while rows := list(connection.execute(wanted.where(_e.entry_no > last).limit(_CHUNK))):
        with reading_rows():
            part = read_entries(connection, of_list, rows)
        yield from part
        last = rows[-1].entry_no


def entry_list(connection: Connection, list_id: ListId) -> EntryList:
    """Return what the entries of a list take over from it.

    Raises:
        UnknownRecordError: there is no such list.
    """
    row = list_row(connection, list_id)
    with reading_rows():
        return EntryList(row.list_no, list_id, Subject(row.subject), handling_of(row.content))


def counts_of(connection: Connection, list_id: ListId) -> ListCounts:
    """Count a list's entries by standing and its fingerprints in force by kind and dialect."""
    list_no = list_row(connection, list_id).list_no
    # By its name, for which no column stands: in a grouping, PostgreSQL takes equal parameters for different ones.
    standing = _standing.label("standing_shown")
    standings = connection.execute(
        select(standing, func.count()).where(_e.list_no == list_no).group_by("standing_shown")
    )
    kinds = connection.execute(
        select(t.kind.c.kind, t.kind.c.dialect, func.count())
        .join(t.fingerprint, _f.kind_no == t.kind.c.kind_no)
        .join(t.entry, _e.entry_no == _f.entry_no)
        .where(_e.list_no == list_no)
        .where(_f.until_version.is_(None))
        .group_by(t.kind.c.kind, t.kind.c.dialect)
        .order_by(t.kind.c.kind, t.kind.c.dialect)
    )
    with reading_rows():
        return ListCounts(
            by_standing={Standing(standing): count for standing, count in standings},
            by_kind={(kind, dialect or None): count for kind, dialect, count in kinds},
        )


def active_count_of(connection: Connection, list_id: ListId) -> int:
    """Count the entries of a list that are not withdrawn: what `entries_of` yields."""
    list_no = list_row(connection, list_id).list_no
    wanted = select(func.count()).where(_e.list_no == list_no).where(_e.standing != _WITHDRAWN)
    count: int = connection.execute(wanted).scalar_one()
    return count


def entry_rows(list_no: int) -> Select[Any]:
    """Return the query of a list's entries in the order in which they came."""
    return (
        select(
            _e.entry_no,
            _e.id,
            _e.version,
            _e.subject,
            _standing.label("standing"),
            _e.recorded_at,
            t.label_set.c.labels,
            t.handling.c.content,
        )
        .join(t.label_set, t.label_set.c.label_set_no == _e.label_set_no)
        .outerjoin(t.handling, t.handling.c.handling_no == _e.handling_no)
        .where(_e.list_no == list_no)
        .order_by(_e.entry_no)
    )


def read_entries(
    connection: Connection, of_list: EntryList, rows: Sequence[AnyRow]
) -> list[tuple[Entry, tuple[str, ...]]]:
    """Read rows of `entry_rows`, each with the records of its sources as received."""
    numbers = [row.entry_no for row in rows]
    fingerprints = _fingerprints(connection, numbers)
    source_ids, raws = _claims(connection, of_list, numbers)
    return [
        (
            Entry(
                id=EntryId(UUID(bytes=row.id)),
                list_id=of_list.id,
                version=row.version,
                fingerprints=tuple(fingerprints[row.entry_no]),
                labels=labels_of(row.labels),
                subject=of_list.subject if row.subject is None else Subject(row.subject),
                standing=Standing(row.standing),
                handling=of_list.handling if row.content is None else handling_of(row.content),
                source_ids=tuple(dict.fromkeys(source_ids[row.entry_no])),
            ),
            tuple(raws[row.entry_no]),
        )
        for row in rows
    ]


def _fingerprints(connection: Connection, numbers: list[int]) -> dict[int, list[Fingerprint]]:
    found: dict[int, list[Fingerprint]] = defaultdict(list)
    rows = rows_among(connection, _fingerprints_of, numbers, b_withdrawn=_WITHDRAWN)
    for entry_no, kind, dialect, value, quality, software in rows:
        found[entry_no].append(Fingerprint(kind, value, dialect or None, quality, software))
    return found


def _claims(
    connection: Connection, of_list: EntryList, numbers: list[int]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return the sources' own identifiers and their records."""
    source_ids: dict[int, list[str]] = defaultdict(list)
    raws: dict[int, list[str]] = defaultdict(list)
    rows = rows_among(
        connection, _claims_of, numbers, b_list=of_list.list_no, b_withdrawn=_WITHDRAWN
    )
    for entry_no, source_id, raw in rows:
        if source_id is not None:
            source_ids[entry_no].append(source_id)
        if raw is not None:
            raws[entry_no].append(raw)
    return source_ids, raws


def _fingerprints_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of what is in force; of a withdrawn entry, of what its withdrawal ended."""
    return (
        select(
            _f.entry_no,
            t.kind.c.kind,
            t.kind.c.dialect,
            _f.value,
            _f.quality,
            t.software.c.name,
        )
        .join(t.kind, t.kind.c.kind_no == _f.kind_no)
        .join(t.entry, _e.entry_no == _f.entry_no)
        .outerjoin(t.software, t.software.c.software_no == _f.software_no)
        .where(_f.entry_no.in_(numbers))
        .where(
            or_(
                _f.until_version.is_(None),
                (_f.until_version == _e.version) & (_e.standing == bindparam("b_withdrawn")),
            )
        )
        .order_by(_f.entry_no, _f.fingerprint_no)
    )


def _claims_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of live claims and their records; of a withdrawn entry, of those that ended with it."""
    r = t.source_record.c
    sources = select(t.source.c.source_no).where(t.source.c.list_no == bindparam("b_list"))
    return (
        select(_s.entry_no, _s.source_id, r.raw)
        .join(t.entry, _e.entry_no == _s.entry_no)
        .outerjoin(t.source_record, (r.source_no == _s.source_no) & (r.entry_no == _s.entry_no))
        .where(_s.source_no.in_(sources))
        .where(_s.entry_no.in_(numbers))
        .where(
            or_(
                _s.withdrawn_at.is_(None),
                (_s.withdrawn_at == _e.recorded_at) & (_e.standing == bindparam("b_withdrawn")),
            )
        )
        .order_by(_s.entry_no, _s.source_no)
    )
