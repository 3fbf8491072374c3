"""Write and read scans with their matches: personal data, kept until its retention ends."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from rempart.model.identifiers import ScanId
from rempart.model.match import Match
from rempart.store import _tables as t
from rempart.store._bulk import insert_rows
from rempart.store._codec import (
    AnyRow,
    from_json,
    from_micros,
    kept_micros,
    reading_rows,
    to_json,
    to_micros,
)
from rempart.store._dispositions import forget_dispositions
from rempart.store._interning import Interning
from rempart.store._match_rows import list_numbers, match_of, match_row, match_rows
from rempart.store._reading import next_number
from rempart.store._session import WriteSession
from rempart.store.errors import UnknownRecordError
from rempart.store.values import ScanState, StoredScan

_CHUNK: Final = 1_000


class ScanWriting:
    """Changes of scans within one write transaction."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning

    def start(self, settings: Mapping[str, object], expires_at: datetime) -> StoredScan:
        """Make a running scan."""
        connection = self._session.connection
        scan_id = ScanId(self._session.identifiers.new())
        connection.execute(
            insert(t.scan).values(
                scan_no=next_number(connection, t.scan.c.scan_no),
                id=scan_id.bytes,
                started_at=self._session.at_micros,
                expires_at=kept_micros(expires_at, what="end of the scan's retention"),
                state=ScanState.RUNNING.value,
                settings=to_json(dict(settings)),
                counts="{}",
            )
        )
        return scan_of(scan_row(connection, scan_id))

    def checkpoint(
        self,
        scan_id: ScanId,
        checkpoint: Mapping[str, object],
        counts: Mapping[str, object],
        matches: Sequence[tuple[bytes, Match]],
    ) -> None:
        """Keep how far a scan came together with the matches found since the last checkpoint."""
        number = self._change(
            scan_id, checkpoint=to_json(dict(checkpoint)), counts=to_json(dict(counts))
        )
        lists = list_numbers(self._session.connection, {match.list_id for _, match in matches})
        rows = [
            (match.id.bytes, number, path, *match_row(match, lists[match.list_id], self._interning))
            for path, match in matches
        ]
        insert_rows(self._session.connection, t.match_record, rows)

    def finish(self, scan_id: ScanId, state: ScanState, counts: Mapping[str, object]) -> None:
        """Say how a scan ended; `running` takes an interrupted one up again."""
        finished_at = None if state is ScanState.RUNNING else self._session.at_micros
        self._change(
            scan_id, state=state.value, counts=to_json(dict(counts)), finished_at=finished_at
        )

    def purge(self, before: datetime) -> int:
        """Delete every scan whose retention ended before a moment, with its matches and paths."""
        connection = self._session.connection
        expired = select(t.scan.c.scan_no).where(t.scan.c.expires_at < to_micros(before))
        matches = t.match_record.c.scan_no.in_(expired)
        forget_dispositions(connection, select(t.match_record.c.id).where(matches))
        connection.execute(delete(t.match_record).where(matches))
        purged = connection.execute(
            delete(t.scan).where(t.scan.c.expires_at < to_micros(before))
        ).rowcount
        self._session.note_purge(purged)
        return purged

    def _change(self, scan_id: ScanId, **values: object) -> int:
        row = scan_row(self._session.connection, scan_id)
        self._session.connection.execute(
            update(t.scan).where(t.scan.c.scan_no == row.scan_no).values(**values)
        )
        return int(row.scan_no)


def scan_row(connection: Connection, scan_id: ScanId) -> AnyRow:
    """Return the row of one scan.

    Raises:
        UnknownRecordError: there is no such scan, or it was purged.
    """
    row = connection.execute(select(t.scan).where(t.scan.c.id == scan_id.bytes)).one_or_none()
    if row is None:
        msg = f"The store has no scan {scan_id}."
        raise UnknownRecordError(msg, hint="It may have been purged when its retention ended.")
    return row


def scan_of(row: AnyRow) -> StoredScan:
    """Read a row of `scan`."""
    with reading_rows():
        return StoredScan(
            id=ScanId(UUID(bytes=row.id)),
            started_at=from_micros(row.started_at),
            expires_at=from_micros(row.expires_at),
            state=ScanState(row.state),
            settings=from_json(row.settings),
            checkpoint=None if row.checkpoint is None else from_json(row.checkpoint),
            counts=from_json(row.counts),
            finished_at=None if row.finished_at is None else from_micros(row.finished_at),
        )


def matches_of(connection: Connection, scan_id: ScanId) -> Iterator[tuple[bytes, Match]]:
    """Yield a scan's matches with the paths they were found at, in the order they were made."""
    row = scan_row(connection, scan_id)
    wanted = match_rows(t.match_record).where(t.match_record.c.scan_no == row.scan_no)
    with connection.execute(wanted, execution_options={"yield_per": _CHUNK}) as result:
        for each in result:
            with reading_rows():
                match = match_of(each)
            yield each.path, match
