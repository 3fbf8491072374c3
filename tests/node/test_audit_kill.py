"""The log outlives whoever writes it: writers are killed, and no event is lost or doubled."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rempart.node import (
    OpenNode,
    audit_checkpoint,
    audit_keys,
    export_audit,
    sequence,
    verify_audit,
)
from rempart.node.audit_log import AUDIT_LOG

_BUSY = """
import sys
from pathlib import Path
from rempart.node import NodeFolder, audit_checkpoint, open_node, sequence
with open_node(NodeFolder(Path(sys.argv[1]))) as node:
    for number in range(100_000):
        with node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            writer.record("exercise.done", {"number": number})
        if number % 3 == 0:
            sequence(node)
        if number % 10 == 0:
            print(audit_checkpoint(node).size, flush=True)
"""


def _sizes(process: "subprocess.Popen[str]") -> Iterator[int]:
    assert process.stdout is not None
    return map(int, process.stdout)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [2, 5, 11, 17])
def test_killed_writers_leave_a_log_that_is_verified(
    node: OpenNode, tmp_path: Path, rounds: int
) -> None:
    command = [sys.executable, "-c", _BUSY, str(node.folder.path)]
    busy = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for _, size in zip(range(rounds), _sizes(busy[0]), strict=False):
        assert size > 0
    for process in busy:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    sequence(node)
    events = node.store.events(limit=100_000)
    assert node.store.log.head(AUDIT_LOG).size == len(events)
    kept = audit_checkpoint(node).note
    (tmp_path / "kept").write_text(kept, encoding="utf-8")
    export_audit(node, tmp_path / "log.jsonl")
    found = verify_audit(tmp_path / "log.jsonl", audit_keys(node), [tmp_path / "kept"])
    assert found.is_verified, found.lines
