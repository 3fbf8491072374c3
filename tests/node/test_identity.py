"""Identifiers of one process grow, never repeat, and stay UUIDv7 whatever the clock does."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from rempart.model.clock import Clock
from rempart.node.identity import SystemClock, SystemIdentifiers, UnrelatedIdentifiers

START = datetime(2026, 11, 22, tzinfo=UTC)


class Moments:
    """A clock that goes as it is told, also backwards, and then stands still."""

    def __init__(self, steps_ms: list[int]) -> None:
        self._moments = itertools.accumulate(steps_ms, initial=0)
        self._last = 0

    def now(self) -> datetime:
        self._last = next(self._moments, self._last)
        return START + timedelta(milliseconds=self._last)


def made_by(clock: Clock, counts: list[int]) -> list[UUID]:
    identifiers = SystemIdentifiers(clock)
    return [UUID(bytes=each) for count in counts for each in identifiers.new_bytes(count)]


@given(st.lists(st.integers(-5000, 5000), max_size=20), st.lists(st.integers(0, 20), max_size=20))
def test_they_grow_and_keep_version_and_variant_whatever_the_clock_does(
    steps_ms: list[int], counts: list[int]
) -> None:
    made = made_by(Moments(steps_ms), counts)

    assert len(made) == sum(counts)
    assert all(one < other for one, other in itertools.pairwise(made))
    assert {(each.version, each.variant) for each in made} <= {(7, RFC_4122)}


def test_a_clock_that_stands_still_gives_different_ones_of_its_millisecond() -> None:
    made = made_by(Moments([]), [20_000, 1, 20_000])

    assert len(set(made)) == 40_001
    assert {each.int >> 80 for each in made} == {int(START.timestamp() * 1000)}


def test_they_tell_the_time_they_were_made_at() -> None:
    [made] = made_by(Moments([1500]), [1])

    assert made.int >> 80 == int(START.timestamp() * 1000)


def test_two_sources_give_different_ones_at_the_same_moment() -> None:
    assert made_by(Moments([]), [1000])[0] != made_by(Moments([]), [1000])[0]


def test_threads_that_share_a_source_never_get_the_same_one() -> None:
    identifiers = SystemIdentifiers(SystemClock())
    made: list[bytes] = []

    def draw() -> None:
        for _ in range(50):
            made.extend(identifiers.new_bytes(20))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(set(made)) == len(made) == 4000


def test_the_machine_s_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_unrelated_ones_keep_the_order_of_their_places() -> None:
    identifiers = UnrelatedIdentifiers(Moments([]))

    made = [identifiers.new(place, 10_000) for place in range(10_000)]

    assert made == sorted(made)
    assert {each.version for each in made} == {7}
    assert {each.int >> 80 for each in made} == {int(START.timestamp() * 1000)}


def test_distance_of_unrelated_ones_does_not_tell_how_many_lie_between() -> None:
    identifiers = UnrelatedIdentifiers(Moments([]))

    made = sorted(identifiers.new().int for _ in range(1000))

    # Steps of one chain are at most 2**32; of 1,000 out of 2**74 no two lie so near but once in a million runs.
    assert min(after - before for before, after in itertools.pairwise(made)) > 1 << 34
