"""What makes fingerprints matchable and what stops it: the standing of their list, and suspensions of entries.

A fingerprint is matchable exactly while it is in force, its list is matched, and its entry is not suspended.
"""

from typing import Final

from sqlalchemy import ColumnElement, func, insert, literal, null, select, update

from rempart.model.handling import Standing
from rempart.store import _service_tables as s
from rempart.store import _tables as t
from rempart.store._session import WriteSession

_f: Final = t.fingerprint.c

is_suspended: Final = t.entry.c.entry_no.in_(select(s.suspension.c.entry_no))
"""Whether an entry is suspended."""

is_withdrawn: Final = t.entry.c.standing == Standing.WITHDRAWN.value
"""Whether an entry is withdrawn; it may be suspended all the same, for when it returns."""


def of_list(list_no: int) -> ColumnElement[bool]:
    """Return the condition that a fingerprint belongs to a list."""
    return _f.entry_no.in_(select(t.entry.c.entry_no).where(t.entry.c.list_no == list_no))


def of_entry(entry_no: int) -> ColumnElement[bool]:
    """Return the condition that a fingerprint belongs to an entry."""
    return _f.entry_no == entry_no


def stop_matching(session: WriteSession, which: ColumnElement[bool]) -> None:
    """Let fingerprints in force be matchable no longer."""
    matchable = (
        which
        & _f.until_version.is_(None)
        & _f.added_change.is_not(None)
        & _f.removed_change.is_(None)
    )
    wanted = select(_f.fingerprint_no).where(matchable).limit(1)
    if session.connection.execute(wanted).first() is not None:
        session.connection.execute(
            update(t.fingerprint).where(matchable).values(removed_change=session.change())
        )


def start_matching(session: WriteSession, which: ColumnElement[bool]) -> None:
    """Make fingerprints in force matchable again under new numbers: a number, once removed, stays so.

    Those of suspended entries stay as they are.
    """
    connection = session.connection
    in_force = (
        which & _f.until_version.is_(None) & _f.entry_no.not_in(select(s.suspension.c.entry_no))
    )
    count = connection.execute(
        select(func.count()).select_from(t.fingerprint).where(in_force)
    ).scalar_one()
    if not count:
        return
    first = session.take_fingerprint_numbers(count)
    place = func.row_number().over(order_by=_f.fingerprint_no)
    renewed = {
        "fingerprint_no": place + (first - 1),
        "added_change": literal(session.change()),
        "removed_change": null(),
    }
    columns = [renewed.get(column.name, column) for column in t.fingerprint.columns]
    names = [column.name for column in t.fingerprint.columns]
    connection.execute(insert(t.fingerprint).from_select(names, select(*columns).where(in_force)))
    connection.execute(
        update(t.fingerprint)
        .where(in_force & (_f.fingerprint_no < first))
        .values(until_version=_f.from_version)
    )
