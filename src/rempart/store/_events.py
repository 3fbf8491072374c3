"""Read events: each write left one, in the order they happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select

from rempart.model.identifiers import EventId, PrincipalId
from rempart.model.principals import Event
from rempart.store import _tables as t
from rempart.store._codec import AnyRow, from_json, from_micros, reading_rows, to_micros
from rempart.store.errors import UnknownRecordError


def events_after(connection: Connection, after: EventId | None, limit: int) -> tuple[Event, ...]:
    """Return at most `limit` events after one event, or from the first."""
    first = 0 if after is None else _event_number(connection, after)
    return tuple(event for _, event in events_from(connection, first, limit))


def events_from(connection: Connection, index: int, limit: int) -> tuple[tuple[int, Event], ...]:
    """Return at most `limit` events from an index of the log on, each with its index: its number less one."""
    rows = connection.execute(
        _event_rows().where(t.event.c.event_no > index).order_by(t.event.c.event_no).limit(limit)
    )
    with reading_rows():
        return tuple((row.event_no - 1, _event_of(row)) for row in rows)


def has_events(connection: Connection, since: datetime, until: datetime) -> bool:
    """Return whether anything was recorded from one moment on, before another; walks all events."""
    at = t.event.c.at
    wanted = select(t.event.c.event_no).where(at >= to_micros(since)).where(at < to_micros(until))
    return connection.execute(wanted.limit(1)).first() is not None


def last_event_id(connection: Connection) -> EventId:
    """Return the newest event."""
    wanted = select(t.event.c.id).order_by(t.event.c.event_no.desc()).limit(1)
    return EventId(UUID(bytes=connection.execute(wanted).scalar_one()))


def _event_rows() -> Select[Any]:
    return select(t.event, t.principal.c.id.label("principal_id")).join(t.principal)


def _event_number(connection: Connection, event_id: EventId) -> int:
    number: int | None = connection.execute(
        select(t.event.c.event_no).where(t.event.c.id == event_id.bytes)
    ).scalar_one_or_none()
    if number is None:
        msg = f"The store has no event {event_id}."
        raise UnknownRecordError(msg, hint="Read the events from the first.")
    return number


def _event_of(row: AnyRow) -> Event:
    return Event(
        id=EventId(UUID(bytes=row.id)),
        kind=row.kind,
        at=from_micros(row.at),
        principal_id=PrincipalId(UUID(bytes=row.principal_id)),
        details=from_json(row.details),
    )
