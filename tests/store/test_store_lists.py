"""Lists: made, found, changed, suspended, withdrawn, taken up again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.store.material import (
    EXERCISE_A,
    Laboratory,
    OrderedIdentifiers,
    item,
    pdq,
    sha256,
)

from rempart.model.handling import Handling, Marking, Standing, Subject, Use
from rempart.model.identifiers import ListId
from rempart.model.lists import ListPurpose
from rempart.store import (
    AmbiguousListError,
    ListCounts,
    ListExistsError,
    UnknownRecordError,
    WriteMisuseError,
)

FULL_HANDLING = Handling(
    audience=("hotline-a", "police-b"),
    marking=Marking.AMBER_STRICT,
    uses=(Use.DETECT, Use.COURT),
    purpose="victim-identification",
    legal_basis="FR art. exercise 1 (2026)",
    expires_at=datetime(2027, 1, 1, 0, 0, 0, 5, tzinfo=UTC),
    retention_days=90,
)


class TestLists:
    def test_list_is_read_as_it_was_made(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list("exercise-1", "partner", handling=FULL_HANDLING)
        assert laboratory.store.lists() == (made,)
        assert made.handling == FULL_HANDLING
        assert (made.name, made.owner, made.generation) == ("exercise-1", "partner", 0)
        assert (made.purpose, made.subject) == (ListPurpose.KNOWN, Subject.CHILD)
        assert (made.threshold_bits, made.standing) == (31, Standing.PUBLISHED)

    def test_list_is_found_by_name_and_owner(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list("exercise", "one")
        assert laboratory.store.find_list("exercise") == made
        other = laboratory.add_list("exercise", "two")
        assert laboratory.store.find_list("exercise", "two") == other
        assert laboratory.store.find_list("exercise", "three") is None
        assert laboratory.store.find_list("nothing") is None
        with pytest.raises(AmbiguousListError, match="one, two"):
            laboratory.store.find_list("exercise")

    def test_second_list_of_the_same_owner_and_name_is_refused(
        self, laboratory: Laboratory
    ) -> None:
        laboratory.add_list()
        before = laboratory.state()
        with pytest.raises(ListExistsError):
            laboratory.add_list()
        assert laboratory.state() == before

    @pytest.mark.parametrize("name", ["", "Exercise", "-a", "a" * 64, "a\n", "a b"])
    def test_impossible_name_is_refused(self, laboratory: Laboratory, name: str) -> None:
        with pytest.raises(WriteMisuseError):
            laboratory.add_list(name)

    @pytest.mark.parametrize("bits", [-1, 65])
    def test_impossible_threshold_is_refused(self, laboratory: Laboratory, bits: int) -> None:
        made = laboratory.add_list()
        with pytest.raises(WriteMisuseError), laboratory.write() as writer:
            writer.change_list(made.id, threshold_bits=bits)
        assert laboratory.read_list(made.id) == made

    def test_only_what_is_named_changes(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        with laboratory.write() as writer:
            changed = writer.change_list(made.id, threshold_bits=0)
            writer.record("list.changed", {})
        assert changed == replace(made, threshold_bits=0) == laboratory.read_list(made.id)
        with laboratory.write() as writer:
            writer.change_list(
                made.id,
                purpose=ListPurpose.KNOWN_HARMLESS,
                subject=Subject.HARMLESS,
                handling=FULL_HANDLING,
                standing=Standing.DISPUTED,
            )
            writer.record("list.changed", {})
        assert laboratory.read_list(made.id) == replace(
            changed,
            purpose=ListPurpose.KNOWN_HARMLESS,
            subject=Subject.HARMLESS,
            handling=FULL_HANDLING,
            standing=Standing.DISPUTED,
        )

    def test_unknown_list_is_named(self, laboratory: Laboratory) -> None:
        unknown = ListId(OrderedIdentifiers(77).new())
        for read in (laboratory.store.list_counts, laboratory.entries, laboratory.withdraw):
            with pytest.raises(UnknownRecordError, match=str(unknown)):
                read(unknown)
        with pytest.raises(UnknownRecordError), laboratory.write() as writer:
            writer.begin_merge(unknown, "partner")


class TestListCounts:
    def test_counts_are_by_standing_and_by_kind(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        other = laboratory.add_list("other")
        laboratory.merge(other.id, [item(9)])
        laboratory.merge(made.id, [item(1, pdq(1), sha256(1)), item(2, pdq(2, dialect="cpp512"))])
        laboratory.merge(made.id, [item(1, pdq(1), sha256(1))], is_full=True)
        assert laboratory.store.list_counts(made.id) == ListCounts(
            by_standing={Standing.PUBLISHED: 1, Standing.WITHDRAWN: 1},
            by_kind={("pdq", "exact"): 1, ("sha256", None): 1},
        )


class TestSuspension:
    @pytest.mark.parametrize(
        "standing",
        [Standing.PROPOSED, Standing.DISPUTED, Standing.SUSPENDED, Standing.EXPIRED],
    )
    def test_suspended_list_is_not_matched_and_its_entries_stay(
        self, laboratory: Laboratory, standing: Standing
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        entries = laboratory.entries(made.id)
        laboratory.set_standing(made.id, standing)
        assert laboratory.matchable() == {}
        assert laboratory.entries(made.id) == entries
        assert laboratory.store.change_number() == 2

    def test_resumed_list_is_matched_under_new_numbers(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        before = laboratory.matchable()
        entries = laboratory.entries(made.id)
        laboratory.set_standing(made.id, Standing.SUSPENDED)
        laboratory.set_standing(made.id, Standing.CONFIRMED)
        after = laboratory.matchable()
        assert sorted(after.values()) == sorted(before.values())
        assert not after.keys() & before.keys()
        assert laboratory.entries(made.id) == entries
        assert laboratory.store.check(deep=True) == []

    def test_entries_that_come_while_suspended_match_after_it(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list(standing=Standing.PROPOSED)
        laboratory.merge(made.id, [item(1), item(2)])
        laboratory.merge(made.id, [item(1)], is_full=True)
        assert laboratory.matchable() == {}
        assert laboratory.store.change_number() == 0
        laboratory.set_standing(made.id, Standing.PUBLISHED)
        assert list(laboratory.matchable().values()) == [pdq(1).value]
        assert laboratory.store.check(deep=True) == []

    def test_list_that_may_not_be_used_to_detect_is_not_matched(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list(handling=Handling(uses=(Use.STATISTICS,)))
        laboratory.merge(made.id, [item(1)])
        assert laboratory.matchable() == {}
        with laboratory.write() as writer:
            writer.change_list(made.id, handling=Handling())
            writer.record("list.changed", {})
        assert len(laboratory.matchable()) == 1

    def test_threshold_and_subject_do_not_touch_the_index(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1)])
        before = laboratory.matchable()
        with laboratory.write() as writer:
            writer.change_list(made.id, threshold_bits=3, subject=Subject.ADULT)
            writer.record("list.changed", {})
        assert laboratory.matchable() == before
        changes = laboratory.store.changes_since(1, limit=0)
        assert changes is not None
        assert (changes.up_to, changes.added, changes.removed) == (2, {}, {})

    def test_whoever_follows_the_change_number_learns_that_a_list_changed(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        numbers = [laboratory.store.change_number()]
        for change in (
            {"threshold_bits": 3},
            {"subject": Subject.ADULT},
            {"purpose": ListPurpose.KNOWN_HARMLESS},
            {"handling": Handling(uses=(Use.DETECT, Use.COURT))},
            {"standing": Standing.DISPUTED},
        ):
            for _ in range(2):
                with laboratory.write() as writer:
                    writer.change_list(made.id, **change)
                    writer.record("list.changed", {})
                numbers.append(laboratory.store.change_number())
        assert numbers == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "the same said again is no change"
        laboratory.withdraw(made.id)
        laboratory.add_list()
        assert laboratory.store.change_number() == 7


class TestWithdrawnList:
    def test_withdrawal_ends_the_claims_of_all_sources(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)], source="one")
        laboratory.merge(made.id, [item(2), item(3)], source="two")
        assert laboratory.withdraw(made.id) == 3
        assert laboratory.store.lists() == ()
        assert laboratory.store.find_list("exercise") is None
        assert laboratory.read_list(made.id).standing is Standing.WITHDRAWN
        assert laboratory.entries(made.id) == []
        assert laboratory.matchable() == {}
        assert laboratory.withdraw(made.id) == 0
        assert laboratory.store.check(deep=True) == []

    def test_withdrawn_list_takes_no_import(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.withdraw(made.id)
        with pytest.raises(WriteMisuseError):
            laboratory.merge(made.id, [item(1)])

    def test_list_added_again_is_the_same_list(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, labels=(EXERCISE_A,))])
        (entry,) = laboratory.entries(made.id)
        laboratory.withdraw(made.id)
        again = laboratory.add_list(subject=Subject.ADULT)
        assert (again.id, again.subject) == (made.id, Subject.ADULT)
        assert laboratory.entries(made.id) == []
        counts = laboratory.merge(made.id, [item(1, labels=(EXERCISE_A,))])
        assert counts.returned == 1
        (returned,) = laboratory.entries(made.id)
        assert (returned.id, returned.version) == (entry.id, entry.version + 2)
