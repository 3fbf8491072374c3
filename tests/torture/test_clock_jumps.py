"""The clock of the machine jumps by hours while the service answers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.torture.running import make_node

from rempart.model.identifiers import IdentifierSource
from rempart.node import KeyRequest, NodeFolder, OpenNode, create_key, open_node
from rempart.node.identity import SystemIdentifiers
from rempart.node.retention import forget_expired, resume_due_entries
from rempart.node.service.gate_errors import BudgetError, UnauthenticatedError
from rempart.node.service.opening import open_gate

HOURS = timedelta(hours=7)


class JumpingClock:
    """Tells the time that it was set to, and a moment more each time."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def node(tmp_path: Path, clock: JumpingClock) -> Iterator[OpenNode]:
    identifiers: IdentifierSource = SystemIdentifiers(clock)
    with open_node(NodeFolder(make_node(tmp_path / "node"))) as opened:
        yield replace(opened, clock=clock, identifiers=identifiers)


def test_identifiers_stay_unique_and_grow_over_jumps_both_ways(
    node: OpenNode, clock: JumpingClock
) -> None:
    made = []
    for jump in (HOURS, -2 * HOURS, HOURS, -30 * HOURS, 40 * HOURS):
        made += [node.identifiers.new() for _ in range(50)]
        clock.at += jump
    made += [node.identifiers.new() for _ in range(50)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_lease_does_not_outlive_its_length_for_long_over_jumps(
    node: OpenNode, clock: JumpingClock
) -> None:
    leases = node.store.leases
    assert leases.take("job", "one", seconds=60, clock=clock)
    assert not leases.take("job", "other", seconds=60, clock=clock)

    clock.at -= HOURS  # else it would be held for seven hours
    assert leases.take("job", "other", seconds=60, clock=clock)
    assert not leases.take("job", "one", seconds=60, clock=clock)

    clock.at += HOURS
    assert leases.take("job", "one", seconds=60, clock=clock)
    assert not leases.take("job", "other", seconds=60, clock=clock)


def test_keys_expire_by_the_clock_and_budgets_are_renewed_by_its_day_only(
    node: OpenNode, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.service.known_keys.REMEMBERED_SECONDS", 0.0)
    expires = clock.now() + HOURS
    made = create_key(node, KeyRequest(roles=("match",), queries_per_day=10, expires_at=expires))
    gate = open_gate(node)
    caller = gate.authenticate(made.text, address=None)
    gate.charge(caller, 10)

    for jump in (-HOURS, HOURS, -HOURS, HOURS):  # within one day: none of it is renewed
        clock.at += jump
        with pytest.raises(BudgetError):
            gate.charge(gate.authenticate(made.text, address=None), 1)

    clock.at += 2 * HOURS
    with pytest.raises(UnauthenticatedError):
        gate.authenticate(made.text, address=None)
    clock.at -= 2 * HOURS
    assert gate.authenticate(made.text, address=None) == caller
    clock.at -= 2 * HOURS  # the day before, of which nothing was used
    gate.charge(caller, 10)
    clock.at += 2 * HOURS
    with pytest.raises(BudgetError):
        gate.charge(caller, 1)


def test_retention_forgets_by_the_clock_and_a_jump_back_brings_nothing_to_an_end(
    node: OpenNode, clock: JumpingClock
) -> None:
    principal = node.principal.id
    with node.store.write(
        principal=node.principal, clock=clock, identifiers=node.identifiers
    ) as writer:
        writer.idempotency.keep(
            principal, "token", request_digest=b"x" * 32, status=200, answer=b"{}"
        )
        writer.record("exercise.done", {})

    clock.at -= 40 * HOURS
    assert not any(forget_expired(node).values())
    clock.at += 40 * HOURS
    assert not any(forget_expired(node).values())
    assert resume_due_entries(node) == 0
    clock.at += timedelta(hours=node.settings.idempotency_hours + 1)
    assert forget_expired(node)["answers"] == 1
