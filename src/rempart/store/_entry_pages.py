"""Read entries page by page and one by one, with alias, sources and suspension."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId, ListId
from rempart.model.list_content import EntryView, SourceClaim, Suspension
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import rows_among
from rempart.store._codec import from_micros, reading_rows, to_micros
from rempart.store._entries import EntryList, entry_list, entry_rows, read_entries
from rempart.store._reading import Connect, page_limit
from rempart.store._standing import is_suspended, is_withdrawn
from rempart.store._texts import is_storable
from rempart.store.errors import UnknownRecordError

LARGEST_ALIAS: Final = 2**63 - 1
_FIND_AT_ONCE: Final = 1_000

_e: Final = t.entry.c
_f: Final = t.fingerprint.c
_c: Final = t.entry_source.c
_s: Final = s.suspension.c


class EntryPages:
    """The entries of lists, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def page(
        self,
        list_id: ListId,
        *,
        limit: int,
        after: EntryId | None = None,
        standing: Standing | None = None,
        kind: str | None = None,
        value: bytes | None = None,
        source_id: str | None = None,
    ) -> tuple[EntryView, ...]:
        """Return entries of a list in the order in which they came.

        Args:
            list_id: the list.
            limit: how many at most, 1 to 10,000.
            after: goes on after this entry of the list.
            standing: only entries of this standing; absent means all that are not withdrawn.
            kind: only entries with a fingerprint of this kind in force; of a withdrawn one, in force last.
            value: only entries with this value of a fingerprint, in force or in force last.
            source_id: only entries that a source claims under this identifier of its own.

        Raises:
            UnknownRecordError: there is no such list, or `after` is no entry of it.
            WriteMisuseError: the limit is none.
        """
        with self._reading() as connection:
            of_list = entry_list(connection, list_id)
            wanted = entry_rows(of_list.list_no).where(_of_standing(standing))
            if after is not None:
                wanted = wanted.where(_e.entry_no > _number(connection, of_list, after))
            if kind is not None or value is not None:
                wanted = wanted.where(_has_fingerprint(kind, value, standing))
            if source_id is not None:
                if not is_storable(source_id):
                    return ()
                wanted = wanted.where(_has_source_id(of_list.list_no, source_id))
            return _views(connection, of_list, wanted.limit(page_limit(limit)))

    def get(self, list_id: ListId, entry_id: EntryId) -> EntryView | None:
        """Return one entry of a list, withdrawn or not, or nothing where the list has no such entry.

        Raises:
            UnknownRecordError: there is no such list.
        """
        with self._reading() as connection:
            of_list = entry_list(connection, list_id)
            wanted = entry_rows(of_list.list_no).where(_e.id == entry_id.bytes)
            return next(iter(_views(connection, of_list, wanted)), None)

    def by_alias(self, alias: int) -> EntryView | None:
        """Return the entry of this number, whatever its list, or nothing."""
        if not 1 <= alias <= LARGEST_ALIAS:
            return None
        with self._reading() as connection:
            list_id = connection.execute(
                select(t.hash_list.c.id)
                .join(t.entry, _e.list_no == t.hash_list.c.list_no)
                .where(_e.entry_no == alias)
            ).scalar_one_or_none()
            if list_id is None:
                return None
            of_list = entry_list(connection, ListId(UUID(bytes=list_id)))
            wanted = entry_rows(of_list.list_no).where(_e.entry_no == alias)
            return next(iter(_views(connection, of_list, wanted)), None)

    def find(self, list_id: ListId, fingerprints: Sequence[Fingerprint]) -> tuple[EntryView, ...]:
        """Return the entries of a list, not withdrawn, that have one of these values in force.

        Kind and value count; dialect, quality and software do not.

        Raises:
            UnknownRecordError: there is no such list.
        """
        with self._reading() as connection:
            of_list = entry_list(connection, list_id)
            values = list(dict.fromkeys((each.kind, each.value) for each in fingerprints))
            numbers: set[int] = set()
            for start in range(0, len(values), _FIND_AT_ONCE):
                part = values[start : start + _FIND_AT_ONCE]
                numbers |= _holders(connection, part)
            wanted = entry_rows(of_list.list_no).where(~is_withdrawn)
            views: list[EntryView] = []
            ordered = sorted(numbers)
            for start in range(0, len(ordered), _FIND_AT_ONCE):
                of_part = _e.entry_no.in_(ordered[start : start + _FIND_AT_ONCE])
                views += _views(connection, of_list, wanted.where(of_part))
            return tuple(views)

    def due_to_resume(
        self, now: datetime, *, limit: int = 1_000
    ) -> tuple[tuple[ListId, EntryId], ...]:
        """Return the entries whose suspension ends at this moment or earlier, those due longest first."""
        wanted = (
            select(t.hash_list.c.id.label("list_id"), _e.id)
            .select_from(s.suspension)
            .join(t.entry, _e.entry_no == _s.entry_no)
            .join(t.hash_list, t.hash_list.c.list_no == _e.list_no)
            .where(_s.until <= to_micros(now))
            .order_by(_s.until, _s.entry_no)
            .limit(page_limit(limit))
        )
        with self._reading() as connection:
            return tuple(
                (ListId(UUID(bytes=row.list_id)), EntryId(UUID(bytes=row.id)))
                for row in connection.execute(wanted)
            )


def _of_standing(standing: Standing | None) -> Any:  # a condition of Core
    if standing is None:
        return ~is_withdrawn
    if standing is Standing.SUSPENDED:
        return is_suspended & ~is_withdrawn
    if standing is Standing.WITHDRAWN:
        return is_withdrawn
    return (_e.standing == standing.value) & ~is_suspended


def _has_fingerprint(kind: str | None, value: bytes | None, standing: Standing | None) -> Any:
    """Return the condition that an entry has a fingerprint: found by its value where one in force is asked for."""
    wanted = select(_f.entry_no)
    if kind is not None:
        kinds = select(t.kind.c.kind_no).where(t.kind.c.kind == kind)
        wanted = wanted.where(_f.kind_no.in_(kinds))
    if value is not None:
        wanted = wanted.where(_has_value([value]))
    if value is not None and standing is not Standing.WITHDRAWN:
        return _e.entry_no.in_(wanted.where(_f.until_version.is_(None)))
    is_held = or_(_f.until_version.is_(None), (_f.until_version == _e.version) & is_withdrawn)
    return wanted.where(_f.entry_no == _e.entry_no).where(is_held).correlate(t.entry).exists()


def _has_value(values: Sequence[bytes]) -> Any:  # a condition of Core
    """Return the condition that a fingerprint has one of these values, in the form that the index understands."""
    prefix = func.substr(_f.value, literal_column("1"), literal_column("8"))
    return prefix.in_([value[:8] for value in values]) & _f.value.in_(values)


def _has_source_id(list_no: int, source_id: str) -> Any:  # a condition of Core
    sources = select(t.source.c.source_no).where(t.source.c.list_no == list_no)
    claimed = (
        select(_c.entry_no)
        .where(_c.source_no.in_(sources))
        .where(_c.source_id == source_id)
        .where(_c.withdrawn_at.is_(None))
    )
    return _e.entry_no.in_(claimed)


def _holders(connection: Connection, values: Sequence[tuple[str, bytes]]) -> set[int]:
    # Of all lists, because the planner would rather walk the whole list than ask for a thousand values.
    rows = connection.execute(
        select(_f.entry_no, _f.value, t.kind.c.kind)
        .join(t.kind, t.kind.c.kind_no == _f.kind_no)
        .where(_has_value([value for _, value in values]))
        .where(_f.until_version.is_(None))
    )
    wanted = set(values)
    return {row.entry_no for row in rows if (row.kind, row.value) in wanted}


def _number(connection: Connection, of_list: EntryList, entry_id: EntryId) -> int:
    number: int | None = connection.execute(
        select(_e.entry_no).where(_e.id == entry_id.bytes).where(_e.list_no == of_list.list_no)
    ).scalar_one_or_none()
    if number is None:
        msg = f"The list has no entry {entry_id}."
        raise UnknownRecordError(msg, hint="Begin with the first page.")
    return number


def _views(
    connection: Connection, of_list: EntryList, wanted: Select[Any]
) -> tuple[EntryView, ...]:
    rows = connection.execute(wanted).all()
    if not rows:
        return ()
    numbers = [row.entry_no for row in rows]
    with reading_rows():
        entries = read_entries(connection, of_list, rows)
        claims = _claims(connection, of_list, numbers)
        suspensions = {
            row.entry_no: Suspension(from_micros(row.at), _moment(row.until))
            for row in rows_among(connection, _suspensions_of, numbers)
        }
    return tuple(
        EntryView(
            entry=entry,
            alias=row.entry_no,
            recorded_at=from_micros(row.recorded_at),
            claims=tuple(claims[row.entry_no]),
            suspension=suspensions.get(row.entry_no),
        )
        for row, (entry, _) in zip(rows, entries, strict=True)
    )


def _claims(
    connection: Connection, of_list: EntryList, numbers: Sequence[int]
) -> dict[int, list[SourceClaim]]:
    claims: dict[int, list[SourceClaim]] = defaultdict(list)
    rows = rows_among(
        connection,
        _claims_of,
        numbers,
        b_list=of_list.list_no,
        b_withdrawn=Standing.WITHDRAWN.value,
    )
    for row in rows:
        claims[row.entry_no].append(
            SourceClaim(row.name, row.source_id, row.raw, from_micros(row.recorded_at))
        )
    return claims


def _claims_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of live claims with their sources; of a withdrawn entry, of those that ended with it."""
    r = t.source_record.c
    ended_last = (_c.withdrawn_at == _e.recorded_at) & (_e.standing == bindparam("b_withdrawn"))
    return (
        select(_c.entry_no, t.source.c.name, _c.source_id, r.raw, _c.recorded_at)
        .join(t.entry, _e.entry_no == _c.entry_no)
        .join(t.source, t.source.c.source_no == _c.source_no)
        .outerjoin(t.source_record, (r.source_no == _c.source_no) & (r.entry_no == _c.entry_no))
        .where(t.source.c.list_no == bindparam("b_list"))
        .where(_c.entry_no.in_(numbers))
        .where(or_(_c.withdrawn_at.is_(None), ended_last))
        .order_by(_c.entry_no, _c.source_no)
    )


def _suspensions_of(numbers: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of the suspensions among entries."""
    return select(_s.entry_no, _s.at, _s.until).where(_s.entry_no.in_(numbers))


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
