"""Which keyframes are left out, and when there are too few of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.media._keyframes import Keyframes


def looked_at(
    keyframes: list[tuple[int, int]], *, packets_between: int = 25
) -> tuple[list[int], Keyframes]:
    """Return at which moments keyframes of these moments and sizes are decoded."""
    seen = Keyframes(most_between=240, in_a_second=25)
    taken = []
    for at, size_bytes in keyframes:
        for _ in range(packets_between):
            seen.pass_packet()
        if not seen.leave_out(at, size_bytes):
            seen.take(at, size_bytes)
            taken.append(at)
    return taken, seen


class TestWhatIsLeftOut:
    def test_a_keyframe_of_another_size_is_another_scene(self) -> None:
        assert looked_at([(0, 1000), (1000, 1100), (2000, 900)])[0] == [0, 1000, 2000]

    def test_one_of_nearly_the_same_size_shows_the_same_for_four_seconds(self) -> None:
        every_second = [(at, 1000 + at % 50) for at in range(0, 10_000, 1000)]
        assert looked_at(every_second)[0] == [0, 4000, 8000]

    @pytest.mark.parametrize(
        ("size_bytes", "is_left_out"), [(950, True), (949, False), (1050, True), (1051, False)]
    )
    def test_nearly_is_a_twentieth(self, size_bytes: int, is_left_out: bool) -> None:  # noqa: FBT001 - a case
        assert (looked_at([(0, 1000), (2000, size_bytes)])[0] == [0]) is is_left_out

    def test_within_a_second_none_counts_whatever_its_size(self) -> None:
        assert looked_at([(0, 1000), (999, 9000)], packets_between=24)[0] == [0]

    def test_time_stamps_that_stand_still_are_not_believed_for_long(self) -> None:
        still = [(0, 1000)] * 20
        assert len(looked_at(still, packets_between=60)[0]) == 5

    def test_time_stamps_that_go_back_are_looked_at(self) -> None:
        assert looked_at([(9000, 1000), (0, 1000)])[0] == [9000, 0]


class TestSparse:
    def test_none_is_too_few(self) -> None:
        assert Keyframes(240, 25).are_sparse(1000)

    @pytest.mark.parametrize(("end", "is_sparse"), [(5000, False), (5001, True)])
    def test_one_for_five_seconds(self, end: int, is_sparse: bool) -> None:  # noqa: FBT001 - a case
        assert looked_at([(0, 1000)])[1].are_sparse(end) is is_sparse

    @pytest.mark.parametrize(("gap", "is_sparse"), [(12_000, False), (12_001, True)])
    def test_no_gap_is_longer_than_twelve_seconds(self, gap: int, is_sparse: bool) -> None:  # noqa: FBT001 - a case
        crowd = [(at, at) for at in range(0, 20_000, 1000)]
        _, seen = looked_at([*crowd, (19_000 + gap, 5)])
        assert seen.are_sparse(19_000 + gap) is is_sparse
        assert looked_at(crowd)[1].are_sparse(19_000 + gap) is is_sparse

    def test_what_was_not_read_does_not_count(self) -> None:
        assert not looked_at([(0, 1000), (4000, 5000)])[1].are_sparse(None)

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(st.integers(1, 12_000), st.integers(1, 10**6)), min_size=1, max_size=40)
    )
    def test_no_five_seconds_pass_unseen_but_between_two_keyframes(
        self, steps: list[tuple[int, int]]
    ) -> None:
        at, keyframes = 0, []
        for gap, size_bytes in steps:
            keyframes.append((at, size_bytes))
            at += gap
        taken, seen = looked_at(keyframes)
        assert seen.count == len(keyframes)
        for moment, _ in keyframes:
            assert min(abs(moment - each) for each in taken) < 4000
