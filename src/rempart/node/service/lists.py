"""Lists for callers: only those that a caller may see exist for it, by identifier or by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol, cast
from uuid import UUID

from rempart.access import Action
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import ListId
from rempart.model.lists import (
    DEFAULT_THRESHOLD_BITS,
    LARGEST_THRESHOLD_BITS,
    HashList,
    ListPurpose,
    is_list_name,
)
from rempart.node.catalogue import ListSummary, hand_out_list
from rempart.node.exchange_credentials import forget_exchange
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode
from rempart.node.service.caller import Caller
from rempart.node.service.errors import DraftRefusedError, NameAmbiguousError
from rempart.node.service.gate_errors import list_unknown
from rempart.node.service.identity import Gate
from rempart.node.service.writes import WriteRequest, Written, write_once
from rempart.store import StoreWriter

_LONGEST_OWNER: Final = 200
_SHOWN_NAME: Final = 80

Answering = Callable[[HashList], Written]
"""Makes the answer to a write from the list as it is after it."""

Checking = Callable[[HashList], None]
"""Raises where a list is not as the caller saw it."""


class WritesBytes(Protocol):
    """All that an export asks of what it writes to."""

    def write(self, data: bytes) -> int:
        """Take bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraft:
    """What a caller says of a new list.

    Attributes:
        owner: who vetted it; absent means this node's organisation.
        subject: absent means the most protective reading: children, or harmless for a known-harmless list.
    """

    name: str
    owner: str | None = None
    purpose: ListPurpose = ListPurpose.KNOWN
    subject: Subject | None = None
    threshold_bits: int = DEFAULT_THRESHOLD_BITS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """What a caller changes of a list; what is absent stays."""

    subject: Subject | None = None
    threshold_bits: int | None = None
    standing: Standing | None = None


class ListDesk:
    """Shows and changes lists."""

    def __init__(self, node: OpenNode, gate: Gate) -> None:
        """Join the lists and who may see them."""
        self._node = node
        self._gate = gate

    def visible(self, caller: Caller) -> list[HashList]:
        """Return the lists in the caller's scope, withdrawn ones included, by owner and name."""
        every = self._node.store.lists(include_withdrawn=True)
        return [each for each in every if caller.sees(each.id)]

    def find(self, caller: Caller, action: Action, name: str) -> HashList:
        """Return one list that the caller may do something with.

        Args:
            caller: who asks.
            action: for what.
            name: the list's identifier; or its name, if one owner alone has such a list that is not withdrawn.

        Raises:
            ListUnknownError: there is none in the caller's scope.
            NameAmbiguousError: several owners have one.
            ForbiddenError: the caller's roles do not allow it.
        """
        found = _named(self.visible(caller), name)
        if not found:
            raise list_unknown(ascii(name[:_SHOWN_NAME]))
        if len(found) > 1:
            raise NameAmbiguousError
        self._gate.require(caller, action, found[0].id)
        return found[0]

    def summary(self, found: HashList) -> ListSummary:
        """Return a list with its counts, which takes seconds for a list of millions."""
        return ListSummary(list=found, counts=self._node.store.list_counts(found.id))

    def add(self, request: WriteRequest, draft: ListDraft, answering: Answering) -> Written:
        """Make a list, published at once: whoever makes it says that its owner has vetted it.

        Raises:
            DraftRefusedError: what is said of it is not possible.
            ListExistsError: the owner has such a list.
        """
        _check_draft(draft)

        def act(writer: StoreWriter) -> Written:
            made = writer.add_list(
                name=draft.name,
                owner=draft.owner or self._node.store.node.organisation.name,
                purpose=draft.purpose,
                subject=draft.subject or _protective(draft.purpose),
                threshold_bits=draft.threshold_bits,
                handling=Handling(),
            )
            writer.record("list.added", {"list": str(made.id)})
            return answering(made)

        return write_once(self._node, request, act)

    def change(
        self,
        request: WriteRequest,
        found: HashList,
        change: ListChange,
        *,
        check: Checking,
        answering: Answering,
    ) -> Written:
        """Change what is said about a list.

        Raises:
            DraftRefusedError: what is said of it is not possible.
            RempartError: `check` says that the list is not as the caller saw it.
        """
        _check_change(found, change)

        def act(writer: StoreWriter) -> Written:
            check(self._present(found.id))
            changed = writer.change_list(
                found.id,
                subject=change.subject,
                threshold_bits=change.threshold_bits,
                standing=change.standing,
            )
            writer.record("list.changed", {"list": str(found.id), **_said(change)})
            return answering(changed)

        return write_once(self._node, request, act)

    def withdraw(
        self, request: WriteRequest, found: HashList, *, check: Checking, answering: Answering
    ) -> Written:
        """Withdraw a list with all its entries; they stay on record, and match no more."""

        def act(writer: StoreWriter) -> Written:
            present = self._present(found.id)
            check(present)
            forgotten = forget_exchange(self._node.store, writer, found.id)
            count = writer.withdraw_list(found.id)
            said = {"list": str(found.id), "withdrawn": count, **forgotten}
            writer.record("list.withdrawn", said)
            return answering(present)

        return write_once(self._node, request, act)

    def export(
        self, caller: Caller, of_list: HashList, sink: WritesBytes, *, format_name: str
    ) -> None:
        """Write a list's active entries in one of the formats, streaming; that it was done is on record first."""
        present = self._present(of_list.id)
        hand_out_list(
            self._node,
            present,
            cast("BinaryIO", sink),
            format_name=format_name,
            by=caller.principal,
        )

    def _present(self, list_id: ListId) -> HashList:
        """Return a list as it is now; within a write nobody else can change it meanwhile."""
        every = self._node.store.lists(include_withdrawn=True)
        return next(each for each in every if each.id == list_id)


def _named(visible: list[HashList], name: str) -> list[HashList]:
    try:
        wanted = UUID(name)
    except ValueError:
        wanted = None
    if wanted is not None and str(wanted) == name:
        return [each for each in visible if each.id == wanted]
    of_name = [each for each in visible if each.name == name]
    active = [each for each in of_name if each.standing is not Standing.WITHDRAWN]
    return active or of_name


def _protective(purpose: ListPurpose) -> Subject:
    return Subject.CHILD if purpose is ListPurpose.KNOWN else Subject.HARMLESS


def _check_draft(draft: ListDraft) -> None:
    if not is_list_name(draft.name):
        message = "The name is not that of a list."
        raise DraftRefusedError(
            message, hint="Use 1 to 63 of a-z, 0-9 and hyphens, beginning with a letter or digit."
        )
    owner = draft.owner
    if owner is not None and not (is_plain_name(owner) and len(owner) <= _LONGEST_OWNER):
        message = "The owner is empty, too long, has blanks around it or cannot be shown."
        raise DraftRefusedError(message, hint="Name the organisation that vetted the list.")
    if draft.subject is not None:
        check_subject(draft.purpose, draft.subject)
    _check_threshold(draft.threshold_bits)


def _check_change(found: HashList, change: ListChange) -> None:
    if change.subject is not None:
        check_subject(found.purpose, change.subject)
    if change.threshold_bits is not None:
        _check_threshold(change.threshold_bits)
    if found.standing is Standing.WITHDRAWN:
        message = "The list is withdrawn."
        raise DraftRefusedError(message, hint="Make it again, with POST /v1/lists.")


def check_subject(purpose: ListPurpose, subject: Subject) -> None:
    """Refuse a subject that does not go with a list's purpose.

    Raises:
        DraftRefusedError: the subject harmless goes with known-harmless, and only with it.
    """
    if (purpose is ListPurpose.KNOWN_HARMLESS) != (subject is Subject.HARMLESS):
        message = f"A list for {purpose} cannot have the subject {subject}."
        raise DraftRefusedError(
            message,
            hint="The subject harmless goes with the purpose known-harmless, and only with it.",
        )


def _check_threshold(bits: int) -> None:
    if not 0 <= bits <= LARGEST_THRESHOLD_BITS:
        message = f"A threshold lies between 0 and {LARGEST_THRESHOLD_BITS} bits."
        raise DraftRefusedError(message, hint="31 is the confident limit for PDQ.")


def _said(change: ListChange) -> dict[str, object]:
    said = {
        "subject": change.subject and change.subject.value,
        "threshold_bits": change.threshold_bits,
        "standing": change.standing and change.standing.value,
    }
    return {name: value for name, value in said.items() if value is not None}
