"""Videos match exactly as the vPDQ rule says, and a harmless frame never hides a known video."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.video_oracle import (
    Known,
    counted,
    decides,
    distance,
    distinct_values,
    frame,
    moved,
    shares,
    video,
)

from rempart.match import PictureQuery, Query, VideoQuery, VideoRule, _frame_search, _outweighing
from rempart.model.fingerprint import Fingerprint
from rempart.model.match import Match
from rempart.model.video import VideoFrame

SCENES = distinct_values(12)
A, B, C, D, E, *OTHERS = SCENES
DIGEST = Fingerprint("md5", bytes(range(16)))

near_scenes = st.builds(moved, st.sampled_from(SCENES[:5]), st.sampled_from([0, 9, 20, 31, 32]))
frames_of = st.lists(
    st.builds(frame, near_scenes, st.integers(0, 40), st.sampled_from([0, 49, 50, 100])),
    max_size=10,
).map(lambda frames: tuple(sorted(frames, key=lambda each: each.milliseconds)))
percents = st.sampled_from([0, 1, 25, 50, 80, 100])
Listed = list[tuple[tuple[VideoFrame, ...], int]]
"""Frames of each listed video, with the threshold of its list."""

lists_of = st.lists(st.tuples(frames_of.filter(len), st.sampled_from([0, 20, 31, 51])), max_size=4)
queries_of = st.lists(frames_of, min_size=1, max_size=3)
rules_of = st.lists(st.builds(VideoRule, percents, percents), min_size=1, max_size=2)


@pytest.fixture
def known() -> Known:
    return Known()


class TestTheRule:
    @given(listed=lists_of, queries=queries_of, rules=rules_of)
    @settings(max_examples=30)
    def test_decisions_are_those_of_the_rule_said_plainly(
        self, listed: Listed, queries: list[tuple[VideoFrame, ...]], rules: list[VideoRule]
    ) -> None:
        _assert_decisions(listed, queries, rules)

    @pytest.mark.long
    @given(listed=lists_of, queries=queries_of, rules=rules_of)
    @settings(max_examples=1000, deadline=None)
    def test_many_decisions_are_those_of_the_rule_said_plainly(
        self, listed: Listed, queries: list[tuple[VideoFrame, ...]], rules: list[VideoRule]
    ) -> None:
        _assert_decisions(listed, queries, rules)

    @pytest.mark.parametrize("block_rows", [1, 40])
    def test_memory_that_is_short_changes_no_decision(
        self, known: Known, monkeypatch: pytest.MonkeyPatch, block_rows: int
    ) -> None:
        for _ in range(3):
            known.add(video(*SCENES))
        query = video(*[moved(scene, bits) for bits in (3, 9) for scene in SCENES])
        expected = known.matches(query)
        monkeypatch.setattr(_frame_search, "MOST_ROWS", block_rows)
        monkeypatch.setattr(_frame_search, "_FOLD_ROWS", 5)

        assert known.matches(query) == expected
        assert len(expected) == 3

    def test_one_frame_less_than_the_share_is_no_match(self, known: Known) -> None:
        known.add(video(A, B, C, D, *OTHERS, *distinct_values(30, seed=2)))
        strange = distinct_values(2, seed=3)

        assert known.matches(video(A, B, C, D, strange[0]))
        assert not known.matches(video(A, B, C, *strange))

    def test_a_known_video_inside_a_longer_one_is_found(self, known: Known) -> None:
        known.add(video(A, B, C))

        [match] = known.matches(video(*distinct_values(60, seed=4), A, B, C))

        assert match.video is not None
        assert (match.video.list_percent, match.kind, match.distance) == (100, "vpdq", 0)
        assert (match.video.milliseconds, match.video.list_milliseconds) == (60_000, 0)

    def test_frames_of_low_quality_and_repeated_ones_count_for_nothing(self, known: Known) -> None:
        known.add(video(A, A, A, A, B))

        [match] = known.matches((*video(A, A), *video(C, D, E, quality=49)), rules=["100/50"])

        assert match.video is not None
        assert (match.video.query_frames, match.video.list_frames) == (1, 2)

    def test_a_video_without_a_good_frame_matches_nothing(self, known: Known) -> None:
        known.add(video(A, B, quality=10))

        assert known.matches(video(A, B)) == ()
        assert known.matches(video(A, B, quality=10), rules=["0/0"]) == ()
        assert known.matches((), rules=["0/0"]) == ()

    def test_each_list_has_its_own_threshold(self, known: Known) -> None:
        known.add(video(A, B), threshold=10, entry=1)
        known.add(video(A, B), threshold=31, entry=2)

        found = known.matches(video(moved(A, 20), moved(B, 20)))

        assert [match.entry_id.int for match in found] == [2]

    def test_an_entry_of_several_videos_gives_one_match_with_what_has_most_in_common(
        self, known: Known
    ) -> None:
        known.add(video(A, B, *OTHERS), entry=1)
        known.add(video(A, B, C, D), entry=1)

        [match] = known.matches(video(moved(A, 1), B, C, D))

        assert match.video is not None
        assert (match.video.query_percent, match.video.list_percent) == (100, 100)

    def test_a_torn_video_says_so(self, known: Known) -> None:
        known.add(video(A, B))
        query = Query(digests=(), video=VideoQuery(video(A, B), is_partial=True))

        [match] = known.matcher().match_many([query])[0].matches

        assert match.from_partial

    def test_lists_that_the_asker_may_not_see_match_nothing(self, known: Known) -> None:
        known.add(video(A, B))
        query = Query(digests=(), video=VideoQuery(video(A, B)))

        assert known.matcher().match_many([query], visible=frozenset())[0].matches == ()


class TestPicturesAndVideos:
    def test_a_known_picture_that_occurs_in_a_video_is_a_lead(self, known: Known) -> None:
        known.add(A)

        [match] = known.matches(video(*distinct_values(99, seed=5), moved(A, 4)), rules=["100/100"])

        assert (match.kind, match.distance, match.dialect) == ("pdq", 4, "exact")
        assert match.video is not None
        assert (match.video.query_percent, match.video.list_percent) == (1, 100)
        assert (match.video.milliseconds, match.video.list_milliseconds) == (99_000, None)

    def test_a_still_picture_meets_a_frame_of_a_known_video_in_any_of_its_variants(
        self, known: Known
    ) -> None:
        known.add(video(*OTHERS, A, B))
        turned = [*distinct_values(7, seed=6), moved(A, 5)]
        query = Query(digests=(), picture=PictureQuery(tuple(turned), quality=80))

        [match] = known.matcher(["100/100"]).match_many([query])[0].matches

        assert (match.kind, match.distance, match.transform) == ("vpdq", 5, "flip-minus-1")
        assert match.video is not None
        assert (match.video.query_frames, match.video.query_percent) == (1, 100)
        assert match.video.list_frames == len(OTHERS) + 2
        assert match.video.list_milliseconds == 1000 * len(OTHERS)
        assert match.video.milliseconds is None

    def test_an_entry_with_pictures_and_a_video_gives_one_match_of_the_video(
        self, known: Known
    ) -> None:
        known.add(moved(A, 2), entry=1)
        known.add(video(moved(A, 9), moved(B, 9)), entry=1)

        [match] = known.matches(video(A, B))

        assert match.kind == "vpdq"

    def test_its_picture_is_reported_where_the_video_does_not_match(self, known: Known) -> None:
        known.add(A, entry=1)
        known.add(video(A, *OTHERS), entry=1)

        [match] = known.matches(video(A, C, D, E))

        assert match.kind == "pdq"

    def test_an_animated_picture_gives_one_match(self, known: Known) -> None:
        known.add(video(A, B))
        query = Query(
            digests=(), picture=PictureQuery((A,), quality=90), video=VideoQuery(video(A, B))
        )

        [match] = known.matcher().match_many([query])[0].matches

        assert match.video is not None
        assert match.video.query_frames == 2


class TestHarmless:
    """Suppression must never hide a child."""

    def test_a_harmless_title_does_not_hide_the_rest_of_a_known_video(self, known: Known) -> None:
        known.add(video(moved(A, 3), B, C))
        known.harmless(A)

        [match] = known.matches(video(A, B, C))

        assert match.suppressed_by is None

    def test_a_harmless_film_that_shares_all_but_one_frame_does_not_hide_it(
        self, known: Known
    ) -> None:
        known.add(video(*[moved(scene, 4) for scene in SCENES]))
        known.harmless(video(*SCENES[1:]))

        [match] = known.matches(video(*SCENES))

        assert match.suppressed_by is None

    def test_what_is_nearer_to_harmless_frames_everywhere_is_suppressed(self, known: Known) -> None:
        known.add(video(moved(A, 3), moved(B, 3)))
        known.harmless(video(moved(A, 1), *OTHERS))
        known.harmless(B)

        [match] = known.matches(video(A, B))

        assert match.suppressed_by == "harmless"

    def test_a_harmless_picture_beyond_its_own_threshold_suppresses_nothing(
        self, known: Known
    ) -> None:
        known.add(moved(A, 20))
        known.harmless(moved(A, 10), threshold=9)

        assert [match.suppressed_by for match in known.matches(video(A, B))] == [None]

    def test_a_tie_is_a_conflict_and_suppresses_nothing(self, known: Known) -> None:
        known.add(A)
        known.harmless(A)
        query = Query(digests=(), video=VideoQuery(video(A, B)))

        [findings] = known.matcher().match_many([query])

        assert [match.suppressed_by for match in findings.matches] == [None]
        assert [each.code for each in findings.conflicts] == ["perceptual-tie"]

    def test_a_harmless_frame_is_no_conflict_with_the_digest_of_a_known_video(
        self, known: Known
    ) -> None:
        known.harmless(A)
        known.add(DIGEST)
        query = Query(digests=(DIGEST,), video=VideoQuery(video(A, B)))

        [findings] = known.matcher().match_many([query])

        assert findings.conflicts == ()

    def test_a_harmless_video_that_a_known_digest_belongs_to_is_a_conflict(
        self, known: Known
    ) -> None:
        known.harmless(video(A, B))
        known.add(DIGEST)
        query = Query(digests=(DIGEST,), video=VideoQuery(video(A, B)))

        [findings] = known.matcher().match_many([query])

        assert [each.code for each in findings.conflicts] == ["known-digest-near-harmless"]
        assert [match.suppressed_by for match in findings.matches] == [None]

    def test_a_suppressed_video_gives_way_to_the_entry_s_picture_that_is_not(
        self, known: Known
    ) -> None:
        known.add(video(moved(A, 5)), entry=1)
        known.add(moved(B, 1), entry=1)
        known.harmless(A)

        [match] = known.matches(video(A, B))

        assert (match.kind, match.suppressed_by) == ("pdq", None)

    def test_a_harmless_list_that_the_asker_may_not_see_suppresses_nothing(
        self, known: Known
    ) -> None:
        known.add(moved(A, 3), list_no=1)
        known.harmless(A, list_no=2)
        query = Query(digests=(), video=VideoQuery(video(A, B)))
        seen = known.by_number[1].list_id

        [findings] = known.matcher().match_many([query], visible=frozenset([seen]))

        assert [match.suppressed_by for match in findings.matches] == [None]

    @pytest.mark.parametrize("rows", [1, 30])
    def test_memory_that_is_short_changes_no_verdict(
        self, known: Known, monkeypatch: pytest.MonkeyPatch, rows: int
    ) -> None:
        known.add(video(*[moved(scene, 3) for scene in SCENES]), entry=1)
        known.add(video(*[moved(scene, 3) for scene in SCENES[1:]]), entry=2)
        known.harmless(video(*SCENES[1:]))
        monkeypatch.setattr(_frame_search, "MOST_ROWS", rows)
        monkeypatch.setattr(_outweighing, "MOST_ROWS", rows)

        found = {each.entry_id.int: each.suppressed_by for each in known.matches(video(*SCENES))}

        assert found == {1: None, 2: "harmless"}

    @given(
        known_frames=frames_of.filter(len),
        harmless=st.lists(near_scenes, max_size=4),
        query=frames_of,
    )
    @settings(max_examples=30)
    def test_suppressed_exactly_where_every_meeting_frame_is_outweighed(
        self,
        known_frames: tuple[VideoFrame, ...],
        harmless: list[bytes],
        query: tuple[VideoFrame, ...],
    ) -> None:
        known = Known()
        known.add(known_frames)
        for value in harmless:
            known.harmless(value)

        for match in known.matches(query, rules=["0/0"]):
            stands = []
            for each in counted(query):
                bits = min(distance(each.value, one.value) for one in counted(known_frames))
                rival = min((distance(each.value, one) for one in harmless), default=256)
                if bits <= 31:
                    stands.append(bits <= rival or rival > 31)
            assert (match.suppressed_by is None) == any(stands)


class TestHostile:
    def test_a_frame_that_very_many_videos_share_is_counted_and_not_explained(
        self, known: Known
    ) -> None:
        for number in range(300):
            known.add(video(A, *distinct_values(9, seed=100 + number)))

        assert known.matches(video(A, B, C, D)) == ()
        assert known.described == set()

    def test_a_frame_that_is_all_of_the_query_still_finds_every_video(self, known: Known) -> None:
        for number in range(50):
            known.add(video(A, *distinct_values(3, seed=100 + number)))

        assert len(known.matches(video(A))) == 50

    def test_a_day_that_stands_nearly_still_is_decided_exactly(self, known: Known) -> None:
        scene = [moved(A, bits % 25) for bits in range(2000)]
        known.add(tuple(frame(value, at) for at, value in enumerate(scene)))

        [match] = known.matches(video(A, B, C))

        assert match.video is not None
        assert (match.video.list_percent, match.video.list_frames) == (100, 25)


class TestConfirmation:
    def test_keyframes_near_a_known_frame_or_picture_ask_for_the_whole_video(
        self, known: Known
    ) -> None:
        known.add(video(A, B))
        known.add(C)
        screens = [[moved(A, 51)], [D, moved(C, 51)], [moved(A, 52), D], []]

        assert known.matcher().need_confirmation(screens) == [True, True, False, False]

    def test_a_still_picture_s_screen_near_a_frame_asks_for_its_exact_hash(
        self, known: Known
    ) -> None:
        known.add(video(A))

        assert known.matcher().need_confirmation([[*OTHERS, moved(A, 40)]]) == [True]


def _assert_decisions(
    listed: Listed, queries: list[tuple[VideoFrame, ...]], rules: list[VideoRule]
) -> None:
    known = Known()
    numbers = [known.add(frames, threshold=threshold) for frames, threshold in listed]

    found = known.matcher([str(rule) for rule in rules]).match_many(
        [Query(digests=(), video=VideoQuery(frames)) for frames in queries]
    )

    for query, findings in zip(queries, found, strict=True):
        by_entry = {match.entry_id.int - 1000: match for match in findings.matches}
        expected = {
            number
            for number, (frames, threshold) in zip(numbers, listed, strict=True)
            if decides(rules, query, frames, threshold)
        }
        assert set(by_entry) == expected
        for number, (frames, threshold) in zip(numbers, listed, strict=True):
            if number in by_entry:
                _assert_evidence(by_entry[number], query, frames, threshold)


def _assert_evidence(
    match: Match, query: tuple[VideoFrame, ...], listed: tuple[VideoFrame, ...], threshold: int
) -> None:
    found = shares(query, listed, threshold)
    evidence = match.video
    assert found is not None
    assert evidence is not None
    assert evidence.list_milliseconds is not None
    assert evidence.query_percent == pytest.approx(float(found[0] * 100))
    assert evidence.list_percent == pytest.approx(float(found[1] * 100))
    asked, known = counted(query), counted(listed)
    assert (evidence.query_frames, evidence.list_frames) == (len(asked), len(known))
    nearest = min(distance(one.value, other.value) for one in asked for other in known)
    assert match.distance == nearest
    # Several frames may stand at one time; in an index their times lie some milliseconds apart.
    assert nearest in {
        distance(one.value, other.value)
        for one in asked
        for other in known
        if one.milliseconds == evidence.milliseconds
        and abs(other.milliseconds - evidence.list_milliseconds) < len(known)
    }
