"""The store of one node: open, read, write."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from rempart.model.clock import Clock
from rempart.model.handling import Standing
from rempart.model.identifiers import (
    EventId,
    FingerprintNumber,
    IdentifierSource,
    ListId,
    ScanId,
)
from rempart.model.lists import Entry, HashList
from rempart.model.match import KnownFingerprint, Match
from rempart.model.principals import Event, Principal, PrincipalKind
from rempart.store import _matchable
from rempart.store import _tables as t
from rempart.store._codec import list_of, reading_rows
from rempart.store._entries import active_count_of, counts_of, entries_of
from rempart.store._events import events_after, has_events, last_event_id
from rempart.store._lists import list_rows, lists_named
from rempart.store._opened import OpenedStore
from rempart.store._scans import matches_of, scan_of, scan_row
from rempart.store._session import WriteSession
from rempart.store._who import principal_in, principals_in
from rempart.store.errors import (
    AmbiguousListError,
    UnknownRecordError,
)
from rempart.store.values import (
    ListCounts,
    MatchableChanges,
    StoredScan,
)
from rempart.store.writer import StoreWriter


class Store(OpenedStore):
    """One node's store. Many may read and one may write at a time; every read sees one moment.

    May be used from several threads. Is no value: close it, or use it as a context manager.
    """

    def principals(self) -> tuple[Principal, ...]:
        """Return everybody who may write, in the order in which they were made."""
        with self._reading() as connection:
            return principals_in(connection)

    def find_principal(self, issuer: str, subject: str) -> Principal | None:
        """Return who may write under this name, or nothing."""
        with self._reading() as connection:
            return principal_in(connection, issuer, subject)

    def local_principal(self) -> Principal:
        """Return the first local principal: who made the node."""
        for principal in self.principals():
            if principal.kind is PrincipalKind.LOCAL:
                return principal
        msg = "The store has no local principal."
        raise UnknownRecordError(msg, hint="Name the principal who acts.")

    @contextmanager
    def write(
        self, *, principal: Principal, clock: Clock, identifiers: IdentifierSource
    ) -> Iterator[StoreWriter]:
        """Give one write transaction; it is committed at the end and rolled back on any exception.

        Raises:
            StoreLockedError: another process is writing and does not finish in time.
            UnknownRecordError: the store does not know the principal.
            WriteMisuseError: at the end, nothing was recorded; the write was rolled back.
        """
        with (
            self._engine.translated_faults(),
            self._writing_engine.connect() as connection,
            connection.begin(),
        ):
            session = WriteSession(
                connection,
                principal=principal,
                at=clock.now(),
                identifiers=identifiers,
                expect_many=self._engine.expect_many,
            )
            try:
                writer = StoreWriter(session)
                yield writer
                session.finish()
            finally:
                session.close()
        if writer.has_purged:
            self._engine.forget_deleted(self._writing_engine)

    def lists(self, *, include_withdrawn: bool = False) -> tuple[HashList, ...]:
        """Return the lists by owner and name."""
        wanted = list_rows().order_by(t.hash_list.c.owner, t.hash_list.c.name)
        if not include_withdrawn:
            wanted = wanted.where(t.hash_list.c.standing != Standing.WITHDRAWN.value)
        with self._reading() as connection, reading_rows():
            return tuple(list_of(row) for row in connection.execute(wanted))

    def find_list(self, name: str, owner: str | None = None) -> HashList | None:
        """Return the list of this name that is not withdrawn, or nothing.

        Raises:
            AmbiguousListError: several owners have one and none was named.
        """
        with self._reading() as connection:
            found = lists_named(connection, name, owner)
        if len(found) > 1:
            owners = ", ".join(each.owner for each in found)
            msg = f"Several owners have a list {name}: {owners}."
            raise AmbiguousListError(msg, hint="Say whose list it is with `--owner`.")
        return found[0] if found else None

    def list_counts(self, list_id: ListId) -> ListCounts:
        """Count a list's entries by standing and its fingerprints in force by kind and dialect.

        Raises:
            UnknownRecordError: there is no such list.
        """
        with self._reading() as connection:
            return counts_of(connection, list_id)

    def active_entries(self, list_id: ListId) -> int:
        """Count a list's entries that are not withdrawn.

        Raises:
            UnknownRecordError: there is no such list.
        """
        with self._reading() as connection:
            return active_count_of(connection, list_id)

    def entries(
        self, list_id: ListId, *, include_withdrawn: bool = False
    ) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """Yield a list's entries, in bounded memory and as of one moment, with their sources' raw records.

        Raises:
            UnknownRecordError: there is no such list.
        """
        with self._reading() as connection:
            yield from entries_of(connection, list_id, include_withdrawn=include_withdrawn)

    def change_number(self) -> int:
        """Return the number of the last change of what can be matched; 0 where there was none."""
        with self._reading() as connection:
            number: int = connection.execute(select(t.counter.c.change_number)).scalar_one()
            return number

    def matchable(
        self, kind: str, *, as_of: int | None = None, chunk: int = 65_536
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        """Yield what can be matched of one kind, as of one moment, in the order of its numbers.

        Of PDQ: dialects `exact` and `cpp512`, where the quality is absent or allows matching; never `screen`.

        Args:
            kind: kind of fingerprint.
            as_of: leave out what changed after this change number, so that what is read of several kinds, one after the
                other while others write, fits together; absent means what can be matched now.
            chunk: rows of one part.

        Returns:
            Parts of at most `chunk` rows: numbers, int64 of length n, and values, uint8 of shape (n, length).

        Raises:
            WriteMisuseError: this node cannot match the kind.
        """
        _matchable.require_matchable_kind(kind)
        with self._reading() as connection:
            yield from _matchable.matchable(connection, kind, as_of=as_of, chunk=chunk)

    def matchable_videos(self, *, as_of: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield number and text of every fingerprint of kind `vpdq` that can be matched, in the order of their numbers.

        Args:
            as_of: as for `matchable`.
        """
        with self._reading() as connection:
            yield from _matchable.matchable_videos(connection, as_of=as_of)

    def changes_since(self, change_number: int, *, limit: int) -> MatchableChanges | None:
        """Return what an index of this change number lacks and has too much of.

        Nothing is returned where it is more than `limit` rows, each frame of a video counted as one, or where the
        store has not reached this number (it was restored from a backup): then the index has to be built anew.
        """
        with self._reading() as connection:
            return _matchable.changes_since(connection, change_number, limit)

    def has_cpp512_alone(self, *, since: int | None = None) -> bool:
        """Tell whether some entry can be matched in PDQ dialect `cpp512` only: then a screen hash finds too little.

        Args:
            since: look only at entries of which something changed after this change number, which is quick; absent
                means all.
        """
        with self._reading() as connection:
            return _matchable.has_cpp512_alone(connection, since)

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> dict[FingerprintNumber, KnownFingerprint]:
        """Return what explains a match on each number.

        A number that is missing can no longer be matched: it was withdrawn, replaced or suspended after the
        index was built. Bring the index up to date and search again, rather than report it.
        """
        with self._reading() as connection:
            return _matchable.describe(connection, numbers)

    def scan(self, scan_id: ScanId) -> StoredScan:
        """Return one scan.

        Raises:
            UnknownRecordError: there is none, or it was purged when its retention ended.
        """
        with self._reading() as connection:
            return scan_of(scan_row(connection, scan_id))

    def scans(self) -> tuple[StoredScan, ...]:
        """Return the scans that are kept, newest first."""
        wanted = select(t.scan).order_by(t.scan.c.scan_no.desc())
        with self._reading() as connection:
            return tuple(scan_of(row) for row in connection.execute(wanted))

    def scan_matches(self, scan_id: ScanId) -> Iterator[tuple[bytes, Match]]:
        """Yield a scan's matches with the paths they were found at.

        Raises:
            UnknownRecordError: there is no such scan, or it was purged.
        """
        with self._reading() as connection:
            yield from matches_of(connection, scan_id)

    def last_event_id(self) -> EventId:
        """Return the newest event: it marks one state of the store, also across a restored backup."""
        with self._reading() as connection:
            return last_event_id(connection)

    def has_events(self, *, since: datetime, until: datetime) -> bool:
        """Return whether anything was recorded from one moment on, before another."""
        with self._reading() as connection:
            return has_events(connection, since, until)

    def events(self, after: EventId | None = None, *, limit: int = 1_000) -> tuple[Event, ...]:
        """Return at most `limit` events after one event, or from the first, in the order they happened.

        Raises:
            UnknownRecordError: there is no event `after`.
        """
        with self._reading() as connection:
            return events_after(connection, after, limit)
