"""Entries changed one by one: put, withdrawn, suspended, resumed, with the same rules as an import."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.store.material import (
    EXERCISE_A,
    START,
    Laboratory,
    Location,
    OrderedIdentifiers,
    item,
    pdq,
    sha256,
)

from rempart.model.fingerprint import PDQ
from rempart.model.handling import Standing
from rempart.model.identifiers import EntryId, ListId
from rempart.model.list_content import PutEntry, PutOutcome, SourceClaim, Suspension
from rempart.store import (
    MergeItem,
    Store,
    StoreConstraintError,
    StoreDamagedError,
    UnknownRecordError,
    WriteMisuseError,
)

TOMORROW = START + timedelta(days=1)


def put(
    laboratory: Laboratory, list_id: ListId, *items: MergeItem, source: str = "service"
) -> tuple[PutEntry, ...]:
    with laboratory.write() as writer:
        done = writer.entries.put(list_id, source, items)
        writer.record("entries.put", {})
    return done


def withdraw(
    laboratory: Laboratory, list_id: ListId, entry_id: EntryId, source: str | None = None
) -> bool:
    with laboratory.write() as writer:
        done = writer.entries.withdraw(list_id, entry_id, source)
        writer.record("entry.withdrawn", {})
    return done


def suspend(laboratory: Laboratory, entry_id: EntryId, until: datetime | None = None) -> bool:
    with laboratory.write() as writer:
        done = writer.entries.suspend(entry_id, until)
        writer.record("entry.suspended", {})
    return done


def resume(laboratory: Laboratory, entry_id: EntryId) -> bool:
    with laboratory.write() as writer:
        done = writer.entries.resume(entry_id)
        writer.record("entry.resumed", {})
    return done


class TestPut:
    def test_each_record_is_told_which_entry_it_became(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        first = put(laboratory, made.id, item(1), item(2), item(3))
        assert [each.outcome for each in first] == [PutOutcome.ADDED] * 3
        assert [each.alias for each in first] == [1, 2, 3]
        ids = [entry.id for entry in laboratory.entries(made.id)]
        assert [each.entry_id for each in first] == ids
        assert withdraw(laboratory, made.id, ids[2])
        again = put(
            laboratory, made.id, item(9), item(3), item(2, pdq(20), key=b"2"), item(1), item(1)
        )
        assert [(each.alias, each.version, each.outcome.value) for each in again] == [
            (4, 1, "added"),
            (3, 3, "returned"),
            (2, 2, "changed"),
            (1, 1, "unchanged"),
            (1, 1, "duplicate"),
        ]

    def test_put_adds_and_withdraws_nothing(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1))
        put(laboratory, made.id, item(2))
        assert len(laboratory.entries(made.id)) == 2
        assert put(laboratory, made.id) == ()

    def test_more_records_than_a_statement_takes_are_told_of(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        items = [item(number, sha256(number)) for number in range(5_010)]
        done = put(laboratory, made.id, *items, item(1, sha256(1)))
        assert [each.alias for each in done[:-1]] == list(range(1, 5_011))
        assert (done[-1].alias, done[-1].outcome) == (2, PutOutcome.DUPLICATE)

    def test_numbers_count_over_all_lists(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one"), laboratory.add_list("two")
        assert put(laboratory, one.id, item(1))[0].alias == 1
        assert put(laboratory, two.id, item(1))[0].alias == 2

    def test_claim_of_a_second_source_is_unchanged_and_kept(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1), source="one")
        (done,) = put(laboratory, made.id, item(1), source="two")
        assert done.outcome is PutOutcome.UNCHANGED
        assert withdraw(laboratory, made.id, done.entry_id, "one")
        assert len(laboratory.matchable()) == 1

    def test_event_says_what_became_of_the_list(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1), item(2))
        details = laboratory.store.events()[-1].details
        assert details["lists"] == [
            {"list_id": str(made.id), "generation_before": 0, "generation_after": 1}
        ]
        assert details["change_number"] == 1

    def test_withdrawn_and_unknown_lists_take_no_entries(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.withdraw(made.id)
        with pytest.raises(WriteMisuseError):
            put(laboratory, made.id, item(1))
        with pytest.raises(UnknownRecordError):
            put(laboratory, ListId(OrderedIdentifiers(7).new()), item(1))

    @pytest.mark.parametrize("source", ["\ud800", "a\0b", "x" * 256])
    def test_source_that_cannot_be_kept_is_refused(
        self, sqlite_laboratory: Laboratory, source: str
    ) -> None:
        made = sqlite_laboratory.add_list()
        before = sqlite_laboratory.state()
        with pytest.raises(StoreConstraintError):
            put(sqlite_laboratory, made.id, item(1), source=source)
        assert sqlite_laboratory.state() == before

    def test_text_without_utf8_form_is_refused_whole(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        before = laboratory.state()
        with pytest.raises(StoreConstraintError):
            put(laboratory, made.id, item(1), item(2, raw='"\ud800"'))
        assert laboratory.state() == before


class TestWithdraw:
    def test_one_sources_claim_ends_alone(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1, pdq(1)), source="one")
        ((entry, *_),) = (put(laboratory, made.id, item(1, pdq(2), key=b"1"), source="two"),)
        assert withdraw(laboratory, made.id, entry.entry_id, "two")
        assert list(laboratory.matchable().values()) == [pdq(1).value]
        assert not withdraw(laboratory, made.id, entry.entry_id, "two")
        assert not withdraw(laboratory, made.id, entry.entry_id, "nobody")

    def test_every_claim_ends_and_the_entry_with_them(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1), source="one")
        (entry,) = put(laboratory, made.id, item(1), source="two")
        assert withdraw(laboratory, made.id, entry.entry_id)
        assert laboratory.matchable() == {}
        assert laboratory.entries(made.id) == []
        assert not withdraw(laboratory, made.id, entry.entry_id)
        assert laboratory.store.check(deep=True) == []

    def test_entry_of_another_list_is_unknown(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one"), laboratory.add_list("two")
        (entry,) = put(laboratory, one.id, item(1))
        with pytest.raises(UnknownRecordError):
            withdraw(laboratory, two.id, entry.entry_id)
        with pytest.raises(UnknownRecordError):
            withdraw(laboratory, one.id, EntryId(OrderedIdentifiers(7).new()))
        assert len(laboratory.matchable()) == 1


class TestSuspension:
    def test_suspended_entry_stays_and_is_not_matched(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        one, two = put(laboratory, made.id, item(1, pdq(1), sha256(1)), item(2))
        assert suspend(laboratory, one.entry_id, TOMORROW)
        assert list(laboratory.matchable().values()) == [pdq(2).value]
        assert laboratory.matchable("sha256") == {}
        changes = laboratory.store.changes_since(1, limit=10)
        assert changes is not None
        assert {kind: rows.tolist() for kind, rows in changes.removed.items()} == {
            PDQ: [1],
            "sha256": [2],
        }
        shown, other = laboratory.entries(made.id)
        assert (shown.standing, other.standing) == (Standing.SUSPENDED, Standing.PUBLISHED)
        assert (shown.id, shown.version) == (one.entry_id, 1)
        assert other.id == two.entry_id
        assert laboratory.read_list(made.id).generation == 2
        assert laboratory.store.list_counts(made.id).by_standing == {
            Standing.SUSPENDED: 1,
            Standing.PUBLISHED: 1,
        }
        assert laboratory.store.check(deep=True) == []

    def test_resumed_entry_is_matched_under_new_numbers(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        before = laboratory.matchable()
        suspend(laboratory, entry.entry_id)
        assert resume(laboratory, entry.entry_id)
        after = laboratory.matchable()
        assert list(after.values()) == list(before.values())
        assert not after.keys() & before.keys()
        assert not resume(laboratory, entry.entry_id)
        assert laboratory.entries(made.id)[0].standing is Standing.PUBLISHED
        assert laboratory.store.check(deep=True) == []

    def test_merge_of_a_suspended_entry_keeps_it_suspended(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        suspend(laboratory, entry.entry_id)
        change = laboratory.store.change_number()
        (done,) = put(laboratory, made.id, item(1, pdq(10), sha256(1), key=b"1"))
        assert done.outcome is PutOutcome.CHANGED
        assert laboratory.matchable() == laboratory.matchable("sha256") == {}
        assert laboratory.store.change_number() == change, "nothing matchable has changed"
        resume(laboratory, entry.entry_id)
        assert list(laboratory.matchable().values()) == [pdq(10).value]
        assert list(laboratory.matchable("sha256").values()) == [sha256(1).value]

    def test_entry_beside_a_suspended_one_changes_alone(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        one, _ = put(laboratory, made.id, item(1), item(2))
        suspend(laboratory, one.entry_id)
        put(laboratory, made.id, item(1, pdq(10), key=b"1"), item(2, pdq(20), key=b"2"))
        assert list(laboratory.matchable().values()) == [pdq(20).value]
        resume(laboratory, one.entry_id)
        assert sorted(laboratory.matchable().values()) == sorted([pdq(10).value, pdq(20).value])
        assert laboratory.store.check(deep=True) == []

    def test_withdrawn_entry_returns_suspended(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        suspend(laboratory, entry.entry_id)
        withdraw(laboratory, made.id, entry.entry_id)
        (shown,) = laboratory.entries(made.id, include_withdrawn=True)
        assert shown.standing is Standing.WITHDRAWN
        put(laboratory, made.id, item(1))
        assert laboratory.matchable() == {}
        resume(laboratory, entry.entry_id)
        assert len(laboratory.matchable()) == 1

    def test_suspension_of_the_list_and_of_the_entry_both_count(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        one, two = put(laboratory, made.id, item(1), item(2))
        suspend(laboratory, one.entry_id)
        laboratory.set_standing(made.id, Standing.SUSPENDED)
        laboratory.set_standing(made.id, Standing.PUBLISHED)
        assert list(laboratory.matchable().values()) == [pdq(2).value]
        laboratory.set_standing(made.id, Standing.DISPUTED)
        suspend(laboratory, two.entry_id)
        resume(laboratory, one.entry_id)
        assert laboratory.matchable() == {}
        laboratory.set_standing(made.id, Standing.PUBLISHED)
        assert list(laboratory.matchable().values()) == [pdq(1).value]
        assert laboratory.store.check(deep=True) == []

    def test_second_suspension_replaces_the_end(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        assert suspend(laboratory, entry.entry_id, TOMORROW)
        assert suspend(laboratory, entry.entry_id)
        assert not suspend(laboratory, entry.entry_id)
        assert laboratory.store.entry_pages.due_to_resume(TOMORROW) == ()
        shown = laboratory.store.entry_pages.get(made.id, entry.entry_id)
        assert shown is not None
        assert shown.suspension == Suspension(at=START, until=None)

    def test_entries_whose_time_has_come_are_told_in_order(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        entries = put(laboratory, made.id, item(1), item(2), item(3), item(4))
        ends = [TOMORROW, START, None, TOMORROW + timedelta(microseconds=1)]
        for entry, until in zip(entries, ends, strict=True):
            suspend(laboratory, entry.entry_id, until)
        due = laboratory.store.entry_pages.due_to_resume
        assert due(TOMORROW) == ((made.id, entries[1].entry_id), (made.id, entries[0].entry_id))
        assert due(TOMORROW, limit=1) == ((made.id, entries[1].entry_id),)

    def test_unknown_entry_is_named(self, laboratory: Laboratory) -> None:
        unknown = EntryId(OrderedIdentifiers(7).new())
        for change in (suspend, resume):
            with pytest.raises(UnknownRecordError, match=str(unknown)):
                change(laboratory, unknown)


class TestSeveralChangesInOneWrite:
    def test_they_share_one_event_one_generation_and_one_change(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        one, two = put(laboratory, made.id, item(1), item(2))
        with laboratory.write() as writer:
            (three,) = writer.entries.put(made.id, "service", [item(3)])
            assert writer.entries.suspend(three.entry_id)
            assert writer.entries.withdraw(made.id, one.entry_id)
            assert writer.entries.suspend(two.entry_id)
            assert writer.entries.resume(two.entry_id)
            writer.record("entries.changed", {})
        assert list(laboratory.matchable().values()) == [pdq(2).value]
        assert laboratory.read_list(made.id).generation == 2
        assert laboratory.store.change_number() == 2
        assert len(laboratory.store.events()) == 4
        changes = laboratory.store.changes_since(1, limit=10)
        assert changes is not None
        assert changes.removed[PDQ].tolist() == [1, 2]
        assert changes.added[PDQ][0].tolist() == [4]

    def test_failure_rolls_all_of_them_back(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (one,) = put(laboratory, made.id, item(1))
        before = laboratory.state()

        def fail() -> None:
            with laboratory.write() as writer:
                writer.entries.put(made.id, "service", [item(2, labels=(EXERCISE_A,))])
                writer.entries.suspend(one.entry_id)
                writer.entries.resume(EntryId(OrderedIdentifiers(7).new()))

        with pytest.raises(UnknownRecordError):
            fail()
        assert laboratory.state() == before


class TestView:
    def test_view_says_who_said_what(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        put(laboratory, made.id, item(1, source_id="a", raw='{"a":1}'), source="one")
        laboratory.clock.pass_days(1)
        (entry,) = put(laboratory, made.id, item(1, pdq(2), key=b"1"), source="two")
        view = laboratory.store.entry_pages.get(made.id, entry.entry_id)
        assert view is not None
        assert view == laboratory.store.entry_pages.by_alias(1)
        assert view.entry == laboratory.entries(made.id)[0]
        assert (view.alias, view.recorded_at, view.suspension) == (1, TOMORROW, None)
        assert view.claims == (
            SourceClaim("one", "a", '{"a":1}', START),
            SourceClaim("two", None, None, TOMORROW),
        )
        withdraw(laboratory, made.id, entry.entry_id)
        ended = laboratory.store.entry_pages.get(made.id, entry.entry_id)
        assert ended is not None
        assert ended.entry.standing is Standing.WITHDRAWN
        assert [claim.source for claim in ended.claims] == ["one", "two"]

    def test_entry_is_found_in_its_own_list_only(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one"), laboratory.add_list("two")
        (entry,) = put(laboratory, one.id, item(1))
        assert laboratory.store.entry_pages.get(two.id, entry.entry_id) is None
        with pytest.raises(UnknownRecordError):
            laboratory.store.entry_pages.get(ListId(OrderedIdentifiers(7).new()), entry.entry_id)

    @pytest.mark.parametrize("alias", [0, -1, 2, 2**63, 10**30])
    def test_number_without_an_entry_is_nothing(
        self, sqlite_laboratory: Laboratory, alias: int
    ) -> None:
        made = sqlite_laboratory.add_list()
        put(sqlite_laboratory, made.id, item(1))
        assert sqlite_laboratory.store.entry_pages.by_alias(alias) is None


class TestTwoWritersAtOnce:
    def test_no_number_is_given_twice_and_no_record_lost(
        self, new_store: Callable[[], Location]
    ) -> None:
        place = new_store()
        with Store.open(place) as one, Store.open(place) as two:
            first = Laboratory(one, place)
            second = Laboratory(two, place, first_identifier=500_000)
            made = first.add_list()

            def put_some(laboratory: Laboratory) -> list[PutEntry]:
                done: list[PutEntry] = []
                for number in range(6):
                    done += put(laboratory, made.id, item(number), item(number + 1))
                return done

            with ThreadPoolExecutor(2) as pool:
                parts = list(pool.map(put_some, (first, second)))
            assert {each.entry_id for each in parts[0]} == {each.entry_id for each in parts[1]}
            added = [each for part in parts for each in part if each.outcome is PutOutcome.ADDED]
            assert sorted(each.alias for each in added) == list(range(1, 8))
            assert len(first.matchable()) == 7
            assert len(one.events()) == 2 + 12
            assert one.check(deep=True) == []


class TestMomentsThatCannotBeKept:
    @pytest.mark.parametrize(
        "moment",
        [
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-23))),
            datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ],
    )
    def test_suspension_until_such_a_moment_is_refused(
        self, laboratory: Laboratory, moment: datetime
    ) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        before = laboratory.state()
        with pytest.raises(StoreConstraintError, match="outside the years"):
            suspend(laboratory, entry.entry_id, moment)
        assert laboratory.state() == before

    def test_latest_moment_is_kept(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        last = datetime.max.replace(tzinfo=UTC)
        suspend(laboratory, entry.entry_id, last)
        shown = laboratory.store.entry_pages.get(made.id, entry.entry_id)
        assert shown is not None
        assert shown.suspension == Suspension(at=START, until=last)

    def test_one_that_stands_there_is_damage_which_resuming_mends(
        self, sqlite_laboratory: Laboratory
    ) -> None:
        laboratory = sqlite_laboratory
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        suspend(laboratory, entry.entry_id, TOMORROW)
        with closing(sqlite3.connect(laboratory.place, isolation_level=None)) as damaging:
            damaging.execute("UPDATE suspension SET until = 253402387139000000")
        with pytest.raises(StoreDamagedError):
            laboratory.store.entry_pages.get(made.id, entry.entry_id)
        assert resume(laboratory, entry.entry_id)
        assert laboratory.store.entry_pages.get(made.id, entry.entry_id) is not None
        assert len(laboratory.matchable()) == 1


class TestWithdrawnEntries:
    def test_their_suspension_is_no_change_of_their_list(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (entry,) = put(laboratory, made.id, item(1))
        withdraw(laboratory, made.id, entry.entry_id)
        generation = laboratory.read_list(made.id).generation
        assert suspend(laboratory, entry.entry_id)
        assert resume(laboratory, entry.entry_id)
        assert laboratory.read_list(made.id).generation == generation

    def test_who_puts_one_again_that_is_suspended_is_told(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        (first,) = put(laboratory, made.id, item(1))
        suspend(laboratory, first.entry_id)
        withdraw(laboratory, made.id, first.entry_id)
        (again,) = put(laboratory, made.id, item(1))
        assert (first.is_suspended, again.is_suspended) == (False, True)
        assert again.outcome is PutOutcome.RETURNED

    def test_entry_of_another_list_is_not_there(self, laboratory: Laboratory) -> None:
        made, other = laboratory.add_list("one"), laboratory.add_list("two")
        (entry,) = put(laboratory, made.id, item(1))
        with laboratory.write() as writer:
            with pytest.raises(UnknownRecordError):
                writer.entries.suspend(entry.entry_id, list_id=other.id)
            with pytest.raises(UnknownRecordError):
                writer.entries.resume(entry.entry_id, list_id=other.id)
            writer.record("exercise.done", {})
