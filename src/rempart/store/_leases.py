"""Leases: one process of all machines does a job at a time.

Whose clock counts? Machines that share a database differ in theirs, so on PostgreSQL the server's clock decides
and the caller's is not asked. A file is used by one machine, whose processes share a clock: there the caller's
counts. Either may jump. Forward, a lease ends early; backward, one would outlive what was asked for, so a lease
that has more than twice its length to go counts as ended. A holder measures its own time from before it asked, by
a clock that does not jump: so two hold a lease at once for one lease's length at most, and only after a jump.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    cast,
    delete,
    extract,
    func,
    literal,
    or_,
    select,
)

from rempart.model.clock import Clock
from rempart.store import _service_tables as s
from rempart.store._codec import to_micros
from rempart.store._reading import Connect, upsert
from rempart.store._texts import storable
from rempart.store.errors import WriteMisuseError

LONGEST_NAME: Final = 64
LONGEST_HOLDER: Final = 255
LONGEST_SECONDS: Final = 3_600

_l: Final = s.lease.c
_MICROSECONDS: Final = 1_000_000


class Leases:
    """Who does which job now. Each call is a small transaction without an event: a lease states nothing."""

    def __init__(self, reading: Connect, counting: Connect) -> None:
        self._reading = reading
        self._counting = counting

    def take(self, name: str, holder: str, *, seconds: int, clock: Clock) -> bool:
        """Take a lease, or prolong one's own; tell whether the holder has it for so many seconds from now.

        Args:
            name: of the job, at most 64 characters.
            holder: names one process of all machines, at most 255 characters; never two alike.
            seconds: 1 to 3,600; whoever asks for this lease asks for the same.
            clock: tells the time where the store is a file.

        Raises:
            WriteMisuseError: so long a lease cannot be had.
            StoreConstraintError: name or holder cannot be kept.
        """
        if not 1 <= seconds <= LONGEST_SECONDS:
            msg = f"A lease lasts 1 to {LONGEST_SECONDS} seconds, not {seconds}."
            raise WriteMisuseError(msg, hint="Prolong it while the job goes on.")
        storable(name, what="name of the lease", most=LONGEST_NAME)
        storable(holder, what="holder of the lease", most=LONGEST_HOLDER)
        with self._counting() as connection:
            now = _now(connection, clock)
            until = now + seconds * _MICROSECONDS
            adding = upsert(connection, s.lease).values(name=name, holder=holder, until=until)
            is_free = or_(
                _l.holder == adding.excluded.holder,
                _l.until <= now,
                _l.until > until + seconds * _MICROSECONDS,
            )
            taken = adding.on_conflict_do_update(
                index_elements=[_l.name], set_={"holder": holder, "until": until}, where=is_free
            ).returning(_l.holder)
            return connection.execute(taken).first() is not None

    def release(self, name: str, holder: str) -> bool:
        """Give a lease back; tell whether the holder had it."""
        with self._counting() as connection:
            released = connection.execute(
                delete(s.lease).where(_l.name == name).where(_l.holder == holder)
            ).rowcount
            return bool(released)

    def holder(self, name: str) -> str | None:
        """Return who took a lease last and has not given it back, whether or not it has ended."""
        with self._reading() as connection:
            holder: str | None = connection.execute(
                select(_l.holder).where(_l.name == name)
            ).scalar_one_or_none()
            return holder


def _now(connection: Connection, clock: Clock) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return cast(extract("epoch", func.now()) * _MICROSECONDS, BigInteger)
    return literal(to_micros(clock.now()))
