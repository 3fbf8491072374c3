"""Entries of a list for callers: page by page, one by one, added, changed, withdrawn, suspended, resumed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId
from rempart.model.list_content import EntryView, PutEntry
from rempart.model.lists import BadRecord, HashList
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode
from rempart.node.service.drafts import GivenEntry, understand
from rempart.node.service.errors import (
    DraftRefusedError,
    IdentityChangedError,
    RecordAbsentError,
)
from rempart.node.service.writes import NothingDoneError, WriteRequest, Written, write_once
from rempart.store import StoreWriter, UnknownRecordError

_LONGEST_SOURCE: Final = 200
_ENTRY: Final = "entry"

AnsweringPut = Callable[[Sequence[tuple[int, PutEntry]], Sequence[BadRecord]], Written]
AnsweringEntry = Callable[[EntryView], Written]
Checking = Callable[[EntryView], None]


class EntryDesk:
    """Shows and changes entries."""

    def __init__(self, node: OpenNode) -> None:
        """Take the node whose lists these are."""
        self._node = node

    def page(
        self,
        of_list: HashList,
        *,
        after: EntryId | None,
        limit: int,
        standing: Standing | None,
        kind: str | None,
        value: bytes | None,
        source_id: str | None,
    ) -> Sequence[EntryView]:
        """Return entries of a list in the order in which they came; see the store's `EntryPages.page`.

        Raises:
            RecordAbsentError: `after` is no entry of the list.
        """
        try:
            return self._node.store.entry_pages.page(
                of_list.id,
                after=after,
                limit=limit,
                standing=standing,
                kind=kind,
                value=value,
                source_id=source_id,
            )
        except UnknownRecordError as error:
            raise RecordAbsentError(_ENTRY) from error

    def get(self, of_list: HashList, entry_id: EntryId) -> EntryView:
        """Return one entry, withdrawn or not.

        Raises:
            RecordAbsentError: the list has no such entry.
        """
        found = self._node.store.entry_pages.get(of_list.id, entry_id)
        if found is None:
            raise RecordAbsentError(_ENTRY)
        return found

    def put(
        self,
        request: WriteRequest,
        of_list: HashList,
        given: Sequence[GivenEntry],
        *,
        source: str | None,
        answering: AnsweringPut,
    ) -> Written:
        """Add entries or change them, as an import in mode `add` does; a record that is refused keeps no other out.

        Args:
            request: who asks.
            of_list: the list.
            given: the records.
            source: whose claims these are; absent means the list's owner.
            answering: makes the answer from the records that were kept, with their numbers, and those that were not.

        Raises:
            DraftRefusedError: the name of the source is not possible.
            WriteMisuseError: the list is withdrawn.
        """
        name = _source(source, of_list)
        understood = understand(given, of_list.purpose)

        def act(writer: StoreWriter) -> Written:
            kept = writer.entries.put(of_list.id, name, understood.items)
            writer.record(
                "entries.put",
                {"list": str(of_list.id), "records": len(given), "refused": len(understood.bad)},
            )
            numbers = [item.number for item in understood.items]
            return answering(list(zip(numbers, kept, strict=True)), understood.bad)

        return write_once(self._node, request, act)

    def change(
        self,
        request: WriteRequest,
        of_list: HashList,
        entry_id: EntryId,
        given: GivenEntry,
        *,
        source: str | None,
        check: Checking,
        answering: Callable[[PutEntry], Written],
    ) -> Written:
        """Replace what a source says of one entry.

        Raises:
            RecordAbsentError: the list has no such entry.
            DraftRefusedError: what is said of it is not possible.
            IdentityChangedError: it would be another entry.
            RempartError: `check` says that the entry is not as the caller saw it.
        """
        name = _source(source, of_list)
        understood = understand([given], of_list.purpose)
        if understood.bad:
            message = f"The entry cannot be kept: {understood.bad[0].message}."
            raise DraftRefusedError(message, hint="Correct it; nothing was changed.")

        def act(writer: StoreWriter) -> Written:
            check(self.get(of_list, entry_id))
            (kept,) = writer.entries.put(of_list.id, name, understood.items)
            if kept.entry_id != entry_id:
                raise IdentityChangedError  # which undoes it
            writer.record("entry.changed", _named(of_list, entry_id))
            return answering(kept)

        return write_once(self._node, request, act)

    def withdraw(
        self,
        request: WriteRequest,
        of_list: HashList,
        entry_id: EntryId,
        *,
        source: str | None,
        check: Checking,
        answer: Written,
    ) -> Written:
        """Withdraw one source's claim on an entry, or every source's; without any, it matches no more.

        Where there is no such claim, nothing is done and no event tells of it.

        Raises:
            RecordAbsentError: the list has no such entry.
        """

        def act(writer: StoreWriter) -> Written:
            check(self.get(of_list, entry_id))
            if not writer.entries.withdraw(of_list.id, entry_id, source):
                raise NothingDoneError(answer)
            writer.record("entry.withdrawn", {**_named(of_list, entry_id), "source": source})
            return answer

        return write_once(self._node, request, act)

    def suspend(
        self,
        request: WriteRequest,
        of_list: HashList,
        entry_id: EntryId,
        *,
        until: datetime | None,
        answer: Written,
    ) -> Written:
        """Let an entry not be matched until a moment, or until somebody resumes it; it stays in its list.

        One that is suspended until the same moment stays so, and no event tells of it.

        Raises:
            RecordAbsentError: the list has no such entry.
            DraftRefusedError: the moment has passed.
        """
        if until is not None and until <= self._node.clock.now():
            message = "The moment until which the entry is suspended has passed."
            raise DraftRefusedError(message, hint="Name a moment in the future, or none.")

        def act(writer: StoreWriter) -> Written:
            with _of_this_list():
                is_done = writer.entries.suspend(entry_id, until, list_id=of_list.id)
            if not is_done:
                raise NothingDoneError(answer)
            writer.record("entry.suspended", _named(of_list, entry_id))
            return answer

        return write_once(self._node, request, act)

    def resume(
        self, request: WriteRequest, of_list: HashList, entry_id: EntryId, *, answer: Written
    ) -> Written:
        """Let a suspended entry be matched again; one that is not suspended stays as it is, without an event.

        Raises:
            RecordAbsentError: the list has no such entry.
        """

        def act(writer: StoreWriter) -> Written:
            with (
                _of_this_list()
            ):  # which reads no end of a suspension: none can keep it from being ended
                is_done = writer.entries.resume(entry_id, list_id=of_list.id)
            if not is_done:
                raise NothingDoneError(answer)
            writer.record("entry.resumed", _named(of_list, entry_id))
            return answer

        return write_once(self._node, request, act)


@contextmanager
def _of_this_list() -> Iterator[None]:
    try:
        yield
    except UnknownRecordError as error:
        raise RecordAbsentError(_ENTRY) from error


def _named(of_list: HashList, entry_id: EntryId) -> dict[str, object]:
    return {"list": str(of_list.id), "entry": str(entry_id)}


def _source(given: str | None, of_list: HashList) -> str:
    if given is None:
        return of_list.owner
    if not is_plain_name(given) or len(given) > _LONGEST_SOURCE:
        message = "The source is empty, too long, has blanks around it or cannot be shown."
        raise DraftRefusedError(message, hint="Name the organisation whose claims these are.")
    return given
