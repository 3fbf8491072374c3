"""A clock that jumps deletes nothing; one that runs on steadily for a day is believed again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from rempart.node import OpenNode
from rempart.node.careful_retention import CarefulRetention

START = datetime(2027, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=1_000)


@dataclass
class Machine:
    """Its clock, which can be set, and the seconds since its boot, which cannot."""

    at: datetime = START
    elapsed: float = 1_000.0

    def now(self) -> datetime:
        return self.at

    def pass_time(self, span: timedelta) -> None:
        self.at += span
        self.elapsed += span.total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def kept(node: OpenNode, machine: Machine) -> OpenNode:
    """Return a node with a scan that is kept for 30 days."""
    kept = replace(node, clock=machine)
    record(kept, days=30)
    return kept


def record(node: OpenNode, days: int = 3_000) -> None:
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.start_scan(settings={}, expires_at=node.clock.now() + timedelta(days=days))
        writer.record("scan.started", {})


def keeper(machine: Machine) -> CarefulRetention:
    return CarefulRetention(lambda: machine.elapsed)


def scans(counts: dict[str, int]) -> int:
    return counts.get("scans", 0)


def test_jump_while_the_keeper_runs_deletes_nothing_also_when_it_is_set_back(
    kept: OpenNode, machine: Machine
) -> None:
    retention = keeper(machine)
    machine.pass_time(timedelta(hours=30))
    retention.tend(kept)

    machine.at += YEARS
    assert scans(retention.tend(kept)) == 0
    record(kept)  # what is written after a jump is no evidence
    machine.pass_time(timedelta(hours=23))
    assert scans(retention.tend(kept)) == 0
    machine.at -= YEARS
    assert scans(retention.tend(kept)) == 0
    machine.pass_time(timedelta(days=28, hours=20))
    assert scans(retention.tend(kept)) == 1


def test_jump_while_the_keeper_is_off_deletes_nothing(kept: OpenNode, machine: Machine) -> None:
    machine.at += YEARS
    assert scans(keeper(machine).tend(kept)) == 0
    record(kept)
    machine.pass_time(timedelta(hours=1))
    assert scans(keeper(machine).tend(kept)) == 0  # started anew, with events of the wrong time


def test_clock_that_ran_steadily_for_a_day_is_believed(kept: OpenNode, machine: Machine) -> None:
    retention = keeper(machine)
    machine.at += YEARS
    assert scans(retention.tend(kept)) == 0
    for _ in range(23):
        machine.pass_time(timedelta(hours=1))
        assert scans(retention.tend(kept)) == 0
    machine.pass_time(timedelta(hours=1))
    assert scans(retention.tend(kept)) == 1


def test_node_with_yesterday_on_record_forgets_at_once(kept: OpenNode, machine: Machine) -> None:
    machine.pass_time(timedelta(days=31))
    record(kept)
    machine.pass_time(timedelta(hours=30))
    assert scans(keeper(machine).tend(kept)) == 1


def test_waiting_is_said_once(
    kept: OpenNode, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("rempart.node.careful_retention.log_event", said.append)
    retention = keeper(machine)
    for _ in range(3):
        machine.at += YEARS
        retention.tend(kept)
    assert said == ["retention-waits-for-clock"]
