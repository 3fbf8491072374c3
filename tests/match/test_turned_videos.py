"""Videos that were mirrored or turned are found in one orientation, and in no mixture of several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.video_oracle import Known, distance, distinct_values, frame, moved, video

from rempart.match import PictureQuery, Query, VideoQuery, VideoRule, _frame_search
from rempart.model.identifiers import MatchId
from rempart.model.match import TRANSFORMS, Match
from rempart.model.video import VideoFrame, used_places

SCENES = distinct_values(24, seed=8)
A, B, C, D, E, *OTHERS = SCENES
STRANGE = iter(distinct_values(20_000, seed=9))
FLIPPED = TRANSFORMS.index("flip-y")


def strange(count: int) -> list[bytes]:
    """Return values that nothing lies near, no two of them alike in one session."""
    return [next(STRANGE) for _ in range(count)]


def turned(seen: dict[str, Sequence[bytes]], *, quality: int = 90) -> VideoQuery:
    """Return a video that shows these values in these orientations, and strange ones in all others.

    Each frame has a quality of one less than the frame before it.
    """
    count = len(next(iter(seen.values())))
    values = [seen.get(name) or strange(count) for name in TRANSFORMS]
    rows = list(zip(*values, strict=True))
    return VideoQuery(
        tuple(frame(row[0], at, quality - at) for at, row in enumerate(rows)),
        turned=b"".join(b"".join(row[1:]) for row in rows),
    )


def matches(known: Known, query: VideoQuery, *rules: str) -> tuple[Match, ...]:
    asked = Query(digests=(), video=query)
    return known.matcher(rules or ("80/0", "0/80")).match_many([asked])[0].matches


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_video_in_any_orientation_is_found_and_says_in_which(known: Known, name: str) -> None:
    known.add(video(A, B, C))

    [match] = matches(known, turned({name: [moved(each, 7) for each in (A, B, C)]}))

    assert (match.kind, match.transform, match.distance, match.quality) == ("vpdq", name, 7, 90)
    assert match.video is not None
    assert (match.video.query_percent, match.video.list_percent) == (100, 100)
    assert (match.video.query_frames, match.video.list_frames) == (3, 3)


def test_an_unrelated_video_is_not_found_in_any_orientation(known: Known) -> None:
    known.add(video(A, B, C))
    known.add(A)

    assert matches(known, turned({"original": strange(3)}), "0/0") == ()


def test_frames_of_several_orientations_do_not_add_up(known: Known) -> None:
    known.add(video(A, B, C, D))
    u, v, w, x = strange(4)

    mixed = turned({"original": [A, B, u, v], "flip-y": [w, x, C, D]})

    assert matches(known, mixed) == ()
    assert len(matches(known, mixed, "50/0")) == 1


def test_a_cut_in_each_of_two_orientations_is_the_one_with_more_of_it(known: Known) -> None:
    known.add(video(A, B, C, D))
    u, v, w, x = strange(4)

    [match] = matches(
        known, turned({"rotate-90": [A, u, v, w], "flip-x": [x, B, C, D]}), "25/0", "0/25"
    )

    assert match.transform == "flip-x"
    assert match.video is not None
    assert (match.video.query_percent, match.video.list_percent) == (75, 75)
    assert match.video.milliseconds == 1000


def test_symmetric_frames_match_once_and_upright(known: Known) -> None:
    known.add(video(A, B))
    same = [moved(A, 12), moved(B, 12)]

    [match] = matches(
        known, turned({"original": same, "flip-y": [A, B], "rotate-180": [A, moved(B, 1)]})
    )

    assert (match.transform, match.distance) == ("original", 12)


def test_among_equal_orientations_the_nearest_is_told(known: Known) -> None:
    known.add(video(A, B))

    [match] = matches(
        known, turned({"rotate-90": [moved(A, 3), moved(B, 3)], "flip-x": [moved(A, 2), B]})
    )

    assert (match.transform, match.distance) == ("flip-x", 0)


def test_frames_of_low_quality_count_in_no_orientation(known: Known) -> None:
    known.add(video(A, B))

    assert matches(known, turned({"flip-y": [A, B]}, quality=49), "0/0") == ()


def test_each_list_has_its_own_threshold_in_every_orientation(known: Known) -> None:
    known.add(video(A, B), threshold=10, entry=1)
    known.add(video(A, B), threshold=31, entry=2)

    found = matches(known, turned({"rotate-270": [moved(A, 20), moved(B, 20)]}))

    assert [match.entry_id.int for match in found] == [2]


def test_one_entry_of_several_videos_is_told_upright_where_one_of_them_is(known: Known) -> None:
    known.add(video(A, B, *OTHERS), entry=1)
    known.add(video(C, D), entry=1)

    [match] = matches(known, turned({"original": [A, B], "flip-x": [C, D]}))

    assert match.transform == "original"
    assert match.video is not None
    assert match.video.list_frames == len(OTHERS) + 2


def test_a_turned_video_is_more_than_an_upright_frame_that_is_known_as_a_picture(
    known: Known,
) -> None:
    known.add(E, entry=1)
    known.add(video(A, B, C), entry=1)
    other = strange(1)

    [match] = matches(known, turned({"original": [E, *strange(2)], "flip-y": [A, B, C]}))
    [lead] = matches(known, turned({"original": [E, *strange(2)], "flip-y": [A, *other, *other]}))

    assert (match.kind, match.transform) == ("vpdq", "flip-y")
    assert (lead.kind, lead.transform) == ("pdq", "original")


def test_a_known_picture_in_a_turned_video_is_a_lead_that_says_how(known: Known) -> None:
    known.add(A)

    [match] = matches(known, turned({"rotate-180": [*strange(3), moved(A, 4)]}))

    assert (match.kind, match.transform, match.distance, match.quality) == (
        "pdq",
        "rotate-180",
        4,
        87,
    )
    assert match.video is not None
    assert (match.video.query_percent, match.video.milliseconds) == (25, 3000)


def test_a_still_counts_frames_of_the_listed_video_in_one_orientation(known: Known) -> None:
    known.add(video(A, B, C, D))
    variants = [A, *strange(3), moved(B, 3), *strange(3)]
    query = Query(digests=(), picture=PictureQuery(tuple(variants), 90, cpp512=moved(C, 2)))

    [match] = known.matcher().match_many([query])[0].matches

    assert (match.transform, match.distance) == ("original", 0)
    assert match.video is not None
    assert match.video.list_percent == 50  # A by one dialect, C by the other


@pytest.mark.parametrize("cpp512", [None, moved(B, 1)], ids=["alone", "beside another dialect"])
def test_a_turned_still_says_its_variant_and_quality(known: Known, cpp512: bytes | None) -> None:
    known.add(video(A))
    picture = PictureQuery(
        (*strange(FLIPPED), A, *strange(7 - FLIPPED)), 77, cpp512, cpp512_quality=88
    )

    [match] = known.matcher().match_many([Query(digests=(), picture=picture)])[0].matches

    assert (match.transform, match.quality, match.distance) == ("flip-y", 77, 0)


class TestHarmless:
    def test_a_turned_harmless_film_outweighs_what_it_is_nearer_to(self, known: Known) -> None:
        known.add(video(moved(A, 9), moved(B, 9)))
        known.harmless(video(A, B))

        [match] = matches(known, turned({"flip-y": [A, B]}))

        assert (match.transform, match.suppressed_by) == ("flip-y", "harmless")

    def test_what_is_harmless_in_another_orientation_hides_nothing(self, known: Known) -> None:
        known.add(video(moved(A, 9), moved(B, 9)))
        known.harmless(video(C, D))

        [match] = matches(known, turned({"flip-y": [A, B], "rotate-90": [C, D]}))

        assert (match.transform, match.suppressed_by) == ("flip-y", None)

    def test_an_upright_frame_that_is_outweighed_hides_no_turned_one(self, known: Known) -> None:
        known.add(A)
        known.harmless(moved(A, 20))

        [match] = matches(
            known, turned({"original": [moved(A, 18), *strange(1)], "flip-x": [*strange(1), A]})
        )

        assert (match.transform, match.distance, match.suppressed_by) == ("flip-x", 0, None)

    def test_a_film_outweighed_upright_is_found_turned(self, known: Known) -> None:
        known.add(video(A, B))
        known.harmless(video(moved(A, 20), moved(B, 20)))

        [match] = matches(
            known,
            turned(
                {
                    "original": [moved(A, 18), moved(B, 18)],
                    "rotate-90": [A, B],
                    "flip-y": [A, *strange(1)],
                }
            ),
        )

        assert (match.transform, match.distance, match.suppressed_by) == ("rotate-90", 0, None)

    def test_what_is_outweighed_in_every_orientation_is_told_upright(self, known: Known) -> None:
        known.add(A)
        known.harmless(moved(A, 20))

        [match] = matches(known, turned({"original": [moved(A, 18)], "flip-x": [moved(A, 15)]}))

        assert (match.transform, match.suppressed_by) == ("original", "harmless")


class TestScreening:
    def test_a_turned_keyframe_asks_for_a_whole_decoding(self, known: Known) -> None:
        known.add(video(A, B))
        near = turned({"flip-minus-1": [strange(1)[0], moved(B, 50)]})
        far = turned({"flip-minus-1": [strange(1)[0], moved(B, 52)]})
        dark = turned({"flip-minus-1": [A, B]}, quality=10)

        screens = [(each.searched().tobytes(),) for each in (far, near, dark)]

        assert known.matcher().need_confirmation(screens) == [False, True, False]

    def test_pictures_and_keyframes_are_told_apart_in_blocks(
        self, known: Known, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known.add(A)
        monkeypatch.setattr(_frame_search, "_LARGEST_BLOCK", 3)
        screens = [
            (strange(1)[0], b"".join([*strange(4), A])),
            (b"".join(strange(5)),),
            (),
            (*strange(8), A),
        ]

        assert known.matcher().need_confirmation(screens) == [True, False, False, True]


def test_turned_values_of_other_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="turned values"):
        VideoQuery(video(A, B), turned=bytes(7 * 32))


# --- the rule once more, plainly, for each orientation by itself


@dataclass(frozen=True)
class Shown:
    """One frame of a query in all orientations."""

    values: tuple[bytes, ...]
    at: int
    quality: int


near_scenes = st.builds(moved, st.sampled_from(SCENES[:3]), st.sampled_from([0, 9, 20, 31, 32]))
shown = st.builds(
    Shown,
    st.tuples(*[near_scenes | st.sampled_from(OTHERS) for _ in TRANSFORMS]),
    st.integers(0, 20),
    st.sampled_from([0, 49, 50, 100]),
)
queries_of = st.lists(st.lists(shown, max_size=6), min_size=1, max_size=3)
listed_of = st.lists(
    st.tuples(
        st.lists(
            st.builds(frame, near_scenes, st.integers(0, 40), st.sampled_from([49, 90])),
            min_size=1,
            max_size=6,
        ),
        st.sampled_from([0, 20, 31]),
        st.sampled_from([1, 2, 3]),
    ),
    max_size=4,
)
percents = st.sampled_from([0, 25, 50, 80, 100])
rules_of = st.lists(st.builds(VideoRule, percents, percents), min_size=1, max_size=2)
Listed = list[tuple[list[VideoFrame], int, int]]
"""Frames, threshold and entry of each listed video."""


def query_of(frames: Sequence[Shown]) -> VideoQuery:
    return VideoQuery(
        tuple(frame(each.values[0], each.at, each.quality) for each in frames),
        turned=b"".join(value for each in frames for value in each.values[1:]),
    )


def passing(
    frames: Sequence[Shown], one: tuple[list[VideoFrame], int, int], rules: Sequence[VideoRule]
) -> dict[str, int]:
    """Return by orientation how many frames lie near, where the rule is met by these frames alone."""
    used = used_places(query_of(frames).frames)
    known = {each.value for each in one[0] if each.quality >= 50}
    found = {}
    for turn, name in enumerate(TRANSFORMS):
        asked = [frames[place].values[turn] for place in used]
        pairs = [
            (q, k) for q in range(len(asked)) for k in known if distance(asked[q], k) <= one[1]
        ]
        near, hit = len({q for q, _ in pairs}), len({k for _, k in pairs})
        if near and any(
            Fraction(100 * near, len(asked)) >= rule.query_percent
            and Fraction(100 * hit, len(known)) >= rule.list_percent
            for rule in rules
        ):
            found[name] = near
    return found


def without_id(match: Match) -> Match:
    return replace(match, id=MatchId(UUID(int=0)))


def assert_as_plainly(
    listed: Listed, queries: list[list[Shown]], rules: Sequence[VideoRule]
) -> None:
    known = Known()
    for frames, threshold, entry in listed:
        known.add(frames, threshold=threshold, entry=entry, list_no=threshold)
    matcher = known.matcher([str(rule) for rule in rules])
    found = matcher.match_many([Query((), video=query_of(each)) for each in queries])
    upright = matcher.match_many(
        [Query((), video=VideoQuery(query_of(each).frames)) for each in queries]
    )
    for asked, now, before in zip(queries, found, upright, strict=True):
        by_entry: dict[int, dict[str, int]] = {}
        for one in listed:
            passed = by_entry.setdefault(one[2], {})
            for name, near in passing(asked, one, rules).items():
                passed[name] = max(near, passed.get(name, 0))
        matched = {match.entry_id.int: match for match in now.matches}
        assert len(matched) == len(now.matches)
        assert set(matched) == {entry for entry, passed in by_entry.items() if passed}
        for entry, match in matched.items():
            passed = by_entry[entry]
            if "original" in passed:
                assert match.transform == "original"
            else:
                assert match.transform is not None
                assert passed[match.transform] == max(passed.values())
        old = {match.entry_id.int: without_id(match) for match in before.matches}
        for entry, match in old.items():
            assert without_id(matched[entry]) == match


@given(listed=listed_of, queries=queries_of, rules=rules_of)
@settings(max_examples=40, deadline=None)
def test_each_orientation_is_decided_as_the_rule_says_plainly_and_upright_as_before(
    listed: Listed, queries: list[list[Shown]], rules: list[VideoRule]
) -> None:
    assert_as_plainly(listed, queries, rules)


@pytest.mark.long
@pytest.mark.timeout(600)
@given(listed=listed_of, queries=queries_of, rules=rules_of)
@settings(max_examples=1000, deadline=None)
def test_many_are_decided_as_the_rule_says_plainly(
    listed: Listed, queries: list[list[Shown]], rules: list[VideoRule]
) -> None:
    assert_as_plainly(listed, queries, rules)
