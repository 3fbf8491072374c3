"""Banks: lists as HMA's clients see and change them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import ListId
from rempart.model.lists import DEFAULT_THRESHOLD_BITS, HashList, ListPurpose
from rempart.model.principals import Principal
from rempart.node.exchange_credentials import forget_exchange
from rempart.node.hma.errors import NameTakenError, NotThereError
from rempart.node.hma.names import bank_names, check_bank_name, list_name_for
from rempart.node.node import OpenNode
from rempart.store import BankExistsError, StoreWriter, UnknownRecordError

_MATCHED: Final = frozenset({Standing.CONFIRMED, Standing.PUBLISHED})

Scope = frozenset[ListId] | None
"""The lists that a caller may touch; None means every list."""


@dataclass(frozen=True, slots=True)
class BankView:
    """One bank.

    Attributes:
        name: as clients know it.
        ratio: share of what is asked that is matched with it, 0 to 1.
    """

    list: HashList
    name: str
    ratio: float

    def as_json(self) -> dict[str, object]:
        """Return the bank as clients read it."""
        return {"name": self.name, "matching_enabled_ratio": self.ratio}


class Banks:
    """The banks of a node. A known-harmless list is no bank: HMA has no word for what it does."""

    def __init__(self, node: OpenNode) -> None:
        self._node = node
        self._at_change: tuple[int, dict[ListId, BankView]] | None = None

    def all(self, scope: Scope) -> dict[str, BankView]:
        """Return every bank within a scope, by name; a bank has the same name in every scope."""
        views = sorted(self._views(), key=lambda view: view.name)
        return {each.name: each for each in views if scope is None or each.list.id in scope}

    def by_list(self, scope: Scope) -> dict[ListId, BankView]:
        """Return every bank within a scope, by its list."""
        return {each.list.id: each for each in self.all(scope).values()}

    def matched(self, scope: Scope) -> dict[ListId, BankView]:
        """Return every bank within a scope that can hold what matched, by its list.

        Read again only when the change number grew, which it does before a list's first entry can match.
        """
        number = self._node.store.change_number()
        if self._at_change is None or self._at_change[0] != number:
            self._at_change = (number, {each.list.id: each for each in self._views()})
        _, views = self._at_change
        return {key: each for key, each in views.items() if scope is None or key in scope}

    def _views(self) -> list[BankView]:
        store = self._node.store
        rows = {each.list_id: each for each in store.banks.all()}
        lists = [each for each in store.lists() if each.purpose is ListPurpose.KNOWN]
        named = {list_id: row.name for list_id, row in rows.items()}  # of withdrawn lists, too
        names = bank_names(lists, named, own=store.node.organisation.name)
        views = []
        for each in lists:
            row = rows.get(each.id)
            # A share of 0 is the suspension itself: who lets the list be matched again, by /v1, takes it back.
            share = 1.0 if row is None or not row.enabled_ratio else row.enabled_ratio
            views.append(
                BankView(each, names[each.id], share if each.standing in _MATCHED else 0.0)
            )
        return views

    def get(self, name: str, scope: Scope) -> BankView:
        """Return one bank.

        Raises:
            NotThereError: there is none of this name within the scope.
        """
        found = self.all(scope).get(name)
        if found is None:
            msg = f"bank '{name[:80]}' not found"
            raise NotThereError(msg)
        return found

    def create(self, name: str, ratio: float, *, principal: Principal) -> BankView:
        """Make a bank and its list.

        Raises:
            BadRequestError: the name is none.
            NameTakenError: there is a bank of this name.
        """
        with self.naming(principal) as writer:
            made = self.add(writer, name, ratio)
            writer.record("list.created", {"list": str(made.id), "interface": "hma"})
        return self.get(name, None)

    def add(self, writer: StoreWriter, name: str, ratio: float) -> HashList:
        """Make a bank and its list within a write that fixes names and that somebody else records.

        Raises:
            BadRequestError: the name is none.
            NameTakenError: there is a bank of this name.
        """
        check_bank_name(name)
        if name in self.all(None):
            msg = "Bank already exists"
            raise NameTakenError(msg)
        store = self._node.store
        owner = store.node.organisation.name
        # A withdrawn list of known material is taken up again under its name; its entries stay withdrawn.
        taken = {
            each.name
            for each in store.lists(include_withdrawn=True)
            if each.owner == owner
            and not (each.standing is Standing.WITHDRAWN and each.purpose is ListPurpose.KNOWN)
        }
        made = writer.add_list(
            list_name_for(name, taken),
            owner,
            purpose=ListPurpose.KNOWN,
            subject=Subject.CHILD,
            threshold_bits=DEFAULT_THRESHOLD_BITS,
            handling=Handling(),
            standing=Standing.PUBLISHED if ratio > 0 else Standing.SUSPENDED,
        )
        self._forget_withdrawn(writer, name, made.id)
        writer.banks.name(made.id, name, enabled_ratio=ratio)
        return made

    def change(
        self,
        name: str,
        scope: Scope,
        *,
        new_name: str | None,
        ratio: float | None,
        principal: Principal,
    ) -> BankView:
        """Give a bank another name, another share, or both; a share of 0 suspends its list.

        Raises:
            NotThereError: there is no such bank within the scope.
            BadRequestError: the new name is none.
            NameTakenError: the new name is another bank's, or the caller may not know whether it is.
        """
        bank = self.get(name, scope)
        renamed = new_name is not None and new_name != name
        if new_name is not None and renamed:
            self._check_new_name(new_name, scope)
        if not renamed and ratio is None:
            return bank
        with self.naming(principal) as writer:
            if new_name is not None and renamed:
                self._forget_withdrawn(writer, new_name)
                writer.banks.rename(bank.list.id, new_name)
            if ratio is not None:
                writer.banks.set_ratio(bank.list.id, ratio)
            _take_standing(writer, bank.list, ratio)
            writer.record("list.changed", {"list": str(bank.list.id), "interface": "hma"})
        return self.get(new_name or name, scope)

    def delete(self, name: str, scope: Scope, *, principal: Principal) -> None:
        """Withdraw a bank's list with its entries, and forget its name and exchange; nothing where there is none."""
        bank = self.all(scope).get(name)
        if bank is None:
            return
        with self.naming(principal) as writer:
            ended, forgotten = self.withdraw(writer, bank)
            said = {"list": str(bank.list.id), "entries": ended, "interface": "hma"}
            writer.record("list.withdrawn", {**said, **forgotten})

    def withdraw(self, writer: StoreWriter, bank: BankView) -> tuple[int, dict[str, object]]:
        """Withdraw a bank within a write of `naming` that somebody else records.

        Returns:
            How many entries ended, and what the event says of its exchange.
        """
        forgotten = forget_exchange(self._node.store, writer, bank.list.id)
        with suppress(UnknownRecordError):  # somebody else withdrew it a moment ago
            writer.banks.remove(bank.list.id)
        return writer.withdraw_list(bank.list.id), forgotten

    @contextmanager
    def writing(self, principal: Principal) -> Iterator[StoreWriter]:
        """Give one write; the store's own word for a taken name becomes the clients'."""
        node = self._node
        try:
            with node.store.write(
                principal=principal, clock=node.clock, identifiers=node.identifiers
            ) as writer:
                yield writer
        except BankExistsError as error:
            msg = "Bank already exists"
            raise NameTakenError(msg) from error

    @contextmanager
    def naming(self, principal: Principal) -> Iterator[StoreWriter]:
        """Give one write in which names are given or taken away, and first fix the names of all banks.

        A list made elsewhere has no name on record until then; without one, it could come by a name that this
        write sets free.
        """
        with self.writing(principal) as writer:
            on_record = {each.list_id for each in self._node.store.banks.all()}
            for each in self._views():
                if each.list.id not in on_record:
                    writer.banks.name(each.list.id, each.name)
            yield writer

    def _forget_withdrawn(
        self, writer: StoreWriter, name: str, list_id: ListId | None = None
    ) -> None:
        """Set free a name that only a list has which was withdrawn elsewhere, and such a list's own name."""
        present = {each.id for each in self._node.store.lists()}
        for each in self._node.store.banks.all():
            if each.list_id not in present and (each.name == name or each.list_id == list_id):
                writer.banks.remove(each.list_id)

    def _check_new_name(self, name: str, scope: Scope) -> None:
        check_bank_name(name)
        if scope is not None:
            # Whether a name is free tells of lists outside the scope.
            msg = "Renaming a bank needs a key for every list"
            raise NameTakenError(msg)
        if name in self.all(None):
            msg = "Bank name already exists"
            raise NameTakenError(msg)


def _take_standing(writer: StoreWriter, hash_list: HashList, ratio: float | None) -> None:
    """Suspend a list whose share becomes 0, and resume one that was suspended; other standings are not ours."""
    if ratio == 0 and hash_list.standing in _MATCHED:
        writer.change_list(hash_list.id, standing=Standing.SUSPENDED)
    elif ratio and hash_list.standing is Standing.SUSPENDED:
        writer.change_list(hash_list.id, standing=Standing.PUBLISHED)
