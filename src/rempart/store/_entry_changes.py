"""Change entries one by one: put, withdraw, suspend, resume; and say which entry each record became."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, delete, select, update

from rempart.model.handling import Standing, Subject
from rempart.model.identifiers import EntryId, ListId
from rempart.model.list_content import PutEntry, PutOutcome
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._bulk import rows_among
from rempart.store._claims import ListContext, Refresh
from rempart.store._codec import AnyRow, kept_micros
from rempart.store._interning import Interning
from rempart.store._lists import open_list_row
from rempart.store._reading import upsert
from rempart.store._session import WriteSession
from rempart.store._standing import is_suspended, of_entry, start_matching, stop_matching
from rempart.store._texts import storable
from rempart.store.errors import UnknownRecordError
from rempart.store.merge import Merge
from rempart.store.values import MergeItem

LONGEST_SOURCE: Final = 255

_e: Final = t.entry.c
_s: Final = s.suspension.c


class EntryWriting:
    """Changes of entries within one write transaction; the write's event says what became of their lists."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning

    def put(self, list_id: ListId, source: str, items: Sequence[MergeItem]) -> tuple[PutEntry, ...]:
        """Merge records of one source into a list, as an import in mode `add` does.

        Args:
            list_id: the list; it must not be withdrawn.
            source: stable name of the source, at most 255 characters.
            items: the records, best 5,000 at most.

        Returns:
            For each record, in their order, which entry it became; a duplicate, the entry of the earlier record.

        Raises:
            UnknownRecordError: there is no such list.
            WriteMisuseError: the list is withdrawn.
            StoreConstraintError: a text cannot be kept.
        """
        storable(source, what="name of the source", most=LONGEST_SOURCE)
        connection = self._session.connection
        row = open_list_row(connection, list_id)
        outcomes: dict[bytes, str] = {}
        merge = Merge(self._session, self._interning, row=row, source=source, outcomes=outcomes)
        merge.put(items)
        keys = list(dict.fromkeys(item.key for item in items))
        found = (
            {each.key: each for each in rows_among(connection, _by_key, keys, b_list=row.list_no)}
            if keys
            else {}
        )
        return tuple(
            _put_entry(found[item.key], outcomes.pop(item.key, PutOutcome.DUPLICATE))
            for item in items
        )

    def withdraw(self, list_id: ListId, entry_id: EntryId, source: str | None = None) -> bool:
        """Withdraw one source's claim on an entry, or every source's.

        Returns:
            Whether there was such a claim; an entry without any is withdrawn.

        Raises:
            UnknownRecordError: the list has no such entry.
        """
        connection = self._session.connection
        row = self._row(entry_id, list_id)
        c = t.entry_source.c
        sources = select(t.source.c.source_no).where(t.source.c.list_no == row.list_no)
        if source is not None:
            storable(source, what="name of the source", most=LONGEST_SOURCE)
            sources = sources.where(t.source.c.name == source)
        ended = connection.execute(
            update(t.entry_source)
            .where(c.source_no.in_(sources))
            .where(c.entry_no == row.entry_no)
            .where(c.withdrawn_at.is_(None))
            .values(withdrawn_at=self._session.at_micros)
        ).rowcount
        if ended:
            context = ListContext(row.list_no, bool(row.is_matched), Subject(row.subject))
            Refresh(self._session, self._interning).run(context, [row.entry_no])
        return ended > 0

    def suspend(
        self, entry_id: EntryId, until: datetime | None = None, *, list_id: ListId | None = None
    ) -> bool:
        """Let an entry not be matched for a time; it stays in its list, whatever its sources say meanwhile.

        Args:
            entry_id: the entry; one that is withdrawn is suspended when it returns.
            until: moment at which it is due to be matched again (`Store.entry_pages.due_to_resume`); absent
                means until somebody resumes it. An earlier suspension's end is replaced.
            list_id: the list that it must be of; absent means any.

        Returns:
            Whether anything changed: it was not suspended before, or until another moment.

        Raises:
            UnknownRecordError: there is no such entry.
            StoreConstraintError: the moment cannot be kept.
        """
        connection = self._session.connection
        row = self._row(entry_id, list_id)
        until_micros = None if until is None else kept_micros(until, what="end of the suspension")
        before = connection.execute(select(_s.until).where(_s.entry_no == row.entry_no)).first()
        if before is not None:
            if before.until == until_micros:
                return False
            connection.execute(
                update(s.suspension).where(_s.entry_no == row.entry_no).values(until=until_micros)
            )
            return True
        stop_matching(self._session, of_entry(row.entry_no))
        connection.execute(
            upsert(connection, s.suspension).values(
                entry_no=row.entry_no, until=until_micros, at=self._session.at_micros
            )
        )
        self._show(row)
        return True

    def resume(self, entry_id: EntryId, *, list_id: ListId | None = None) -> bool:
        """Let a suspended entry be matched again, under new fingerprint numbers, if its list is.

        Args:
            entry_id: the entry.
            list_id: the list that it must be of; absent means any.

        Returns:
            Whether it was suspended.

        Raises:
            UnknownRecordError: there is no such entry.
        """
        row = self._row(entry_id, list_id)
        resumed = self._session.connection.execute(
            delete(s.suspension).where(_s.entry_no == row.entry_no)
        ).rowcount
        if not resumed:
            return False
        if row.is_matched:
            start_matching(self._session, of_entry(row.entry_no))
        self._show(row)
        return True

    def _show(self, row: AnyRow) -> None:
        """Let the list's generation grow; of a withdrawn entry, a suspension changes nothing that its list says."""
        if row.standing != Standing.WITHDRAWN.value:
            self._session.touch(row.list_no)

    def _row(self, entry_id: EntryId, list_id: ListId | None = None) -> AnyRow:
        h = t.hash_list.c
        wanted = (
            select(_e.entry_no, _e.standing, h.list_no, h.is_matched, h.subject)
            .join(t.hash_list, h.list_no == _e.list_no)
            .where(_e.id == entry_id.bytes)
        )
        if list_id is not None:
            wanted = wanted.where(h.id == list_id.bytes)
        row = self._session.connection.execute(wanted).one_or_none()
        if row is None:
            msg = f"The list has no entry {entry_id}."
            raise UnknownRecordError(msg, hint="See which entries the list has.")
        return row


def _by_key(keys: Sequence[BindParameter[Any]]) -> Select[*tuple[Any, ...]]:
    """Return the query of entries by their keys."""
    return (
        select(_e.key, _e.id, _e.entry_no, _e.version, is_suspended.label("is_suspended"))
        .where(_e.list_no == bindparam("b_list"))
        .where(_e.key.in_(keys))
    )


def _put_entry(row: AnyRow, outcome: str) -> PutEntry:
    return PutEntry(
        entry_id=EntryId(UUID(bytes=row.id)),
        alias=row.entry_no,
        version=row.version,
        outcome=PutOutcome(outcome),
        is_suspended=bool(row.is_suspended),
    )
