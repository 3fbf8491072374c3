"""What all parts of one write transaction share: connection, moment, numbers, and the one event at its end."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update

from rempart.model.identifiers import EventId, IdentifierSource
from rempart.model.principals import Event, Principal
from rempart.store import _tables as t
from rempart.store._codec import to_json, to_micros
from rempart.store._reading import next_number
from rempart.store.errors import UnknownRecordError, WriteMisuseError

_EVENT_HINT: Final = "End the write with one call of `record`."

# Made once: to make a statement costs as much as to run it.
_COUNTER: Final = select(
    t.counter.c.change_number, t.counter.c.next_entry_no, t.counter.c.next_fingerprint_no
).with_for_update()
_PRINCIPAL: Final = select(t.principal.c.principal_no).where(t.principal.c.id == bindparam("b_id"))
_ADD_EVENT: Final = insert(t.event)


class WriteSession:
    """One write transaction. Its numbers come from the store's counter, which only the holder of the lock moves."""

    def __init__(
        self,
        connection: Connection,
        *,
        principal: Principal,
        at: datetime,
        identifiers: IdentifierSource,
        expect_many: Callable[[Connection], None] | None = None,
    ) -> None:
        self._connection: Connection | None = connection
        self._expect_many = expect_many
        self._principal = principal
        self._at = at
        self._touched: dict[int, tuple[UUID, int]] = {}
        self._reports: list[Callable[[], dict[str, object]]] = []
        self._event: tuple[str, Mapping[str, object]] | None = None
        # First of all: who holds the counter's row is the one who writes, and sees what those before it wrote.
        counter = connection.execute(_COUNTER).one()
        self._principal_no = self._known_principal(connection)
        self._change_before: int = counter.change_number
        self._next_entry: int = counter.next_entry_no
        self._next_fingerprint: int = counter.next_fingerprint_no
        self._change: int = self._change_before
        self._has_moved = False
        self._has_purged = False
        self.identifiers = identifiers
        self.at_micros = to_micros(at)

    @property
    def connection(self) -> Connection:
        """The transaction's connection, while the write lasts.

        Raises:
            WriteMisuseError: the write is over.
        """
        if self._connection is None:
            msg = "The write is over; nothing more can be changed with it."
            raise WriteMisuseError(msg, hint="Begin a new write.")
        return self._connection

    def expect_many(self) -> None:
        """Prepare the transaction for very many rows, or for very many more."""
        if self._expect_many is not None:
            self._expect_many(self.connection)

    @property
    def principal_no(self) -> int:
        """The number of who writes."""
        return self._principal_no

    @property
    def has_purged(self) -> bool:
        """Whether this write deleted personal data or secrets."""
        return self._has_purged

    def note_purge(self, count: int) -> None:
        """Note that so many records were deleted whose bytes must not remain in any journal."""
        self._has_purged = self._has_purged or count > 0

    def change(self) -> int:
        """Return this transaction's change number; asking for it makes the number grow."""
        self._change = self._change_before + 1
        self._has_moved = True
        return self._change

    def take_entry_numbers(self, count: int) -> int:
        """Return the first of so many new entry numbers in a row."""
        first = self._next_entry
        self._next_entry += count
        self._has_moved = True
        return first

    def take_fingerprint_numbers(self, count: int) -> int:
        """Return the first of so many new fingerprint numbers in a row; none was ever used before."""
        first = self._next_fingerprint
        self._next_fingerprint += count
        self._has_moved = True
        return first

    def touch(self, list_no: int) -> None:
        """Note that entries of this list change: its generation grows by one when the write ends."""
        if list_no not in self._touched:
            row = self.connection.execute(
                select(t.hash_list.c.id, t.hash_list.c.generation).where(
                    t.hash_list.c.list_no == list_no
                )
            ).one()
            self._touched[list_no] = (UUID(bytes=row.id), row.generation)

    def report(self, part: Callable[[], dict[str, object]]) -> None:
        """Add to the event, when it is written, what a merge did."""
        self._reports.append(part)

    def stage_event(self, kind: str, details: Mapping[str, object]) -> None:
        """Take the one event of this write.

        Raises:
            WriteMisuseError: there is one already.
        """
        if self._event is not None:
            msg = f"The write has its event already ({self._event[0]}); {kind} would be a second."
            raise WriteMisuseError(msg, hint=_EVENT_HINT)
        self._event = (kind, dict(details))

    def finish(self) -> Event:
        """Write counter, generations and the event; the transaction is then ready to be committed.

        Raises:
            WriteMisuseError: nobody said what was done; the caller rolls back.
        """
        if self._event is None:
            msg = "The write says not what was done; nothing was changed."
            raise WriteMisuseError(msg, hint=_EVENT_HINT)
        kind, details = self._event
        self._write_counter()
        event = Event(
            id=EventId(self.identifiers.new()),
            kind=kind,
            at=self._at,
            principal_id=self._principal.id,
            details={**details, **self._effects()},
        )
        self._write_event(event)
        return event

    def close(self) -> None:
        """End the session: whoever still holds it can change nothing more."""
        self._connection = None

    def _known_principal(self, connection: Connection) -> int:
        number: int | None = connection.execute(
            _PRINCIPAL, {"b_id": self._principal.id.bytes}
        ).scalar_one_or_none()
        if number is None:
            msg = f"The store knows no principal {self._principal.id}."
            raise UnknownRecordError(msg, hint="Use a principal of this node.")
        return number

    def _effects(self) -> dict[str, object]:
        effects: dict[str, object] = {}
        if self._touched:
            effects["lists"] = [self._grow(number) for number in self._touched]
        if self._reports:
            effects["merges"] = [part() for part in self._reports]
        if self._change != self._change_before:
            effects["change_number"] = self._change
        return effects

    def _grow(self, list_no: int) -> dict[str, object]:
        list_id, generation = self._touched[list_no]
        self.connection.execute(
            update(t.hash_list)
            .where(t.hash_list.c.list_no == list_no)
            .values(generation=generation + 1)
        )
        return {
            "list_id": str(list_id),
            "generation_before": generation,
            "generation_after": generation + 1,
        }

    def _write_counter(self) -> None:
        if self._has_moved:
            self.connection.execute(
                update(t.counter).values(
                    change_number=self._change,
                    next_entry_no=self._next_entry,
                    next_fingerprint_no=self._next_fingerprint,
                )
            )

    def _write_event(self, event: Event) -> None:
        self.connection.execute(
            _ADD_EVENT,
            {
                "event_no": next_number(self.connection, t.event.c.event_no),
                "id": event.id.bytes,
                "kind": event.kind,
                "at": self.at_micros,
                "principal_no": self._principal_no,
                "details": to_json(event.details),
            },
        )
