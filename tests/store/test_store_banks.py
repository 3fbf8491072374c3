"""Banks and exchanges: other names for lists and entries, and who fills them."""

from datetime import timedelta

import pytest
from tests.store.material import START, Laboratory, OrderedIdentifiers, item

from rempart.model.banks import Bank, BankContent, Exchange
from rempart.model.identifiers import ListId
from rempart.store import (
    BankExistsError,
    ExchangeExistsError,
    StoreConstraintError,
    UnknownRecordError,
    WriteMisuseError,
)


def name_bank(laboratory: Laboratory, list_id: ListId, name: str, ratio: float = 1.0) -> Bank:
    with laboratory.write() as writer:
        bank = writer.banks.name(list_id, name, enabled_ratio=ratio)
        writer.record("bank.added", {})
    return bank


class TestBanks:
    def test_bank_is_a_list_under_another_name(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one").id, laboratory.add_list("two").id
        second = name_bank(laboratory, one, "EXERCISE_B", 0.5)
        first = name_bank(laboratory, two, "EXERCISE_A")
        banks = laboratory.store.banks
        assert banks.all() == (first, second)
        assert banks.by_name("EXERCISE_B") == banks.of_list(one) == Bank(one, "EXERCISE_B", 0.5)
        assert banks.by_name("exercise_b") is None
        assert banks.by_name("\ud800") is None

    def test_bank_is_renamed_and_its_ratio_changed(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list().id
        name_bank(laboratory, made, "OLD")
        before = laboratory.store.change_number()
        with laboratory.write() as writer:
            writer.banks.rename(made, "NEW")
            assert writer.banks.set_ratio(made, 0) == Bank(made, "NEW", 0.0)
            assert writer.banks.rename(made, "NEW") == Bank(made, "NEW", 0.0)
            writer.record("bank.changed", {})
        assert laboratory.store.banks.all() == (Bank(made, "NEW", 0.0),)
        assert laboratory.store.change_number() == before + 1, "workers learn of it"

    def test_removed_bank_leaves_its_list_and_its_name(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one").id, laboratory.add_list("two").id
        name_bank(laboratory, one, "BANK")
        with laboratory.write() as writer:
            writer.banks.remove(one)
            writer.record("bank.removed", {})
        assert laboratory.store.banks.of_list(one) is None
        assert len(laboratory.store.lists()) == 2
        assert name_bank(laboratory, two, "BANK").list_id == two

    def test_impossible_banks_are_refused(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one").id, laboratory.add_list("two").id
        bank = name_bank(laboratory, one, "BANK")
        for error, list_id, name, ratio in (
            (BankExistsError, two, "BANK", 1.0),
            (BankExistsError, one, "OTHER", 1.0),
            (UnknownRecordError, ListId(OrderedIdentifiers(7).new()), "OTHER", 1.0),
            (StoreConstraintError, two, "\ud800", 1.0),
            (StoreConstraintError, two, "x" * 256, 1.0),
            (WriteMisuseError, two, "OTHER", 1.5),
            (WriteMisuseError, two, "OTHER", float("nan")),
        ):
            with pytest.raises(error):
                name_bank(laboratory, list_id, name, ratio)
        changes: dict[str, tuple[object, ...]] = {
            "rename": ("X",),
            "set_ratio": (0.5,),
            "remove": (),
        }
        for change, arguments in changes.items():
            with pytest.raises(UnknownRecordError), laboratory.write() as writer:
                getattr(writer.banks, change)(two, *arguments)
        assert laboratory.store.banks.all() == (bank,)


class TestContents:
    def test_content_is_what_was_said_last(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list().id
        laboratory.merge(made, [item(1), item(2)])
        one, two = laboratory.entries(made)
        banks = laboratory.store.banks
        assert banks.content(1) == BankContent(1, one.id, made)
        for note in ("first", "second"):
            with laboratory.write() as writer:
                writer.banks.set_content(
                    2, disable_until_ts=0, content_id="c", content_json="{}", note=note
                )
                writer.record("content.changed", {})
        expected = BankContent(
            2, two.id, made, disable_until_ts=0, content_id="c", content_json="{}", note="second"
        )
        assert banks.contents([1, 2, 3, 0, 2**70]) == {
            1: BankContent(1, one.id, made),
            2: expected,
        }
        assert banks.content(3) is None

    def test_impossible_contents_are_refused(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list().id
        laboratory.merge(made, [item(1)])
        before = laboratory.store.banks.content(1)
        with pytest.raises(UnknownRecordError), laboratory.write() as writer:
            writer.banks.set_content(2, note="x")
        with pytest.raises(StoreConstraintError), laboratory.write() as writer:
            writer.banks.set_content(1, note="x" * 256)
        with pytest.raises(StoreConstraintError), laboratory.write() as writer:
            writer.banks.set_content(1, content_json="\ud800")
        assert laboratory.store.banks.content(1) == before


class TestExchanges:
    def add(self, laboratory: Laboratory, name: str = "sample") -> Exchange:
        made = laboratory.store.find_list("exercise") or laboratory.add_list()
        with laboratory.write() as writer:
            exchange = writer.exchanges.add(
                name, list_id=made.id, api="sample", settings={"b": 1, "a": ["ü"]}
            )
            writer.record("exchange.added", {})
        return exchange

    def test_exchange_is_read_as_it_was_made(self, laboratory: Laboratory) -> None:
        second, first = self.add(laboratory, "second"), self.add(laboratory, "first")
        exchanges = laboratory.store.exchanges
        assert exchanges.all() == (second, first)
        assert exchanges.by_name("first") == first
        assert exchanges.by_name("nothing") is None
        assert exchanges.by_name("\ud800") is None
        made = laboratory.store.lists()[0].id
        assert first == Exchange("first", made, "sample", {"b": 1, "a": ["ü"]})

    def test_fetch_leaves_its_marks(self, laboratory: Laboratory) -> None:
        self.add(laboratory)
        with laboratory.write() as writer:
            running = writer.exchanges.begin_fetch("sample")
            writer.record("exchange.fetching", {})
        assert running.running_since == START
        laboratory.clock.pass_days(1)
        with laboratory.write() as writer:
            writer.exchanges.keep_progress("sample", checkpoint={"page": 2}, fetched_items=7)
            writer.exchanges.end_fetch("sample", has_succeeded=True, is_up_to_date=False)
            writer.exchanges.change("sample", is_enabled=False, settings={})
            writer.record("exchange.fetched", {})
        found = laboratory.store.exchanges.by_name("sample")
        later = START + timedelta(days=1)
        assert found == Exchange(
            "sample",
            running.list_id,
            "sample",
            {},
            is_enabled=False,
            checkpoint={"page": 2},
            checkpoint_at=later,
            last_fetch_at=later,
            last_fetch_succeeded=True,
            fetched_items=7,
        )

    def test_removed_exchange_leaves_its_list(self, laboratory: Laboratory) -> None:
        self.add(laboratory)
        with laboratory.write() as writer:
            writer.exchanges.remove("sample")
            writer.record("exchange.removed", {})
        assert laboratory.store.exchanges.all() == ()
        assert len(laboratory.store.lists()) == 1

    def test_impossible_exchanges_are_refused(self, laboratory: Laboratory) -> None:
        made = self.add(laboratory).list_id
        with pytest.raises(ExchangeExistsError):
            self.add(laboratory)
        with pytest.raises(UnknownRecordError), laboratory.write() as writer:
            writer.exchanges.add(
                "x", list_id=ListId(OrderedIdentifiers(7).new()), api="sample", settings={}
            )
        for name, api, word in (("\ud800", "a", "w"), ("x", "y" * 65, "w"), ("x", "y", "\ud800")):
            with pytest.raises(StoreConstraintError), laboratory.write() as writer:
                writer.exchanges.add(name, list_id=made, api=api, settings={"word": word})
        for change in ("begin_fetch", "remove", "change"):
            with pytest.raises(UnknownRecordError), laboratory.write() as writer:
                getattr(writer.exchanges, change)("nothing")
        assert len(laboratory.store.exchanges.all()) == 1
