"""What persons say of matches: every version stays until the match itself is forgotten."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, insert, select

from rempart.model.identifiers import MatchId, PrincipalId
from rempart.model.service import Disposition, DispositionValue
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._codec import AnyRow, from_micros
from rempart.store._session import WriteSession
from rempart.store._texts import storable
from rempart.store.errors import UnknownRecordError

LONGEST_REASON: Final = 4_000

_d: Final = s.disposition.c


def dispose(
    session: WriteSession, match_id: MatchId, value: DispositionValue, reason: str
) -> Disposition:
    """Add a version to what is said of a match of the history or of a scan."""
    connection = session.connection
    if not any(
        connection.execute(select(table.c.id).where(table.c.id == match_id.bytes)).first()
        for table in (s.lookup_match, t.match_record)
    ):
        msg = f"The store has no match {match_id}."
        raise UnknownRecordError(msg, hint="It may have been purged when its retention ended.")
    earlier = dispositions_of(connection, match_id)
    connection.execute(
        insert(s.disposition).values(
            match_id=match_id.bytes,
            version=len(earlier) + 1,
            value=value.value,
            reason=storable(reason, what="reason of the disposition", most=LONGEST_REASON),
            at=session.at_micros,
            principal_no=session.principal_no,
        )
    )
    return dispositions_of(connection, match_id)[-1]


def dispositions_of(connection: Connection, match_id: MatchId) -> tuple[Disposition, ...]:
    """Return every version, the first one first."""
    rows = connection.execute(
        disposition_rows().where(_d.match_id == match_id.bytes).order_by(_d.version)
    )
    return tuple(disposition_of(row) for row in rows)


def disposition_rows() -> Select[Any]:
    """Return the query of dispositions with who gave them."""
    return select(s.disposition, t.principal.c.id.label("principal_id")).join(
        t.principal, t.principal.c.principal_no == _d.principal_no
    )


def disposition_of(row: AnyRow) -> Disposition:
    """Read a row of `disposition_rows`."""
    return Disposition(
        match_id=MatchId(UUID(bytes=row.match_id)),
        version=row.version,
        value=DispositionValue(row.value),
        reason=row.reason,
        at=from_micros(row.at),
        principal_id=PrincipalId(UUID(bytes=row.principal_id)),
    )


def holds() -> ColumnElement[bool]:
    """Return the condition that a disposition is the newest of its match."""
    later = s.disposition.alias()
    return ~exists().where(later.c.match_id == _d.match_id, later.c.version > _d.version)


def forget_dispositions(connection: Connection, matches: Select[Any]) -> None:
    """Delete what was said of matches that are about to be deleted."""
    connection.execute(delete(s.disposition).where(_d.match_id.in_(matches)))
