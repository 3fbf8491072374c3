"""Two machines on one PostgreSQL: one key file, one set of keys and budgets, and rotations without a gap."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rempart.keys import KeyFileMissingError, SealingKeyUnknownError
from rempart.model.principals import OrganisationKind
from rempart.node import (
    KeyRequest,
    OpenNode,
    create_key,
    create_node,
    join_node,
    revoke_key,
    rotate_sealing,
)
from rempart.node.keys import node_secrets
from rempart.node.secrets import key_file_of
from rempart.node.service.gate_errors import BudgetError, UnauthenticatedError
from rempart.node.service.opening import open_gate

pytestmark = pytest.mark.enable_socket

Machines = tuple[OpenNode, OpenNode]


@pytest.fixture
def machines(tmp_path: Path, postgres_url: str) -> Iterator[Machines]:
    """Make a node on one machine, and a folder for it on another, whose key file nobody copied yet."""
    first = create_node(
        tmp_path / "first",
        organisation="Exercise Node",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=True,
        store=postgres_url,
    )
    node_secrets(first)
    second = join_node(tmp_path / "second", store=postgres_url)
    yield first, second
    first.close()
    second.close()


def copy_key_file(machines: Machines) -> None:
    source, target = (key_file_of(node.folder, node.settings) for node in machines)
    shutil.copy(source, target)


def test_machine_without_the_key_file_makes_none_of_its_own(machines: Machines) -> None:
    _, second = machines

    with pytest.raises(KeyFileMissingError, match="holds secrets"):
        node_secrets(second)

    assert not key_file_of(second.folder, second.settings).exists()


def test_key_made_on_one_machine_opens_the_other_until_it_is_revoked(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.service.known_keys.REMEMBERED_SECONDS", 0.0)
    copy_key_file(machines)
    first, second = machines
    gate = open_gate(second)

    made = create_key(first, KeyRequest(roles=("match",), queries_per_day=100))
    caller = gate.authenticate(made.text, address=None)
    assert caller.principal == made.key.principal

    open_gate(first).charge(caller, 60)
    with pytest.raises(BudgetError):
        gate.charge(caller, 41)
    revoke_key(first, made.key.id)
    with pytest.raises(UnauthenticatedError):
        gate.authenticate(made.text, address=None)


def test_prepared_rotation_has_no_gap_and_an_unprepared_one_is_told(machines: Machines) -> None:
    copy_key_file(machines)
    first, second = machines
    mac = node_secrets(first).api_key_mac()
    rotate_sealing(first, only_prepare=True)
    copy_key_file(machines)

    rotate_sealing(first)

    assert node_secrets(second).api_key_mac() == mac
    copy_key_file(machines)
    rotate_sealing(first)
    with pytest.raises(SealingKeyUnknownError):
        node_secrets(second).api_key_mac()
    copy_key_file(machines)
    assert node_secrets(second).api_key_mac() == mac
