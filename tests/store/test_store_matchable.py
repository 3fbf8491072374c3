"""What an index is made of, and how it learns of changes."""

import numpy as np
import pytest
from tests.store.material import EXERCISE_A, Laboratory, item, pdq, sha256, value

from rempart.model.errors import UsageError
from rempart.model.fingerprint import CPP512, MD5, PDQ, SCREEN, SHA256, VPDQ, Fingerprint
from rempart.model.handling import Standing, Subject
from rempart.model.identifiers import FingerprintNumber
from rempart.model.lists import ListPurpose
from rempart.model.match import KnownFingerprint
from rempart.model.video import VideoFrame, frames_text


class TestMatchable:
    def test_only_sound_fingerprints_of_publishable_dialects_can_be_matched(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(
            made.id,
            [
                item(1, pdq(1, quality=50), pdq(2, dialect=CPP512, quality=None)),
                item(2, pdq(3, quality=49), pdq(4, dialect=SCREEN)),
                item(3, sha256(5), Fingerprint(MD5, value(6, 16)), Fingerprint("tmk", b"x")),
            ],
        )
        assert sorted(laboratory.matchable().values()) == sorted([value(1, 32), value(2, 32)])
        assert list(laboratory.matchable(SHA256).values()) == [value(5, 32)]
        assert list(laboratory.matchable(MD5).values()) == [value(6, 16)]

    def test_parts_are_arrays_in_the_order_of_numbers(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(number) for number in range(10)])
        parts = list(laboratory.store.matchable(PDQ, chunk=4))
        assert [len(numbers) for numbers, _ in parts] == [4, 4, 2]
        for numbers, values in parts:
            assert numbers.dtype == np.dtype(np.int64)
            assert values.dtype == np.dtype(np.uint8)
            assert values.shape == (len(numbers), 32)
        numbers = np.concatenate([numbers for numbers, _ in parts])
        assert np.all(np.diff(numbers) > 0)

    @pytest.mark.parametrize("kind", ["photodna", "tmk", "", "PDQ"])
    def test_kind_that_cannot_be_matched_is_refused(
        self, laboratory: Laboratory, kind: str
    ) -> None:
        with pytest.raises(UsageError):
            list(laboratory.store.matchable(kind))

    def test_reader_sees_one_moment(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(number) for number in range(6)])
        reading = laboratory.store.matchable(PDQ, chunk=2)
        seen = len(next(reading)[0])
        laboratory.merge(made.id, [item(99)], is_full=True)
        seen += sum(len(numbers) for numbers, _ in reading)
        assert seen == 6
        assert len(laboratory.matchable()) == 1


class TestChangesSince:
    def test_nothing_has_changed_since_now(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1)])
        changes = laboratory.store.changes_since(1, limit=10)
        assert changes is not None
        assert (changes.up_to, changes.added, changes.removed) == (1, {}, {})

    def test_what_came_and_went_in_between_is_not_mentioned(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1)])
        laboratory.merge(made.id, [item(2)], is_full=True)
        laboratory.merge(made.id, [item(3, sha256(3))], is_full=True)
        changes = laboratory.store.changes_since(0, limit=10)
        assert changes is not None
        assert changes.removed == {}
        assert list(changes.added) == [SHA256]
        numbers, values = changes.added[SHA256]
        assert (numbers.tolist(), values.tobytes()) == ([3], value(3, 32))

    def test_low_quality_is_neither_added_nor_removed(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1, quality=0)), item(2, pdq(2, dialect=SCREEN))])
        laboratory.merge(made.id, [], is_full=True)
        changes = laboratory.store.changes_since(1, limit=10)
        assert changes is not None
        assert (changes.added, changes.removed) == ({}, {})

    def test_too_many_changes_ask_for_a_new_index(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        laboratory.merge(made.id, [item(3)], is_full=True)
        assert laboratory.store.changes_since(1, limit=3) is not None
        assert laboratory.store.changes_since(1, limit=2) is None

    def test_index_of_the_future_asks_for_a_new_index(self, laboratory: Laboratory) -> None:
        assert laboratory.store.changes_since(1, limit=10) is None


class TestDescribe:
    def test_match_is_explained(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list(purpose=ListPurpose.KNOWN, subject=Subject.ADULT)
        laboratory.merge(
            made.id, [item(1, pdq(1, dialect=CPP512, quality=77), sha256(1), labels=(EXERCISE_A,))]
        )
        laboratory.merge(made.id, [item(2, subject=Subject.CHILD)])
        (entry, other) = laboratory.entries(made.id)
        known = laboratory.store.describe(map(FingerprintNumber, laboratory.matchable()))
        assert known[FingerprintNumber(1)] == KnownFingerprint(
            number=FingerprintNumber(1),
            list_id=made.id,
            list_name="exercise",
            owner="partner",
            purpose=ListPurpose.KNOWN,
            subject=Subject.ADULT,
            threshold_bits=31,
            list_generation=2,
            entry_id=entry.id,
            entry_version=1,
            kind=PDQ,
            dialect=CPP512,
            quality=77,
            labels=(EXERCISE_A,),
        )
        assert known[FingerprintNumber(3)].subject is Subject.CHILD
        assert known[FingerprintNumber(3)].entry_id == other.id
        digest = laboratory.store.describe([FingerprintNumber(2)])[FingerprintNumber(2)]
        assert (digest.kind, digest.dialect, digest.quality) == (SHA256, None, None)

    def test_more_numbers_than_a_statement_takes_are_described(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(n) for n in range(2_500)], batch=2_500)
        numbers = [FingerprintNumber(number) for number in range(3_000)]
        assert len(laboratory.store.describe(iter(numbers))) == 2_500
        assert laboratory.store.describe([]) == {}

    def test_what_can_no_longer_be_matched_is_left_out(self, laboratory: Laboratory) -> None:
        made, other = laboratory.add_list("one"), laboratory.add_list("two")
        laboratory.merge(made.id, [item(1), item(2)])
        laboratory.merge(other.id, [item(3)])
        numbers = [FingerprintNumber(number) for number in (1, 2, 3, 4)]
        laboratory.merge(made.id, [item(2)], is_full=True)
        assert list(laboratory.store.describe(numbers)) == [2, 3]
        laboratory.set_standing(other.id, Standing.DISPUTED)
        assert list(laboratory.store.describe(numbers)) == [2]


class TestCpp512Alone:
    def test_an_entry_in_the_other_dialect_only_is_told(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1, dialect=CPP512)), item(2, pdq(2))])

        assert laboratory.store.has_cpp512_alone()

    def test_an_entry_in_both_dialects_is_none(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1), pdq(2, dialect=CPP512)), item(2, pdq(3))])

        assert not laboratory.store.has_cpp512_alone()

    def test_one_that_cannot_be_matched_does_not_count(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1, dialect=CPP512, quality=49)), item(2, pdq(2))])

        assert not laboratory.store.has_cpp512_alone()


class TestAsOf:
    def test_what_changed_later_is_left_out_and_what_went_later_is_there(
        self, laboratory: Laboratory
    ) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1), item(2)])
        before, number = laboratory.matchable(), laboratory.store.change_number()
        laboratory.merge(made.id, [item(2), item(3)], is_full=True)

        [(numbers, values)] = laboratory.store.matchable(PDQ, as_of=number)

        found = dict(zip(numbers.tolist(), (each.tobytes() for each in values), strict=True))
        assert found == before
        assert found != laboratory.matchable()
        assert list(laboratory.store.matchable(PDQ, as_of=0)) == []


class TestCpp512AloneAmongChanges:
    def test_only_entries_that_changed_are_looked_at(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, pdq(1), pdq(2, dialect=CPP512))])
        first = laboratory.store.change_number()
        assert not laboratory.store.has_cpp512_alone(since=0)
        laboratory.merge(made.id, [item(2, pdq(3, dialect=CPP512))])
        second = laboratory.store.change_number()
        assert laboratory.store.has_cpp512_alone(since=first)
        assert not laboratory.store.has_cpp512_alone(since=second)
        assert laboratory.store.has_cpp512_alone()

    def test_an_entry_that_loses_its_exact_value_is_one(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        both = item(1, pdq(1), pdq(2, dialect=CPP512))
        laboratory.merge(made.id, [both])
        first = laboratory.store.change_number()
        laboratory.merge(made.id, [item(1, pdq(2, dialect=CPP512))])
        assert laboratory.store.has_cpp512_alone(since=first)


class TestVideos:
    """A video is one fingerprint, and counts as many rows of an index as it has frames."""

    def test_videos_come_with_their_text_in_order(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, video(2)), item(2, pdq(1), video(1))])

        assert [text for _, text in laboratory.store.matchable_videos()] == [
            video(2).value,
            video(1).value,
        ]

    def test_what_came_and_went_is_told_with_its_text(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, video(1))])
        [(old, _)] = laboratory.store.matchable_videos()
        laboratory.merge(made.id, [item(2, video(2))], is_full=True)

        changes = laboratory.store.changes_since(1, limit=10)

        assert changes is not None
        assert changes.removed_videos == ((old, video(1).value),)
        assert [text for _, text in changes.added_videos] == [video(2).value]
        assert (changes.added, changes.removed) == ({}, {})

    def test_what_is_left_of_a_past_change_is_read_as_of_it(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, video(1))])
        number = laboratory.store.change_number()
        laboratory.merge(made.id, [item(2, video(2))], is_full=True)

        [(_, text)] = laboratory.store.matchable_videos(as_of=number)

        assert text == video(1).value

    def test_long_videos_ask_for_a_new_index(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, video(1, frames=50))])

        assert laboratory.store.changes_since(0, limit=80) is not None
        assert laboratory.store.changes_since(0, limit=49) is None

    def test_a_suspended_list_gives_none(self, laboratory: Laboratory) -> None:
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(1, video(1))])
        laboratory.set_standing(made.id, Standing.SUSPENDED)

        assert list(laboratory.store.matchable_videos()) == []


def video(number: int, *, frames: int = 2) -> Fingerprint:
    shown = [VideoFrame(value(number + at, 32), 100, 1000 * at) for at in range(frames)]
    return Fingerprint(VPDQ, frames_text(shown).encode())
