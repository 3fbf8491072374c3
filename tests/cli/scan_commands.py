"""Scans with many checkpoints, scans that kill themselves, and what both leave behind."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rempart.node import NodeFolder, open_node

Records = list[dict[str, Any]]

SMALL_BATCHES = """
import sys
import rempart.cli
from rempart.node import scan
scan._BATCH_FILES, scan._MATCH_BATCH = 6, 3
rempart.cli.main()
"""
"""The command with a checkpoint after every few files, so that a short scan has many of them."""

DYING = """
import os, signal, sys
import rempart.cli
from rempart.node import scan
scan._BATCH_FILES, scan._MATCH_BATCH = 6, 3
steps = int(os.environ["EXERCISE_STEPS"])
def dying(real):
    def call(*arguments, **options):
        global steps
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call
from rempart.node.scan_run import ScanRun as run
run.write, run.checkpoint, run.finish = map(dying, (run.write, run.checkpoint, run.finish))
os.fsync, os.ftruncate = dying(os.fsync), dying(os.ftruncate)
rempart.cli.main()
"""
"""The same, but it kills itself before a certain step of writing and confirming."""

CONFIRMED_THEN_DEAD = """
import os, signal, sys
import rempart.cli
from rempart.node import scan
scan._BATCH_FILES, scan._MATCH_BATCH = 6, 3
from rempart.node.scan_run import ScanRun as run
checkpoint = run.checkpoint
def last(*arguments):
    checkpoint(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
run.checkpoint = last
rempart.cli.main()
"""
"""The same, but it kills itself after its first checkpoint."""


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def read(path: Path) -> Records:
    """Return an output's records as they would be in any run: only identifiers of matches differ."""
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    for record in records:
        for match in record["matches"]:
            del match["id"]
    return records


def last_run(node: Path) -> str:
    with open_node(NodeFolder(node)) as opened:
        return str(opened.store.scans()[0].id)


def is_finished(node: Path) -> bool:
    with open_node(NodeFolder(node)) as opened:
        return bool(opened.store.scans()[0].state == "finished")


@dataclass(frozen=True)
class Undisturbed:
    """What a scan gives when nothing happens to it, and how much that is."""

    records: Records
    size_bytes: int
