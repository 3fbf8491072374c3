"""A match explains itself, and there are exactly the matches that the thresholds allow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.match import KnownIndex, Matcher, PictureQuery, Query, single_query
from rempart.model.fingerprint import DIGEST_BYTES, FIXED_BYTES, Fingerprint
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId, MatchId
from rempart.model.labels import Label
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS, KnownFingerprint, Match

A_PICTURE = bytes(range(32))
OTHERS = tuple(bytes([40 + number]) * 32 for number in range(7))
"""Seven values far from `A_PICTURE` and from each other, to stand for its turned variants."""


def flipped(value: bytes, bits: int) -> bytes:
    """Return a value that differs in exactly so many bits, spread over all bytes."""
    turned = bytearray(value)
    for bit in range(bits):
        turned[(bit * 7) % 32] ^= 1 << (bit // 32)
    return bytes(turned)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@dataclass
class Known:
    """What is known, in memory: explains numbers, as the node's store does."""

    by_number: dict[FingerprintNumber, KnownFingerprint] = field(default_factory=dict)
    values: dict[FingerprintNumber, bytes] = field(default_factory=dict)

    def add(
        self,
        value: bytes,
        *,
        kind: str = "pdq",
        dialect: str = "exact",
        entry: int | None = None,
        list_name: str = "known",
        purpose: ListPurpose = ListPurpose.KNOWN,
        threshold: int = 31,
    ) -> FingerprintNumber:
        number = FingerprintNumber(len(self.by_number) + 1)
        self.values[number] = value
        self.by_number[number] = KnownFingerprint(
            number=number,
            list_id=ListId(UUID(int=7)),
            list_name=list_name,
            owner="Exercise Hotline",
            purpose=purpose,
            subject=Subject.CHILD if purpose is ListPurpose.KNOWN else Subject.HARMLESS,
            threshold_bits=threshold,
            list_generation=3,
            entry_id=EntryId(UUID(int=entry or 1000 + number)),
            entry_version=2,
            kind=kind,
            dialect=dialect if kind == "pdq" else None,
            quality=100 if kind == "pdq" else None,
            labels=(Label("exercise-scheme", "1", None, "exercise-A"),),
        )
        return number

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        return {each: self.by_number[each] for each in numbers if each in self.by_number}

    def chunks(self, kind: str) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        rows = [each for each, known in self.by_number.items() if known.kind == kind]
        for row in rows:  # the smallest chunks there can be
            value = np.frombuffer(self.values[row], np.uint8).reshape(1, FIXED_BYTES[kind])
            yield np.array([row], np.int64), value

    def matcher(self) -> Matcher:
        made = iter(range(1, 1_000_000))
        return Matcher(
            KnownIndex.build(self.chunks, change_number=1),
            self,
            largest_threshold_bits=max(
                (each.threshold_bits for each in self.by_number.values()), default=0
            ),
            new_match_id=lambda _: MatchId(UUID(int=next(made))),
        )


@pytest.fixture
def known() -> Known:
    return Known()


def picture(
    value: bytes = A_PICTURE, *, quality: int | None = 90, cpp512: bytes | None = None
) -> Query:
    return Query(
        digests=(),
        picture=PictureQuery(variants=(value, *OTHERS), quality=quality, cpp512=cpp512),
    )


def matches_of(known: Known, query: Query) -> tuple[Match, ...]:
    return known.matcher().match_many([query])[0].matches


class TestExplanation:
    def test_a_picture_s_match_says_everything(self, known: Known) -> None:
        known.add(flipped(A_PICTURE, 9), threshold=20)

        [match] = matches_of(known, picture())

        assert match == Match(
            id=MatchId(UUID(int=1)),
            list_name="known",
            list_id=ListId(UUID(int=7)),
            list_generation=3,
            owner="Exercise Hotline",
            entry_id=EntryId(UUID(int=1001)),
            entry_version=2,
            subject=Subject.CHILD,
            kind="pdq",
            distance=9,
            threshold=20,
            dialect="exact",
            transform="original",
            quality=90,
            labels=(Label("exercise-scheme", "1", None, "exercise-A"),),
        )

    @pytest.mark.parametrize("kind", DIGEST_BYTES)
    def test_a_digest_s_match_has_no_distance_and_no_threshold(
        self, known: Known, kind: str
    ) -> None:
        value = b"\5" * DIGEST_BYTES[kind]
        known.add(value, kind=kind, threshold=20)

        [match] = matches_of(known, Query(digests=(Fingerprint(kind, value),)))

        assert (match.kind, match.distance, match.threshold) == (kind, 0, 0)
        assert (match.dialect, match.transform, match.quality) == (None, None, None)

    @pytest.mark.parametrize(("at", "transform"), list(enumerate(TRANSFORMS)))
    def test_each_of_the_eight_variants_is_searched_and_named(
        self, known: Known, at: int, transform: str
    ) -> None:
        known.add(flipped((A_PICTURE, *OTHERS)[at], 3))

        [match] = matches_of(known, picture())

        assert (match.transform, match.distance) == (transform, 3)

    def test_the_value_in_the_other_dialect_is_searched_too(self, known: Known) -> None:
        known.add(flipped(b"\xee" * 32, 2), dialect="cpp512")

        [match] = matches_of(known, picture(cpp512=b"\xee" * 32))

        assert (match.dialect, match.transform, match.distance) == ("cpp512", "original", 2)

    def test_what_was_decoded_of_a_torn_picture_is_searched_and_flagged(self, known: Known) -> None:
        known.add(A_PICTURE)
        torn = PictureQuery(variants=(A_PICTURE, *OTHERS), quality=80)

        [match] = matches_of(known, Query(digests=(), partial=torn))

        assert match.from_partial
        assert match.quality == 80

    def test_every_match_has_an_identifier_of_its_own(self, known: Known) -> None:
        for _ in range(3):
            known.add(A_PICTURE)

        found = matches_of(known, picture())

        assert len({match.id for match in found}) == 3

    def test_an_entry_with_two_values_near_is_told_once_with_the_nearer(self, known: Known) -> None:
        known.add(flipped(A_PICTURE, 9), entry=5)
        known.add(flipped(OTHERS[2], 4), entry=5)

        [match] = matches_of(known, picture())

        assert (match.distance, match.transform) == (4, TRANSFORMS[3])


class TestThreshold:
    @pytest.mark.parametrize("threshold", [0, 1, 30, 31, 44, 64])
    def test_a_list_s_own_threshold_is_the_last_distance_that_matches(
        self, known: Known, threshold: int
    ) -> None:
        known.add(flipped(A_PICTURE, threshold), threshold=threshold)
        known.add(flipped(A_PICTURE, threshold + 1), threshold=threshold)
        known.add(OTHERS[0], threshold=64, list_name="wide")

        found = matches_of(known, Query(digests=(), picture=PictureQuery((A_PICTURE,), 90)))

        assert [match.distance for match in found] == [threshold]

    def test_a_digest_is_found_whatever_the_threshold(self, known: Known) -> None:
        known.add(b"\1" * 16, kind="md5", threshold=0)

        assert matches_of(known, Query(digests=(Fingerprint("md5", b"\1" * 16),)))

    @pytest.mark.parametrize(("largest", "can_screen"), [(0, True), (44, True), (45, False)])
    def test_screening_is_off_where_a_list_reaches_too_far(
        self, known: Known, largest: int, *, can_screen: bool
    ) -> None:
        known.add(A_PICTURE, threshold=largest)

        assert known.matcher().can_screen is can_screen


class TestQuality:
    @pytest.mark.parametrize(
        ("quality", "matches"), [(None, 1), (100, 1), (50, 1), (49, 0), (0, 0)]
    )
    def test_a_picture_of_low_quality_matches_nothing(
        self, known: Known, quality: int | None, matches: int
    ) -> None:
        known.add(A_PICTURE)

        assert len(matches_of(known, picture(quality=quality))) == matches

    def test_its_digests_match_all_the_same(self, known: Known) -> None:
        known.add(b"\1" * 32, kind="sha256")
        low = PictureQuery(variants=(A_PICTURE,), quality=3)

        assert matches_of(known, Query((Fingerprint("sha256", b"\1" * 32),), picture=low))


class TestConfirmation:
    def test_twenty_bits_more_than_the_largest_threshold_are_searched(self, known: Known) -> None:
        known.add(A_PICTURE, threshold=31)
        matcher = known.matcher()

        def screen(bits: int) -> Sequence[bytes]:
            return (OTHERS[0], flipped(A_PICTURE, bits), *OTHERS[1:])

        asked = [screen(51), screen(52), (), screen(0), OTHERS]

        assert matcher.need_confirmation(asked) == [True, False, False, True, False]
        assert matcher.need_confirmation([]) == []

    def test_nothing_known_needs_no_confirmation(self, known: Known) -> None:
        assert known.matcher().need_confirmation([(A_PICTURE, *OTHERS)]) == [False]


class TestChangesMeanwhile:
    def test_a_number_withdrawn_since_the_index_was_built_is_no_match(self, known: Known) -> None:
        number = known.add(A_PICTURE)
        known.add(flipped(A_PICTURE, 1), entry=6)
        matcher = known.matcher()
        del known.by_number[number]

        [findings] = matcher.match_many([picture()])

        assert [match.entry_id.int for match in findings.matches] == [6]

    def test_a_threshold_made_narrower_meanwhile_holds(self, known: Known) -> None:
        number = known.add(flipped(A_PICTURE, 9))
        matcher = known.matcher()
        before = known.by_number.pop(number)
        narrower = Known()
        narrower.add(A_PICTURE, threshold=8)
        known.by_number[before.number] = narrower.by_number[number]

        assert matcher.match_many([picture()])[0].matches == ()


class TestManyQueries:
    def test_each_query_gets_its_own_findings_in_order(self, known: Known) -> None:
        known.add(A_PICTURE, entry=1)
        known.add(b"\1" * 32, kind="sha256", entry=2)
        known.add(OTHERS[0], list_name="harmless", purpose=ListPurpose.KNOWN_HARMLESS)
        nothing = Query(digests=(Fingerprint("md5", bytes(16)),))
        bytes_only = Query(digests=(Fingerprint("sha256", b"\1" * 32),))

        findings = known.matcher().match_many([nothing, picture(), bytes_only, Query(())])

        assert [[match.entry_id.int for match in each.matches] for each in findings] == [
            [],
            [1],
            [2],
            [],
        ]

    def test_a_suppressed_match_stays_in_the_findings(self, known: Known) -> None:
        known.add(flipped(A_PICTURE, 8))
        known.add(flipped(A_PICTURE, 2), list_name="harmless", purpose=ListPurpose.KNOWN_HARMLESS)

        [match] = matches_of(known, picture())

        assert match.suppressed_by == "harmless"

    def test_lists_that_disagree_are_told(self, known: Known) -> None:
        known.add(b"\1" * 32, kind="sha256")
        known.add(b"\2" * 16, kind="md5", list_name="harmless", purpose=ListPurpose.KNOWN_HARMLESS)
        both = Query((Fingerprint("sha256", b"\1" * 32), Fingerprint("md5", b"\2" * 16)))

        [findings] = known.matcher().match_many([both])

        assert [match.suppressed_by for match in findings.matches] == [None]
        assert [each.code for each in findings.conflicts] == ["digest-known-and-harmless"]

    def test_no_query_no_finding(self, known: Known) -> None:
        assert known.matcher().match_many([]) == []


VALUES = st.integers(0, 5).map(lambda seed: np.random.default_rng(seed).bytes(32))
NEAR = st.builds(flipped, VALUES, st.integers(0, 70))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(NEAR, st.sampled_from([0, 10, 31, 44, 64])), max_size=12),
    st.lists(st.tuples(st.lists(NEAR, min_size=8, max_size=8), st.none() | NEAR), max_size=4),
)
def test_the_matches_are_those_of_comparing_everything_with_everything(
    entries: list[tuple[bytes, int]], asked: list[tuple[list[bytes], bytes | None]]
) -> None:
    known = Known()
    for value, threshold in entries:
        known.add(value, threshold=threshold)
    queries = [
        Query((), picture=PictureQuery(tuple(variants), 90, cpp512)) for variants, cpp512 in asked
    ]

    findings = known.matcher().match_many(queries)

    for (variants, cpp512), found in zip(asked, findings, strict=True):
        named = [*zip(TRANSFORMS, variants, strict=True)]
        named += [("original", cpp512)] if cpp512 is not None else []
        expected = {}
        for number, (value, threshold) in enumerate(entries, start=1):
            nearest = min((distance(each, value), TRANSFORMS.index(name)) for name, each in named)
            if nearest[0] <= threshold:
                expected[1000 + number] = (nearest[0], TRANSFORMS[nearest[1]])
        assert {
            match.entry_id.int: (match.distance, match.transform) for match in found.matches
        } == expected


class TestQueries:
    @pytest.mark.parametrize("count", [0, 2, 7, 9])
    def test_a_picture_has_one_variant_or_eight(self, count: int) -> None:
        with pytest.raises(ValueError, match="variants"):
            PictureQuery(variants=(A_PICTURE,) * count, quality=None)

    def test_a_single_digest_is_searched_as_such(self) -> None:
        digest = Fingerprint("md5", bytes(16))

        assert single_query(digest) == Query(digests=(digest,))

    def test_a_single_picture_is_searched_without_turning_it(self) -> None:
        query = single_query(Fingerprint("pdq", A_PICTURE, dialect="exact", quality=70))

        assert query.picture == PictureQuery(variants=(A_PICTURE,), quality=70)

    def test_an_opaque_value_cannot_be_searched(self) -> None:
        with pytest.raises(ValueError, match="photodna"):
            single_query(Fingerprint("photodna", bytes(144)))


class TestVisible:
    """Whoever may not know of a list learns nothing of it, not even by what it suppresses or contradicts."""

    OWN, OTHER = ListId(UUID(int=7)), ListId(UUID(int=8))

    def move(self, known: Known, number: FingerprintNumber, list_id: ListId) -> None:
        known.by_number[number] = replace(known.by_number[number], list_id=list_id)

    def test_entries_of_other_lists_do_not_match(self, known: Known) -> None:
        known.add(A_PICTURE, list_name="own")
        self.move(known, known.add(A_PICTURE, list_name="other"), self.OTHER)

        [findings] = known.matcher().match_many([picture()], visible=frozenset({self.OWN}))

        assert [match.list_name for match in findings.matches] == ["own"]
        assert known.matcher().match_many([picture()], visible=frozenset())[0].matches == ()
        assert len(known.matcher().match_many([picture()])[0].matches) == 2

    def test_a_harmless_list_that_may_not_be_known_neither_suppresses_nor_contradicts(
        self, known: Known
    ) -> None:
        known.add(flipped(A_PICTURE, 5))
        known.add(flipped(A_PICTURE, 5), entry=77)
        for bits in (2, 5):
            number = known.add(flipped(A_PICTURE, bits), purpose=ListPurpose.KNOWN_HARMLESS)
            self.move(known, number, self.OTHER)

        [seen] = known.matcher().match_many([picture()], visible=frozenset({self.OWN}))
        [whole] = known.matcher().match_many([picture()])

        assert [match.suppressed_by for match in seen.matches] == [None, None]
        assert seen.conflicts == ()
        assert all(match.suppressed_by for match in whole.matches)

    def test_the_store_is_not_asked_where_nothing_hits(
        self, known: Known, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known.add(A_PICTURE)
        matcher = known.matcher()
        monkeypatch.setattr(Known, "describe", lambda *_: pytest.fail("asked"))

        found = matcher.match_many(
            [picture(OTHERS[0]), single_query(Fingerprint("md5", b"x" * 16))]
        )

        assert [each.matches for each in found] == [(), ()]
