"""Answers in parts: in order, bounded in size and time, and held back while the caller wants no more."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rempart.media import Finished, Part, WorkerLimits, WorkerPool
from rempart.model.scan import Problem, ProblemKind

SECONDS = 20.0
LIMITS = WorkerLimits(seconds_per_file=SECONDS, seconds_in_parts=3 * SECONDS, answer_bytes=100_000)


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(b"content")
    opened = os.open(tmp_path / "file", os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def pool(clock: Clock) -> Iterator[WorkerPool]:
    work = "part_workloads:obey"
    with WorkerPool(work, None, 1, LIMITS, in_parts=True, monotonic=clock) as opened:
        yield opened


def ask(pool: WorkerPool, descriptor: int, command: str) -> tuple[list[bytes], bytes | Problem]:
    """Return the parts of an answer, and what finished it."""
    pool.submit(descriptor, command.encode(), command)
    *parts, last = pool.drain()
    assert all(isinstance(each, Part) and each.tag == command for each in parts)
    assert isinstance(last, Finished)
    return [each.payload for each in parts if isinstance(each, Part)], last.payload


def moved_on(pool: WorkerPool, clock: Clock) -> Iterator[Finished | Part]:
    """Give all that comes, and let most of the time for one part go by after each."""
    for each in pool.drain():
        clock.now += 0.7 * SECONDS
        yield each


def kind_of(answer: bytes | Problem) -> ProblemKind:
    assert isinstance(answer, Problem)
    return answer.kind


def test_parts_come_in_order_before_what_finishes_the_answer(
    pool: WorkerPool, descriptor: int
) -> None:
    assert ask(pool, descriptor, "count_up 200") == ([b"%d" % at for at in range(200)], b"done")


def test_a_worker_may_say_that_it_works_and_nothing_is_handed_on(
    pool: WorkerPool, descriptor: int
) -> None:
    assert ask(pool, descriptor, "only_work 5") == ([], b"done")


def test_parts_before_a_death_are_kept_and_the_next_file_is_worked_on(
    pool: WorkerPool, descriptor: int
) -> None:
    parts, last = ask(pool, descriptor, "speak_then_die 3")

    assert parts == [b"0", b"1", b"2"]
    assert kind_of(last) is ProblemKind.WORKER_DIED
    assert ask(pool, descriptor, "count_up 1") == ([b"0"], b"done")


class TestFloods:
    @pytest.mark.parametrize(
        "command", ["speak_for_ever 10000", "speak_for_ever 0", "claim_to_work_for_ever"]
    )
    def test_a_flood_ends_with_the_worker_and_within_the_limit(
        self, pool: WorkerPool, descriptor: int, command: str
    ) -> None:
        parts, last = ask(pool, descriptor, command)

        assert kind_of(last) is ProblemKind.WORKER_DIED
        assert sum(len(part) + 64 for part in parts) <= LIMITS.answer_bytes

    def test_one_call_gives_one_part_of_a_worker_at_most(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        pool.submit(descriptor, b"speak_for_ever 100", "flood")

        assert [len(pool.wait()) for _ in range(50)] == [1] * 50
        pool.withdraw("flood")

    def test_a_part_over_the_size_of_a_message_is_no_part(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        said = ask(pool, descriptor, "say_a_large_part 20000")
        forced = ask(pool, descriptor, "force_a_large_part 20000")

        assert said[0] == forced[0] == []
        assert kind_of(said[1]) is kind_of(forced[1]) is ProblemKind.WORKER_DIED

    def test_a_pool_without_parts_takes_none(self, descriptor: int) -> None:
        with WorkerPool("media_workloads:obey", None, 1, LIMITS) as whole:
            whole.submit(descriptor, b"say_part", 1)
            ((_, answer),) = whole.drain()

        assert kind_of(answer) is ProblemKind.WORKER_DIED


class TestTime:
    def test_each_part_renews_the_time(
        self, pool: WorkerPool, descriptor: int, clock: Clock
    ) -> None:
        pool.submit(descriptor, b"count_up 4", "slow")
        *_, last = moved_on(pool, clock)

        assert last == Finished("slow", b"done")

    def test_but_not_beyond_the_time_for_all_parts(
        self, pool: WorkerPool, descriptor: int, clock: Clock
    ) -> None:
        pool.submit(descriptor, b"speak_for_ever 1", "slow")
        *_, last = moved_on(pool, clock)

        assert isinstance(last, Finished)
        assert isinstance(last.payload, Problem)
        assert last.payload.kind is ProblemKind.TIME_LIMIT
        assert "60 seconds" in last.payload.message

    def test_a_submission_may_have_its_own_time_for_all_parts(
        self, pool: WorkerPool, descriptor: int, clock: Clock
    ) -> None:
        pool.submit(descriptor, b"count_up 40", "slow", seconds_in_parts=50 * SECONDS)
        *_, last = moved_on(pool, clock)

        assert last == Finished("slow", b"done")

    def test_silence_after_a_part_ends_with_the_time_for_one(
        self, pool: WorkerPool, descriptor: int, clock: Clock
    ) -> None:
        pool.submit(descriptor, b"speak_then_sleep 1", "silent")
        assert pool.wait() == [Part("silent", b"0")]
        clock.now += 1.1 * SECONDS
        ((_, answer),) = pool.wait()

        assert isinstance(answer, Problem)
        assert answer.kind is ProblemKind.TIME_LIMIT
        assert "20 seconds" in answer.message


class TestHeldBack:
    def test_a_paused_submission_gives_nothing_and_its_time_stands_still(
        self, pool: WorkerPool, descriptor: int, clock: Clock
    ) -> None:
        pool.submit(descriptor, b"count_up 5000", "held")
        before = pool.wait()
        pool.pause("held")
        was_at_rest = pool.is_at_rest
        assert pool.wait(0.0) == []
        clock.now += 100 * SECONDS
        assert pool.wait(0.0) == []
        pool.go_on("held")
        assert (was_at_rest, pool.is_at_rest) == (True, False)
        rest = list(pool.drain())

        # 5000 parts are beyond the limit of size, not beyond that of time
        assert [each.payload for each in [*before, *rest[:-1]]] == [
            b"%d" % at for at in range(len(rest))
        ]
        assert isinstance(rest[-1].payload, Problem)
        assert rest[-1].payload.kind is ProblemKind.WORKER_DIED

    def test_what_is_withdrawn_gives_nothing_more_and_its_place_is_free(
        self, pool: WorkerPool, descriptor: int
    ) -> None:
        pool.submit(descriptor, b"speak_for_ever 9", "first")
        pool.submit(descriptor, b"speak_for_ever 9", "waiting")
        pool.wait()
        pool.pause("first")
        pool.withdraw("first")
        pool.withdraw("waiting")

        assert pool.outstanding == 0
        assert pool.free_slots == pool.capacity
        assert ask(pool, descriptor, "count_up 2") == ([b"0", b"1"], b"done")

    def test_a_pool_closes_with_a_paused_worker(self, descriptor: int) -> None:
        pool = WorkerPool("part_workloads:obey", None, 1, LIMITS, in_parts=True)
        pool.submit(descriptor, b"speak_for_ever 9", "held")
        pool.wait()
        pool.pause("held")

        pool.close()
