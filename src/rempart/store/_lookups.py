"""Keep what look-ups found, page through it, and forget it when its retention ends: personal data."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, delete, exists, select

from rempart.model.identifiers import ListId, LookupId, MatchId, PrincipalId
from rempart.model.service import Disposition, DispositionValue, Lookup, LookupMatch
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows
from rempart.store._codec import AnyRow, from_micros, kept_micros, reading_rows, to_micros
from rempart.store._dispositions import (
    dispose,
    disposition_of,
    disposition_rows,
    dispositions_of,
    forget_dispositions,
    holds,
)
from rempart.store._interning import Interning
from rempart.store._match_rows import list_numbers, match_of, match_row, match_rows
from rempart.store._reading import Connect, next_number, page_limit, principal_numbers
from rempart.store._session import WriteSession
from rempart.store._texts import storable_or_absent
from rempart.store.errors import WriteMisuseError

LONGEST_REFERENCE: Final = 1_000

_l: Final = s.lookup.c
_m: Final = s.lookup_match.c
_d: Final = s.disposition.c


class LookupReading:
    """The history of matches, for reading."""

    def __init__(self, reading: Connect) -> None:
        self._reading = reading

    def page(
        self,
        *,
        limit: int,
        after: MatchId | None = None,
        lists: frozenset[ListId] | None = None,
        list_id: ListId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        disposition: DispositionValue | None = None,
        is_undisposed: bool = False,
        principal_id: PrincipalId | None = None,
    ) -> tuple[LookupMatch, ...]:
        """Return matches, newest first.

        Args:
            limit: how many at most, 1 to 10,000.
            after: goes on after this one, which need not be there any more.
            lists: only matches with these lists; absent means every list.
            list_id: only matches with this list.
            since: made at this moment or later, to the millisecond that the match's identifier holds.
            until: made before this moment, likewise.
            disposition: only those of which this holds.
            is_undisposed: only those of which nobody has said anything.
            principal_id: only what this principal asked for.
        """
        wanted = _filtered(since, until, disposition, principal_id)
        if after is not None:
            wanted = wanted.where(_m.id < after.bytes)
        if is_undisposed:
            wanted = wanted.where(~exists().where(_d.match_id == _m.id))
        with self._reading() as connection:
            numbers = _numbers_in_scope(connection, lists, list_id)
            ids = _newest(connection, wanted.limit(page_limit(limit)), numbers)
            return _matches(connection, islice(ids, limit))

    def get(
        self, match_id: MatchId, *, lists: frozenset[ListId] | None = None
    ) -> LookupMatch | None:
        """Return one match, or nothing where there is none with any of these lists."""
        with self._reading() as connection:
            numbers = _numbers_in_scope(connection, lists, None)
            wanted = select(_m.id).where(_m.id == match_id.bytes)
            found = _matches(connection, _newest(connection, wanted, numbers))
            return found[0] if found else None

    def dispositions(self, match_id: MatchId) -> tuple[Disposition, ...]:
        """Return everything that was said of a match, the first first."""
        with self._reading() as connection, reading_rows():
            return dispositions_of(connection, match_id)


class LookupWriting:
    """Changes of the history within one write transaction."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning

    def record(self, lookups: Sequence[Lookup]) -> None:
        """Keep look-ups with what they found; best many at a time.

        Raises:
            WriteMisuseError: one found nothing: a miss is not kept.
            UnknownRecordError: one names no principal or list of this store.
            StoreConstraintError: one names no entry of this store, was kept before, or its reference cannot be kept.
        """
        if not all(each.matches for each in lookups):
            msg = "A look-up that found nothing is not kept."
            raise WriteMisuseError(msg, hint="Record look-ups with a match only.")
        connection = self._session.connection
        askers = principal_numbers(connection, [each.principal_id for each in lookups])
        lists = list_numbers(connection, [m.list_id for each in lookups for m in each.matches])
        first = next_number(connection, _l.lookup_no)
        heads: list[tuple[object, ...]] = []
        found: list[tuple[object, ...]] = []
        for number, each in enumerate(lookups, first):
            times = (
                kept_micros(each.at, what="moment of a look-up"),
                kept_micros(each.expires_at, what="end of a look-up's retention"),
            )
            reference = storable_or_absent(
                each.reference, what="reference of a query", most=LONGEST_REFERENCE
            )
            heads.append((number, each.id.bytes, *times, askers[each.principal_id], reference))
            found += [
                (match.id.bytes, number, *match_row(match, lists[match.list_id], self._interning))
                for match in each.matches
            ]
        insert_rows(connection, s.lookup, heads)
        insert_rows(connection, s.lookup_match, found)

    def dispose(self, match_id: MatchId, value: DispositionValue, reason: str) -> Disposition:
        """Say what a match is; it takes the place of what was said before, which stays on record.

        Args:
            match_id: of the history, or of a scan.
            value: true, false or unclear.
            reason: at most 4,000 characters.

        Raises:
            UnknownRecordError: there is no such match, or it was purged.
            StoreConstraintError: the reason cannot be kept.
        """
        return dispose(self._session, match_id, value, reason)

    def purge(self, before: datetime) -> int:
        """Delete the look-ups whose `expires_at` lies before a moment, with their matches and what was said of them.

        For what expired by now, pass the present moment. The bytes are overwritten.

        Returns:
            How many look-ups were deleted.
        """
        connection = self._session.connection
        has_expired = _l.expires_at < to_micros(before)
        matches = _m.lookup_no.in_(select(_l.lookup_no).where(has_expired))
        forget_dispositions(connection, select(_m.id).where(matches))
        connection.execute(delete(s.lookup_match).where(matches))
        purged = connection.execute(delete(s.lookup).where(has_expired)).rowcount
        self._session.note_purge(purged)
        return purged


def _filtered(
    since: datetime | None,
    until: datetime | None,
    disposition: DispositionValue | None,
    principal_id: PrincipalId | None,
) -> Select[Any]:
    wanted = select(_m.id).order_by(_m.id.desc())
    if since is not None:
        wanted = wanted.where(_m.id >= _first_identifier(since))
    if until is not None:
        wanted = wanted.where(_m.id < _first_identifier(until))
    if disposition is not None:
        said = select(_d.match_id).where(_d.value == disposition.value, holds())
        wanted = wanted.where(_m.id.in_(said))
    if principal_id is not None:
        asked = (
            exists()
            .where(_l.lookup_no == _m.lookup_no)
            .where(t.principal.c.principal_no == _l.principal_no)
            .where(t.principal.c.id == principal_id.bytes)
        )
        wanted = wanted.where(asked)
    return wanted


def _first_identifier(moment: datetime) -> bytes:
    """Return the bytes before which every UUIDv7 of an earlier millisecond lies, and no other; none is before 1970."""
    return max(0, to_micros(moment) // 1_000).to_bytes(6, "big") + bytes(10)


def _numbers_in_scope(
    connection: Connection, lists: frozenset[ListId] | None, list_id: ListId | None
) -> list[int] | None:
    """Return the numbers of the lists that are asked for and may be seen; absent means all."""
    if list_id is not None:
        ids = {list_id} if lists is None or list_id in lists else set()
    elif lists is not None:
        ids = set(lists)
    else:
        return None
    c = t.hash_list.c
    rows = connection.execute(select(c.list_no).where(c.id.in_([each.bytes for each in ids])))
    return list(rows.scalars())


def _newest(
    connection: Connection, wanted: Select[Any], numbers: list[int] | None
) -> Iterable[bytes]:
    """Return identifiers, newest first: list by list, because no index has several lists in the order of time."""
    if numbers is None:
        return connection.execute(wanted).scalars().all()
    of_lists = [
        connection.execute(wanted.where(_m.list_no == number)).scalars().all() for number in numbers
    ]
    return merge(*of_lists, reverse=True)


def _matches(connection: Connection, ids: Iterable[bytes]) -> tuple[LookupMatch, ...]:
    wanted = list(ids)
    rows = connection.execute(
        match_rows(s.lookup_match)
        .add_columns(
            _l.id.label("lookup_id"),
            _l.at,
            _l.expires_at,
            _l.reference,
            t.principal.c.id.label("principal_id"),
        )
        .join(s.lookup, _l.lookup_no == _m.lookup_no)
        .join(t.principal, t.principal.c.principal_no == _l.principal_no)
        .where(_m.id.in_(wanted))
    )
    said = connection.execute(disposition_rows().where(_d.match_id.in_(wanted), holds()))
    with reading_rows():
        dispositions = {row.match_id: disposition_of(row) for row in said}
        found = {row.id: _lookup_match_of(row, dispositions.get(row.id)) for row in rows}
    return tuple(found[each] for each in wanted if each in found)


def _lookup_match_of(row: AnyRow, disposition: Disposition | None) -> LookupMatch:
    return LookupMatch(
        match=match_of(row),
        lookup_id=LookupId(UUID(bytes=row.lookup_id)),
        at=from_micros(row.at),
        expires_at=from_micros(row.expires_at),
        principal_id=PrincipalId(UUID(bytes=row.principal_id)),
        reference=row.reference,
        disposition=disposition,
    )
