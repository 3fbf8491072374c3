"""Pace and budgets: never more than allowed, renewed when promised, and seldom a write."""

import threading
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node.gate_parts import NOW, Clocks, Ledger, Parts, make_parts

from rempart.model.identifiers import KeyId
from rempart.node.service.budgets import Budgets
from rempart.node.service.caller import Caller
from rempart.node.service.gate_errors import BudgetError, PaceError
from rempart.node.service.pacing import Pacer
from rempart.store import StoreLockedError

HERE: Final = "192.0.2.1"
KEY: Final = KeyId(UUID(int=1))


def caller_with(parts: Parts, **limits: int) -> Caller:
    return parts.gate.authenticate(parts.shelf.add(**limits), address=HERE)


def paced(parts: Parts, caller: Caller, times: int) -> int:
    """Send requests; return how many passed."""
    passed = 0
    for _ in range(times):
        try:
            parts.gate.pace(caller)
        except PaceError:
            continue
        passed += 1
    return passed


def test_one_minutes_requests_pass_at_once_and_then_as_many_as_time_brings() -> None:
    parts = make_parts()
    caller = caller_with(parts, requests_per_minute=60)

    assert paced(parts, caller, 100) == 60
    parts.clocks.pass_time(3)
    assert paced(parts, caller, 100) == 3
    parts.clocks.pass_time(3600)
    assert paced(parts, caller, 100) == 60


def test_each_worker_allows_its_share() -> None:
    parts = make_parts(workers=4)
    caller = caller_with(parts, requests_per_minute=60)

    assert paced(parts, caller, 100) == 15
    parts.clocks.pass_time(4)
    assert paced(parts, caller, 100) == 1


def test_small_limit_over_many_workers_still_lets_a_request_pass() -> None:
    parts = make_parts(workers=8)
    caller = caller_with(parts, requests_per_minute=2)

    assert paced(parts, caller, 10) == 1
    parts.clocks.pass_time(239)
    assert paced(parts, caller, 10) == 0
    parts.clocks.pass_time(1)
    assert paced(parts, caller, 10) == 1


def test_answer_says_when_there_is_room_again() -> None:
    parts = make_parts()
    caller = caller_with(parts, requests_per_minute=6)
    paced(parts, caller, 6)

    with pytest.raises(PaceError) as caught:
        parts.gate.pace(caller)
    parts.clocks.pass_time(caught.value.retry_after_seconds)

    assert caught.value.retry_after_seconds == 10
    parts.gate.pace(caller)


def test_key_made_without_a_pace_has_the_nodes_and_zero_means_none() -> None:
    parts = make_parts(requests_per_minute=5)

    assert paced(parts, caller_with(parts), 100) == 5
    assert paced(parts, caller_with(parts, requests_per_minute=0), 1000) == 1000


def test_keys_do_not_share_a_pace() -> None:
    parts = make_parts(requests_per_minute=5)
    one, other = caller_with(parts), caller_with(parts)

    assert paced(parts, one, 10) == 5
    assert paced(parts, other, 10) == 5


@pytest.mark.parametrize("days", [-400, 400])
def test_wall_clock_that_jumps_does_not_change_the_pace(days: int) -> None:
    parts = make_parts()
    caller = caller_with(parts, requests_per_minute=5)
    paced(parts, caller, 5)

    parts.clocks.wall += timedelta(days=days)

    assert paced(parts, caller, 5) == 0


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.node.service.pacing.MOST_BUCKETS", 10)
    pacer = Pacer(workers=1, monotonic=Clocks().monotonic)

    for number in range(100):
        pacer.take(f"address:{number}", 1)

    assert len(pacer._buckets) == 10


def budgets_of(ledger: Ledger, clocks: Clocks, *, workers: int = 1) -> Budgets:
    return Budgets(ledger.charge, clock=clocks, workers=workers)


def use(budgets: Budgets, counts: list[int], limit: int) -> int:
    """Ask for several numbers of queries; return how many were granted."""
    granted = 0
    for count in counts:
        try:
            budgets.take(KEY, count, limit=limit)
        except BudgetError:
            continue
        granted += count
    return granted


def test_key_gets_exactly_its_budget_one_query_at_a_time() -> None:
    ledger, clocks = Ledger(), Clocks()

    assert use(budgets_of(ledger, clocks), [1] * 1500, 1000) == 1000
    assert ledger.used[KEY, NOW.date()] == 1000


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), max_size=60),
    st.integers(1, 5000),
)
@settings(max_examples=50)
def test_several_workers_together_never_grant_more_than_the_budget(
    asked: list[tuple[int, int]], limit: int
) -> None:
    ledger, clocks = Ledger(), Clocks()
    workers = [budgets_of(ledger, clocks, workers=3) for _ in range(3)]

    granted = sum(use(workers[worker], [count], limit) for worker, count in asked)

    assert granted <= ledger.used.get((KEY, NOW.date()), 0) <= limit
    # What was taken and not used is at most one bite of each worker.
    assert ledger.used.get((KEY, NOW.date()), 0) - granted <= 3 * max(1, limit // 300)


def test_whole_batch_is_granted_or_nothing_of_it() -> None:
    ledger, clocks = Ledger(), Clocks()
    budgets = budgets_of(ledger, clocks)

    assert use(budgets, [600, 600, 400, 1], 1000) == 1000


def test_many_queries_need_few_writes() -> None:
    ledger, clocks = Ledger(), Clocks()

    assert use(budgets_of(ledger, clocks), [1] * 100_000, 1_000_000) == 100_000

    assert ledger.asked == 10


def test_end_of_a_budget_needs_few_writes_too() -> None:
    ledger, clocks = Ledger(), Clocks()
    budgets = budgets_of(ledger, clocks)

    assert use(budgets, [1] * 100_500, 100_000) == 100_000
    at_the_end = ledger.asked

    assert at_the_end < 150
    assert use(budgets, [1] * 10_000, 100_000) == 0
    assert ledger.asked == at_the_end  # who is over budget costs the store nothing


def test_smaller_number_is_still_asked_for_after_a_larger_was_refused() -> None:
    ledger, clocks = Ledger(), Clocks()
    budgets = budgets_of(ledger, clocks)

    assert use(budgets, [5000, 900, 200, 100], 1000) == 1000


def test_budget_is_renewed_at_midnight_in_utc_as_the_answer_says() -> None:
    ledger, clocks = Ledger(), Clocks()
    budgets = budgets_of(ledger, clocks)
    use(budgets, [10], 10)

    with pytest.raises(BudgetError) as caught:
        budgets.take(KEY, 1, limit=10)
    assert 12 * 3600 <= caught.value.retry_after_seconds <= 12 * 3600 + 1
    clocks.wall += timedelta(seconds=12 * 3600 - 1)
    assert use(budgets, [1], 10) == 0
    clocks.wall += timedelta(seconds=1)

    assert use(budgets, [10], 10) == 10


def test_clock_set_back_a_day_charges_that_day_and_grants_no_more_than_its_budget() -> None:
    ledger, clocks = Ledger(), Clocks()
    budgets = budgets_of(ledger, clocks)
    use(budgets, [1] * 10, 10)

    clocks.wall -= timedelta(days=1)
    assert use(budgets, [1] * 20, 10) == 10
    clocks.wall += timedelta(days=1)

    assert use(budgets, [1] * 20, 10) == 0
    assert set(ledger.used.values()) == {10}


def test_what_is_at_hand_needs_no_store_and_no_waiting() -> None:
    parts = make_parts()
    caller = caller_with(parts, queries_per_day=1000)
    free = caller_with(parts, queries_per_day=0)

    assert not parts.gate.charge_in_hand(caller, 1)
    parts.gate.charge(caller, 1)
    asked = parts.ledger.asked

    assert parts.gate.charge_in_hand(caller, 9)
    assert not parts.gate.charge_in_hand(caller, 1)
    assert parts.gate.charge_in_hand(free, 10_000)
    parts.gate.charge(free, 10_000)
    assert parts.ledger.asked == asked


def test_while_one_thread_waits_for_the_store_another_is_not_held_up() -> None:
    clocks, is_asked, may_answer = Clocks(), threading.Event(), threading.Event()

    def slow(_key: KeyId, _day: date, count: int, limit: int) -> int | None:
        is_asked.set()
        assert may_answer.wait(10)
        return limit - count

    budgets = Budgets(slow, clock=clocks, workers=1)
    thread = threading.Thread(target=budgets.take, args=(KEY, 1), kwargs={"limit": 100})
    thread.start()
    assert is_asked.wait(10)

    assert not budgets.take_in_hand(KEY, 1)
    may_answer.set()
    thread.join()


def test_failure_of_the_store_uses_nothing_up() -> None:
    ledger, clocks = Ledger(), Clocks()
    failures = iter([True, False])

    def charge(key_id: KeyId, day: date, count: int, limit: int) -> int | None:
        if next(failures, False):
            msg = "the store is away"
            raise ConnectionError(msg)
        return ledger.charge(key_id, day, count, limit)

    budgets = Budgets(charge, clock=clocks, workers=1)
    with pytest.raises(ConnectionError):
        budgets.take(KEY, 1, limit=1)

    assert use(budgets, [1, 1], 1) == 1


def test_key_made_without_a_budget_has_the_nodes() -> None:
    parts = make_parts(queries_per_day=3)
    caller = caller_with(parts)

    parts.gate.charge(caller, 3)
    with pytest.raises(BudgetError):
        parts.gate.charge(caller, 1)


class HeldStore:
    """Counts queries, but not while another write holds it."""

    def __init__(self) -> None:
        self.is_held = True
        self.used = 0

    def __call__(self, _key: KeyId, _day: date, count: int, limit: int, /) -> int | None:
        if self.is_held:
            message = "Another process is writing."
            raise StoreLockedError(message, hint="Wait.")
        if self.used + count > limit:
            return None
        self.used += count
        return limit - self.used


def test_queries_pass_on_credit_while_the_store_is_held_and_are_counted_afterwards() -> None:
    store = HeldStore()
    budgets = Budgets(store, clock=Clocks(), workers=1)
    budgets.take(KEY, 40, limit=10_000)
    budgets.take(KEY, 60, limit=10_000)
    with pytest.raises(StoreLockedError):
        budgets.take(KEY, 1, limit=10_000)  # a hundredth of the budget is the credit

    store.is_held = False
    for _ in range(99):
        budgets.take(KEY, 100, limit=10_000)
    assert store.used == 10_000
    with pytest.raises(BudgetError):
        budgets.take(KEY, 1, limit=10_000)
