"""Suppression must never hide a child: every rule of the architecture, one by one and in any mixture."""

from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.match.suppression import Hit, Judgement, judge
from rempart.model.fingerprint import DIGEST_BYTES
from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, FingerprintNumber, ListId
from rempart.model.lists import ListPurpose
from rempart.model.match import TRANSFORMS, Conflict, KnownFingerprint

KNOWN, HARMLESS = ListPurpose.KNOWN, ListPurpose.KNOWN_HARMLESS


def hit(
    list_name: str,
    purpose: ListPurpose,
    kind: str = "pdq",
    *,
    entry: int = 1,
    number: int | None = None,
    bits: int = 0,
    transform: str = "original",
    from_partial: bool = False,
) -> Hit:
    is_digest = kind != "pdq"
    known = KnownFingerprint(
        number=FingerprintNumber(entry if number is None else number),
        list_id=ListId(UUID(int=len(list_name))),
        list_name=list_name,
        owner="Exercise Hotline",
        purpose=purpose,
        subject=Subject.CHILD if purpose is KNOWN else Subject.HARMLESS,
        threshold_bits=31,
        list_generation=1,
        entry_id=EntryId(UUID(int=entry)),
        entry_version=1,
        kind=kind,
        dialect=None if is_digest else "exact",
        quality=None if is_digest else 100,
        labels=(),
    )
    return Hit(
        known=known,
        distance_bits=0 if is_digest else bits,
        transform=None if is_digest else transform,
        quality=None if is_digest else 90,
        from_partial=from_partial,
    )


def known(kind: str = "pdq", *, entry: int = 1, bits: int = 0) -> Hit:
    return hit("known", KNOWN, kind, entry=entry, bits=bits)


def harmless(kind: str = "pdq", *, entry: int = 900, bits: int = 0) -> Hit:
    return hit("harmless", HARMLESS, kind, entry=entry, bits=bits)


def suppressors(judgement: Judgement) -> list[str | None]:
    return [suppressed_by for _, suppressed_by in judgement.known_hits]


def codes(judgement: Judgement) -> list[str]:
    return [conflict.code for conflict in judgement.conflicts]


@pytest.mark.parametrize(
    ("hits", "expected", "conflicts"),
    [
        pytest.param([known(bits=5)], [None], [], id="nothing-harmless-near"),
        pytest.param([harmless(bits=5)], [], [], id="only-harmless-is-no-match"),
        pytest.param([known(bits=5), harmless(bits=4)], ["harmless"], [], id="harmless-nearer"),
        pytest.param([known(bits=5), harmless(bits=6)], [None], [], id="harmless-farther"),
        pytest.param(
            [known(bits=5), harmless(bits=5)], [None], ["perceptual-tie"], id="equally-near"
        ),
        pytest.param(
            [known(bits=0), harmless(bits=0)],
            [None],
            ["perceptual-tie"],
            id="both-the-same-picture",
        ),
        pytest.param(
            [known(bits=0), harmless("sha256")], ["harmless"], [], id="harmless-bytes-known-picture"
        ),
        pytest.param(
            [known("md5"), harmless("sha512")],
            [None],
            ["digest-known-and-harmless"],
            id="the-same-bytes-on-both",
        ),
        pytest.param(
            [known("md5"), harmless(bits=0)],
            [None],
            ["known-digest-near-harmless"],
            id="known-bytes-harmless-picture",
        ),
        pytest.param(
            [known("sha1"), harmless("md5"), harmless(entry=901, bits=3)],
            [None],
            ["digest-known-and-harmless", "known-digest-near-harmless"],
            id="known-bytes-against-everything",
        ),
        pytest.param(
            [known(bits=9, entry=1), known(bits=2, entry=2), harmless(bits=5)],
            [None, "harmless"],
            [],
            id="only-the-farther-of-two-is-suppressed",
        ),
        pytest.param(
            [known("sha256", entry=1), known(bits=9, entry=2), harmless("sha256")],
            [None, "harmless"],
            ["digest-known-and-harmless"],
            id="a-digest-does-not-protect-another-entry",
        ),
        pytest.param(
            [known("sha256", entry=1), known(bits=9, entry=1), harmless("sha256")],
            [None],
            ["digest-known-and-harmless"],
            id="a-digest-protects-its-own-entry",
        ),
    ],
)
def test_rule(hits: list[Hit], expected: list[str | None], conflicts: list[str]) -> None:
    judgement = judge(hits)

    assert suppressors(judgement) == expected
    assert codes(judgement) == conflicts


def test_one_harmless_entry_makes_one_conflict_the_stronger_one() -> None:
    both = [harmless("md5", entry=900), harmless(entry=900, bits=3)]

    assert codes(judge([known("sha256"), *both])) == ["digest-known-and-harmless"]


def test_the_conflict_names_both_lists_and_is_told_once() -> None:
    judgement = judge(
        [
            known("sha256", entry=1),
            known("md5", entry=2),
            harmless("sha256"),
            harmless("md5", entry=901),
        ]
    )

    assert judgement.conflicts == (Conflict("digest-known-and-harmless", "known", "harmless"),)


def test_the_nearest_harmless_list_is_the_one_that_is_named() -> None:
    far = hit("far", HARMLESS, entry=800, bits=7)
    near = hit("near", HARMLESS, entry=801, bits=2)

    assert suppressors(judge([known(bits=9), far, near])) == ["near"]


class TestBestHitOfAnEntry:
    def test_the_nearest_of_several_variants_is_kept(self) -> None:
        turned = hit("known", KNOWN, bits=3, transform="rotate-90")
        upright = hit("known", KNOWN, bits=8)

        assert [each for each, _ in judge([upright, turned]).known_hits] == [turned]

    def test_a_digest_is_kept_before_any_picture(self) -> None:
        digest, picture = known("md5"), known(bits=0)

        assert [each for each, _ in judge([picture, digest]).known_hits] == [digest]

    def test_the_strongest_digest_is_kept(self) -> None:
        hits = [known(kind) for kind in reversed(DIGEST_BYTES)]

        assert [each.known.kind for each, _ in judge(hits).known_hits] == ["sha512"]

    def test_the_whole_picture_is_kept_before_the_torn_one(self) -> None:
        whole = hit("known", KNOWN, bits=4)
        torn = hit("known", KNOWN, bits=4, from_partial=True)

        assert [each for each, _ in judge([torn, whole]).known_hits] == [whole]


HITS = st.lists(
    st.builds(
        lambda purpose, kind, entry, number, bits, transform, from_partial: hit(
            "known" if purpose is KNOWN else "harmless",
            purpose,
            kind,
            entry=entry + (0 if purpose is KNOWN else 100),
            number=number,
            bits=bits,
            transform=transform,
            from_partial=from_partial,
        ),
        st.sampled_from([KNOWN, HARMLESS]),
        st.sampled_from(["pdq", "pdq", "pdq", *DIGEST_BYTES]),
        st.integers(1, 5),
        st.integers(1, 1000),
        st.integers(0, 6),
        st.sampled_from(TRANSFORMS),
        st.booleans(),
    ),
    max_size=14,
)


class TestAnyMixture:
    @given(HITS)
    def test_a_digest_on_a_known_list_is_never_suppressed(self, hits: list[Hit]) -> None:
        by_entry = dict(judge(hits).known_hits)

        for each in hits:
            if each.known.purpose is KNOWN and each.is_digest:
                assert [
                    suppressed_by
                    for kept, suppressed_by in by_entry.items()
                    if kept.known.entry_id == each.known.entry_id
                ] == [None]

    @given(HITS)
    def test_every_known_entry_stays_in_the_answer_exactly_once(self, hits: list[Hit]) -> None:
        kept = [each.known.entry_id for each, _ in judge(hits).known_hits]

        assert len(kept) == len(set(kept))
        assert set(kept) == {each.known.entry_id for each in hits if each.known.purpose is KNOWN}

    @given(HITS)
    def test_a_picture_is_suppressed_only_by_the_same_bytes_or_by_what_is_strictly_nearer(
        self, hits: list[Hit]
    ) -> None:
        around = [each for each in hits if each.known.purpose is HARMLESS]
        nearest = min((each.distance_bits for each in around if not each.is_digest), default=999)
        has_same_bytes = any(each.is_digest for each in around)

        for each, suppressed_by in judge(hits).known_hits:
            may_be = not each.is_digest and (has_same_bytes or nearest < each.distance_bits)
            assert (suppressed_by is not None) == may_be

    @given(HITS)
    def test_whoever_disagrees_without_outweighing_is_flagged(self, hits: list[Hit]) -> None:
        same_bytes = {each.known.entry_id for each in hits if each.is_digest}
        around = [
            each
            for each in hits
            if each.known.purpose is HARMLESS
            and (each.is_digest or each.known.entry_id not in same_bytes)
        ]
        judgement = judge(hits)
        expected = set()
        for each, suppressed_by in judgement.known_hits:
            if each.is_digest and any(other.is_digest for other in around):
                expected.add("digest-known-and-harmless")
            if each.is_digest and any(not other.is_digest for other in around):
                expected.add("known-digest-near-harmless")
            is_tie = any(
                not other.is_digest and other.distance_bits == each.distance_bits
                for other in around
            )
            if not each.is_digest and suppressed_by is None and is_tie:
                expected.add("perceptual-tie")

        assert set(codes(judgement)) == expected

    @given(HITS, st.randoms(use_true_random=False))
    def test_the_answer_does_not_hang_on_the_order_of_the_hits(
        self, hits: list[Hit], random: Random
    ) -> None:
        unique = list({each.known.number: each for each in hits}.values())
        shuffled = list(unique)
        random.shuffle(shuffled)

        assert judge(shuffled) == judge(unique)

    @given(HITS)
    def test_the_answer_is_sorted_digests_first_then_the_nearest(self, hits: list[Hit]) -> None:
        order = [(not each.is_digest, each.distance_bits) for each, _ in judge(hits).known_hits]

        assert order == sorted(order)

    @given(HITS, st.integers(0, 6))
    def test_more_harmless_entries_farther_away_change_nothing(
        self, hits: list[Hit], bits: int
    ) -> None:
        before = judge(hits)
        farther = replace(harmless(entry=999), distance_bits=7 + bits)

        after = judge([*hits, farther])

        assert suppressors(after) == suppressors(before)
