"""Merging what sources say into a list: each claim counts, and only its own source can take it back."""

import pytest
from tests.store.material import (
    EXERCISE_A,
    EXERCISE_B,
    Laboratory,
    item,
    pdq,
    sha256,
    value,
)

from rempart.model.fingerprint import PDQ, SHA256, Fingerprint
from rempart.model.handling import Standing, Subject
from rempart.model.labels import Label
from rempart.store import AbsentCounts, MergeCounts, MergeItem, StoreConstraintError


class TestFirstImport:
    def test_entry_is_read_as_it_was_put(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list(subject=Subject.ADULT)
        opaque = Fingerprint("tmk", "ä text as received".encode())
        fingerprints = (
            pdq(1),
            pdq(1, dialect="cpp512", quality=None),
            pdq(2, dialect="screen", quality=0),
            sha256(1),
            Fingerprint("photodna", value(1, 64) * 2 + value(1, 16), software="other/2"),
            opaque,
        )
        put = item(1, *fingerprints, labels=(EXERCISE_B, EXERCISE_A), source_id="id-1", raw="{}")
        laboratory.merge(made.id, [put])
        ((entry, raws),) = laboratory.store.entries(made.id)
        assert entry.fingerprints == fingerprints
        assert entry.labels == (EXERCISE_B, EXERCISE_A)
        assert (entry.subject, entry.standing) == (Subject.ADULT, Standing.PUBLISHED)
        assert (entry.version, entry.list_id, entry.handling) == (1, made.id, made.handling)
        assert entry.source_ids == ("id-1",)
        assert raws == ("{}",)

    def test_stated_subject_wins_over_the_list(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list(subject=Subject.ADULT)
        laboratory.merge(made.id, [item(1, subject=Subject.CHILD), item(2)])
        assert [entry.subject for entry in laboratory.entries(made.id)] == [
            Subject.CHILD,
            Subject.ADULT,
        ]

    def test_repeated_key_is_reported_and_the_first_record_wins(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        with laboratory.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            in_batch = merge.put([item(1, key=b"k"), item(2, key=b"k"), item(3)])
            across = merge.put([item(4, key=b"k"), item(5)])
            writer.record("list.imported", {})
        assert (in_batch, across) == ([2], [4])
        assert merge.counts == MergeCounts(added=3, duplicates=2)
        assert laboratory.entries(made.id)[0].fingerprints == (pdq(1),)

    def test_repeated_key_of_a_known_entry_is_reported_too(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, key=b"k")])
        with laboratory.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            assert merge.put([item(1, key=b"k")]) == []
            assert merge.put([item(2, key=b"k")]) == [2]
            writer.record("list.imported", {})
        assert merge.counts == MergeCounts(unchanged=1, duplicates=1)

    def test_fingerprint_repeated_within_a_record_is_kept_once(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1, quality=None), sha256(1), pdq(1, quality=80))])
        (entry,) = laboratory.entries(made.id)
        assert entry.fingerprints == (pdq(1, quality=80), sha256(1))

    def test_batch_larger_than_a_statement_is_merged_whole(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        items = [item(number, sha256(number)) for number in range(1, 6_002)]
        assert laboratory.merge(made.id, items, batch=7_000).added == 6_001
        assert laboratory.merge(made.id, items, batch=7_000).unchanged == 6_001
        assert len(laboratory.entries(made.id)) == 6_001

    def test_same_key_in_two_lists_makes_two_entries(self, laboratory: Laboratory) -> None:
        one, two = laboratory.add_list("one"), laboratory.add_list("two")
        laboratory.merge(one.id, [item(1)])
        assert laboratory.merge(two.id, [item(1)]).added == 1
        assert laboratory.entries(one.id)[0].id != laboratory.entries(two.id)[0].id

    @pytest.mark.parametrize(
        "strange",
        [
            item(1, raw="\ud800"),
            item(1, source_id="\udfff"),
            item(1, labels=(Label("exercise", None, None, "\ud800"),)),
            item(1, Fingerprint(SHA256, value(1, 32), software="\ud800")),
        ],
        ids=["raw", "source-id", "label", "software"],
    )
    def test_text_without_utf8_form_is_refused_whole(
        self, laboratory: Laboratory, strange: MergeItem
    ) -> None:
        made = laboratory.add_list()
        before = laboratory.state()
        with pytest.raises(StoreConstraintError):
            laboratory.merge(made.id, [item(2), strange])
        assert laboratory.state() == before


class TestSecondImport:
    def test_same_import_again_changes_nothing_but_leaves_an_event(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        items = [item(number, pdq(number), raw="{}") for number in range(10)]
        laboratory.merge(made.id, items, is_full=True)
        before = laboratory.state()
        counts = laboratory.merge(made.id, items, is_full=True)
        after = laboratory.state()
        assert counts == MergeCounts(unchanged=10)
        assert {name for name in after if after[name] != before[name]} == {"events"}
        assert len(laboratory.store.events()) == 4

    def test_changed_record_makes_a_new_version(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1), sha256(1), source_id="a")])
        before = laboratory.matchable(SHA256)
        counts = laboratory.merge(
            made.id, [item(1, pdq(2), sha256(1), labels=(EXERCISE_A,), raw="[]")]
        )
        assert counts == MergeCounts(changed=1)
        ((entry, raws),) = laboratory.store.entries(made.id)
        assert entry.version == 2
        assert set(entry.fingerprints) == {pdq(2), sha256(1)}
        assert (entry.labels, entry.source_ids, raws) == ((EXERCISE_A,), (), ("[]",))
        assert list(laboratory.matchable(PDQ).values()) == [pdq(2).value]
        assert laboratory.matchable(SHA256) == before, "what stays keeps its number"
        assert laboratory.read_list(made.id).generation == 2

    def test_record_that_has_gone_takes_its_raw_text_along(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, raw='{"old": 1}')])
        laboratory.merge(made.id, [item(1)])
        ((_, raws),) = laboratory.store.entries(made.id)
        assert raws == ()

    def test_added_import_withdraws_nothing(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        assert laboratory.merge(made.id, [item(3)]) == MergeCounts(added=1)
        assert len(laboratory.entries(made.id)) == 3

    def test_absent_entries_are_counted_before_they_are_withdrawn(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(number) for number in range(5)])
        with laboratory.write() as writer:
            merge = writer.begin_merge(made.id, "partner")
            merge.put([item(1), item(7)])
            assert merge.absent() == AbsentCounts(active_before=5, absent=4)
            merge.withdraw_absent()
            assert merge.absent().absent == 0
            writer.record("list.imported", {})
        assert merge.counts == MergeCounts(added=1, unchanged=1, withdrawn=4, claims_withdrawn=4)
        withdrawn = [
            entry
            for entry in laboratory.entries(made.id, include_withdrawn=True)
            if entry.standing is Standing.WITHDRAWN
        ]
        assert [entry.fingerprints for entry in withdrawn] == [
            (pdq(number),) for number in (0, 2, 3, 4)
        ]
        assert {entry.version for entry in withdrawn} == {2}

    def test_withdrawn_entry_returns_as_the_same_entry(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1)])
        (before,) = laboratory.entries(made.id)
        old = laboratory.matchable()
        laboratory.merge(made.id, [], is_full=True)
        assert laboratory.entries(made.id) == []
        assert laboratory.merge(made.id, [item(1)]) == MergeCounts(returned=1)
        (after,) = laboratory.entries(made.id)
        assert (after.id, after.version) == (before.id, 3)
        assert after.fingerprints == before.fingerprints
        assert not laboratory.matchable().keys() & old.keys(), "a number is never used again"


class TestSeveralSources:
    def test_entry_stays_while_any_source_claims_it(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, source_id="a")], source="one")
        laboratory.merge(made.id, [item(1, source_id="b")], source="two")
        assert laboratory.entries(made.id)[0].source_ids == ("a", "b")
        counts = laboratory.merge(made.id, [], source="one", is_full=True)
        assert counts == MergeCounts(changed=1, claims_withdrawn=1)
        assert laboratory.entries(made.id)[0].source_ids == ("b",)
        assert laboratory.merge(made.id, [], source="two", is_full=True).withdrawn == 1
        assert laboratory.entries(made.id) == []

    def test_equal_claim_of_another_source_is_no_new_version(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1)], source="one")
        before = laboratory.read_list(made.id), laboratory.entries(made.id), laboratory.matchable()
        assert laboratory.merge(made.id, [item(1)], source="two") == MergeCounts(unchanged=1)
        counts = laboratory.merge(made.id, [], source="one", is_full=True)
        assert counts == MergeCounts(claims_withdrawn=1)
        after = laboratory.read_list(made.id), laboratory.entries(made.id), laboratory.matchable()
        assert after == before

    def test_withdrawal_takes_back_only_what_the_source_alone_had_said(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        right = item(1, sha256(1), pdq(1), labels=(EXERCISE_A,))
        wrong = item(1, sha256(1), pdq(666), labels=(EXERCISE_B,))
        laboratory.merge(made.id, [right], source="one")
        laboratory.merge(made.id, [wrong], source="two")
        (joint,) = laboratory.entries(made.id)
        assert set(joint.fingerprints) == {sha256(1), pdq(1), pdq(666)}
        assert joint.labels == (EXERCISE_A, EXERCISE_B)
        laboratory.merge(made.id, [], source="two", is_full=True)
        (left,) = laboratory.entries(made.id)
        assert set(left.fingerprints) == {sha256(1), pdq(1)}
        assert left.labels == (EXERCISE_A,)
        assert list(laboratory.matchable().values()) == [pdq(1).value]

    def test_sources_do_not_undo_each_other(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        one, two = item(1, sha256(1), pdq(1)), item(1, sha256(1), labels=(EXERCISE_A,))
        laboratory.merge(made.id, [one], source="one")
        laboratory.merge(made.id, [two], source="two")
        assert laboratory.merge(made.id, [one], source="one") == MergeCounts(unchanged=1)
        assert laboratory.merge(made.id, [two], source="two") == MergeCounts(unchanged=1)
        assert laboratory.entries(made.id)[0].version == 2

    def test_full_import_withdraws_only_its_own_sources_claims(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)], source="one")
        counts = laboratory.merge(made.id, [item(3)], source="two", is_full=True)
        assert counts == MergeCounts(added=1)
        assert len(laboratory.entries(made.id)) == 3

    def test_record_with_better_quality_makes_the_entry_matchable(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1, quality=10))], source="one")
        assert laboratory.matchable() == {}
        laboratory.merge(made.id, [item(1, pdq(1, quality=90))], source="two")
        assert list(laboratory.matchable().values()) == [pdq(1).value]
        assert laboratory.entries(made.id)[0].fingerprints == (pdq(1, quality=90),)

    @pytest.mark.parametrize(
        ("of_list", "stated", "expected"),
        [
            (Subject.ADULT, (Subject.HARMLESS, Subject.CHILD), Subject.CHILD),
            (Subject.CHILD, (Subject.HARMLESS, None), Subject.CHILD),
            (Subject.HARMLESS, (Subject.ADULT, None), Subject.ADULT),
            (Subject.CHILD, (None, None), Subject.CHILD),
        ],
    )
    def test_strictest_statement_about_the_subject_holds(
        self,
        laboratory: Laboratory,
        of_list: Subject,
        stated: tuple[Subject | None, Subject | None],
        expected: Subject,
    ) -> None:
        made = laboratory.add_list(subject=of_list)
        for source, subject in zip(("one", "two"), stated, strict=True):
            laboratory.merge(made.id, [item(1, subject=subject, raw=source)], source=source)
        assert laboratory.entries(made.id)[0].subject is expected
