"""Write and find lists; what makes a list's fingerprints matchable, and what stops it."""

from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from rempart.model.handling import Handling, Standing, Subject, Use
from rempart.model.identifiers import ListId
from rempart.model.lists import LARGEST_THRESHOLD_BITS, HashList, ListPurpose, is_list_name
from rempart.store import _tables as t
from rempart.store._claims import ListContext, Refresh, sources_of
from rempart.store._codec import AnyRow, list_of, reading_rows
from rempart.store._interning import Interning
from rempart.store._reading import next_number
from rempart.store._session import WriteSession
from rempart.store._standing import of_list, start_matching, stop_matching
from rempart.store._texts import refuse_nul
from rempart.store.errors import ListExistsError, UnknownRecordError, WriteMisuseError

_CHUNK: Final = 5_000
_MATCHED: Final = (Standing.CONFIRMED, Standing.PUBLISHED)
"""A match carries no standing, so only lists that nobody has called into question are matched at all."""


class ListSettings(NamedTuple):
    """What an operator may say about a list; absent means as it is."""

    purpose: ListPurpose | None = None
    subject: Subject | None = None
    threshold_bits: int | None = None
    handling: Handling | None = None
    standing: Standing | None = None


def list_rows() -> Select[Any]:
    """Return the query of lists with the content of their handling."""
    return select(t.hash_list, t.handling.c.content).join(
        t.handling, t.handling.c.handling_no == t.hash_list.c.handling_no
    )


def list_row(connection: Connection, list_id: ListId) -> AnyRow:
    """Return the row of one list.

    Raises:
        UnknownRecordError: there is no such list.
    """
    row = connection.execute(list_rows().where(t.hash_list.c.id == list_id.bytes)).one_or_none()
    if row is None:
        msg = f"The store has no list {list_id}."
        raise UnknownRecordError(msg, hint="See `rempart lists show`.")
    return row


def open_list_row(connection: Connection, list_id: ListId) -> AnyRow:
    """Return the row of a list that takes entries.

    Raises:
        UnknownRecordError: there is no such list.
        WriteMisuseError: it is withdrawn.
    """
    row = list_row(connection, list_id)
    if list_of(row).standing is Standing.WITHDRAWN:
        msg = f"The list {row.name} of {row.owner} is withdrawn."
        raise WriteMisuseError(msg, hint="Add it again before importing into it.")
    return row


class ListWriting:
    """Changes of lists as a whole within one write transaction."""

    def __init__(self, session: WriteSession, interning: Interning) -> None:
        self._session = session
        self._interning = interning

    def add(self, name: str, owner: str, settings: ListSettings) -> HashList:
        """Make a list, or take up again a withdrawn one of the same owner and name."""
        if not is_list_name(name):
            msg = f"{name[:80]!r} is no name of a list."
            raise WriteMisuseError(msg, hint="Use a-z, 0-9 and hyphens, at most 63 characters.")
        refuse_nul([owner])
        row = self._session.connection.execute(
            list_rows().where(t.hash_list.c.owner == owner).where(t.hash_list.c.name == name)
        ).one_or_none()
        if row is None:
            return self.change(self._insert(name, owner), settings, is_new=True)
        if row.standing == Standing.WITHDRAWN.value:
            return self.change(ListId(list_of(row).id), settings)
        msg = f"{owner} has a list {name} already."
        raise ListExistsError(msg, hint="Import into it, or choose another name.")

    def change(self, list_id: ListId, settings: ListSettings, *, is_new: bool = False) -> HashList:
        """Change what is said about a list; what becomes or ceases to be matchable follows.

        The store's change number grows where something is another way than before, so that whoever follows it
        learns of it; of a new list, its first entries tell.
        """
        row = list_row(self._session.connection, list_id)
        present = list_of(row)
        handling = settings.handling or present.handling
        standing = settings.standing or present.standing
        threshold = present.threshold_bits
        if settings.threshold_bits is not None:
            threshold = _checked_threshold(settings.threshold_bits)
        is_matched = standing in _MATCHED and Use.DETECT in handling.uses
        self._session.connection.execute(
            update(t.hash_list)
            .where(t.hash_list.c.list_no == row.list_no)
            .values(
                purpose=(settings.purpose or present.purpose).value,
                subject=(settings.subject or present.subject).value,
                threshold_bits=threshold,
                handling_no=self._interning.handling(handling),
                standing=standing.value,
                is_matched=is_matched,
            )
        )
        if is_matched != bool(row.is_matched):
            (start_matching if is_matched else stop_matching)(self._session, of_list(row.list_no))
        changed = list_of(list_row(self._session.connection, list_id))
        if changed != present and not is_new:
            self._session.change()
        return changed

    def withdraw(self, list_id: ListId) -> int:
        """Withdraw every claim on every entry of a list, and the list; return how many entries ended."""
        row = list_row(self._session.connection, list_id)
        connection = self._session.connection
        sources = sources_of(connection, row.list_no)
        connection.execute(
            update(t.entry_source)
            .where(t.entry_source.c.source_no.in_(sources))
            .where(t.entry_source.c.withdrawn_at.is_(None))
            .values(withdrawn_at=self._session.at_micros)
        )
        context = ListContext(row.list_no, bool(row.is_matched), Subject(row.subject))
        refresh = Refresh(self._session, self._interning)
        count, last = 0, 0
        while numbers := self._entries_after(row.list_no, last):
            count += len(refresh.run(context, numbers))
            last = numbers[-1]
        self.change(list_id, ListSettings(standing=Standing.WITHDRAWN))
        return count

    def _entries_after(self, list_no: int, last: int) -> list[int]:
        c = t.entry.c
        wanted = select(c.entry_no).where(c.list_no == list_no).where(c.entry_no > last)
        rows = self._session.connection.execute(wanted.order_by(c.entry_no).limit(_CHUNK))
        return list(rows.scalars())

    def _insert(self, name: str, owner: str) -> ListId:
        list_id = ListId(self._session.identifiers.new())
        connection = self._session.connection
        connection.execute(
            insert(t.hash_list).values(
                list_no=next_number(connection, t.hash_list.c.list_no),
                id=list_id.bytes,
                owner=owner,
                name=name,
                purpose=ListPurpose.KNOWN.value,
                subject=Subject.CHILD.value,
                threshold_bits=0,
                handling_no=self._interning.handling(Handling()),
                standing=Standing.PROPOSED.value,
                is_matched=False,
                generation=0,
                recorded_at=self._session.at_micros,
            )
        )
        return list_id


def lists_named(connection: Connection, name: str, owner: str | None) -> list[HashList]:
    """Return the lists of a name that are not withdrawn, of one owner or of all."""
    wanted = (
        list_rows()
        .where(t.hash_list.c.name == name)
        .where(t.hash_list.c.standing != Standing.WITHDRAWN.value)
        .order_by(t.hash_list.c.owner)
    )
    if owner is not None:
        wanted = wanted.where(t.hash_list.c.owner == owner)
    with reading_rows():
        return [list_of(row) for row in connection.execute(wanted)]


def _checked_threshold(bits: int) -> int:
    if not 0 <= bits <= LARGEST_THRESHOLD_BITS:
        msg = f"A threshold of {bits} bits cannot be searched."
        raise WriteMisuseError(msg, hint=f"Use 0 to {LARGEST_THRESHOLD_BITS}.")
    return bits
