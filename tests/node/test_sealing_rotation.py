"""Rotation of the sealing key: killed at any point nothing is lost, and running it again finishes it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.keys import SealingKeyUnknownError, SecretAlteredError, read_key_file
from rempart.keys import key_file as key_file_module
from rempart.node import NodeFolder, OpenNode, open_node, rotate_sealing
from rempart.node import sealing_rotation as rotation_module
from rempart.node.keys import node_secrets
from rempart.node.secrets import Secrets
from rempart.store._secrets import SecretWriting
from rempart.store.writer import StoreWriter

KILLED = 9


def keep(node: OpenNode, secrets: Secrets, name: str, secret: bytes) -> None:
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.secrets.put(name, secrets.seal(name, secret))
        writer.record("secrets.tried", {})


def opened(node: OpenNode, secrets: Secrets) -> dict[str, bytes | None]:
    return {name: secrets.get(name) for name in node.store.secrets.all()}


@pytest.fixture
def secrets(node: OpenNode) -> Secrets:
    """Secrets of a process that runs since before any rotation."""
    found = node_secrets(node)
    keep(node, found, "exchange:one", b"first password")
    return found


def test_rotation_seals_everything_under_a_new_key_and_drops_the_old(
    node: OpenNode, secrets: Secrets
) -> None:
    before = opened(node, secrets)
    old = read_key_file(secrets.key_file).newest

    done = rotate_sealing(node)

    ring = read_key_file(secrets.key_file)
    assert [key.id for key in ring.keys] == [done.key_id]
    assert done.dropped == (old.id,)
    assert done.resealed == len(before) == 4
    assert opened(node, node_secrets(node)) == before
    assert opened(node, secrets) == before
    assert node.store.events()[-1].details == {"key": done.key_id, "count": 4}


def test_old_key_opens_nothing_any_more(node: OpenNode, secrets: Secrets, tmp_path: Path) -> None:
    stolen = tmp_path / "stolen.key"
    stolen.write_bytes(secrets.key_file.read_bytes())
    stolen.chmod(0o600)

    rotate_sealing(node)

    with pytest.raises(SealingKeyUnknownError):
        Secrets(stolen, node.store).api_key_mac()


def test_process_with_the_old_key_in_memory_seals_under_the_new_one(
    node: OpenNode, secrets: Secrets
) -> None:
    rotate_sealing(node)

    keep(node, secrets, "exchange:two", b"second password")
    rotate_sealing(node)

    assert node_secrets(node).get("exchange:two") == b"second password"
    assert secrets.get("exchange:two") == b"second password"


def test_prepared_rotation_lets_another_machine_follow_without_a_gap(
    node: OpenNode, secrets: Secrets, tmp_path: Path
) -> None:
    there = tmp_path / "other-machine.key"

    def copy() -> None:
        there.unlink(missing_ok=True)
        there.write_bytes(secrets.key_file.read_bytes())
        there.chmod(0o600)

    copy()
    other = Secrets(there, node.store)
    before = opened(node, other)
    prepared = rotate_sealing(node, only_prepare=True)
    assert len(read_key_file(secrets.key_file).keys) == 2
    copy()
    done = rotate_sealing(node)

    assert done.key_id == prepared.key_id
    assert prepared.dropped == ()
    assert opened(node, other) == before
    keep(node, other, "exchange:two", b"from there")
    assert secrets.get("exchange:two") == b"from there"


def test_machine_whose_key_file_lags_behind_cannot_seal(
    node: OpenNode, secrets: Secrets, tmp_path: Path
) -> None:
    there = tmp_path / "other-machine.key"
    there.write_bytes(secrets.key_file.read_bytes())
    there.chmod(0o600)
    other = Secrets(there, node.store)
    rotate_sealing(node)

    with pytest.raises(SealingKeyUnknownError, match="does not hold"):
        keep(node, other, "exchange:two", b"from there")

    assert secrets.get("exchange:two") is None


def test_altered_secret_stops_the_rotation_and_nothing_is_dropped(
    node: OpenNode, secrets: Secrets
) -> None:
    old = read_key_file(secrets.key_file).newest
    before = node.store.secrets.all()
    changed = before["exchange:one"][:-1] + bytes([before["exchange:one"][-1] ^ 1])
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.secrets.put("exchange:one", changed)
        writer.record("secrets.tried", {})

    with pytest.raises(SecretAlteredError, match="exchange:one"):
        rotate_sealing(node)

    assert old in read_key_file(secrets.key_file).keys
    assert node.store.secrets.all() == {**before, "exchange:one": changed}
    assert secrets.api_key_mac()


def die(*_arguments: object, **_named: object) -> None:
    os._exit(KILLED)


def dies_at(call: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that ends the process at its nth call, before it does anything."""
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            die()
        return real(*arguments, **named)

    return counted


KILL_POINTS: dict[str, tuple[Any, str, int]] = {
    "while the new file is written": (os, "fsync", 1),
    "before the new file has its name": (Path, "replace", 1),
    "after the new file has its name": (key_file_module, "_sync_folder", 1),
    "before anything is sealed": (rotation_module, "_reseal", 1),
    "between two secrets": (SecretWriting, "put", 3),
    "before the write is recorded": (StoreWriter, "record", 1),
    "after the write": (rotation_module, "refuse_unknown_keys", 1),
    "before the old key is dropped": (Path, "replace", 2),
    "after the old key is dropped": (key_file_module, "_sync_folder", 2),
}


@pytest.mark.parametrize("point", KILL_POINTS)
def test_rotation_killed_at_any_point_loses_nothing_and_can_be_run_again(
    node: OpenNode, secrets: Secrets, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    before = opened(node, secrets)
    old = read_key_file(secrets.key_file).newest
    owner, name, call = KILL_POINTS[point]

    child = os.fork()
    if child == 0:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, dies_at(call, getattr(owner, name)))
            try:
                rotate_sealing(open_node(NodeFolder(node.folder.path)))
            finally:
                os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED

    assert opened(node, secrets) == before
    assert opened(node, node_secrets(node)) == before
    rotate_sealing(node)
    ring = read_key_file(secrets.key_file)
    assert len(ring.keys) == 1
    assert ring.newest != old
    assert opened(node, secrets) == before
    assert opened(node, node_secrets(node)) == before
    # What the killed process was writing holds a key as well.
    assert [each.name for each in secrets.key_file.parent.iterdir()] == ["node.key"]
