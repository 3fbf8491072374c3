"""Measure whole commands: CPU time, wall time, and the memory of a command with all its children."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.05
_KIBIBYTE = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost.

    Attributes:
        cpu_seconds: user and system time of the command and all its children.
        wall_seconds: from start to end.
        pss_bytes: largest sum of proportional set sizes of all its processes, sampled every 50 ms.
        exit_code: of the command.
        error: the end of what it wrote to standard error.
    """

    cpu_seconds: float
    wall_seconds: float
    pss_bytes: int
    exit_code: int
    error: str


def run_measured(command: Sequence[str | os.PathLike[str]]) -> Cost:
    """Run a command to its end and say what it cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    sampler = _Sampler(process.pid)
    _, error = process.communicate()
    sampler.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        wall_seconds=time.perf_counter() - begun,
        pss_bytes=sampler.largest,
        exit_code=process.returncode,
        error=error.decode("utf-8", "replace")[-2000:],
    )


class _Sampler:
    """Watches the memory of a process tree from a thread."""

    def __init__(self, root: int) -> None:
        self.largest = 0
        self._root = root
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_stopped.wait(_SAMPLE_SECONDS):
            self.largest = max(
                self.largest, sum(pss_bytes(pid) for pid in process_tree(self._root))
            )


def process_tree(root: int, *, depth: int | None = None) -> list[int]:
    """Return a process and its children, theirs, and so on; with a depth only so many generations of them."""
    found = generation = [root]
    while generation and depth != 0:
        generation = [child for pid in generation for child in _children(pid)]
        found = found + generation
        depth = None if depth is None else depth - 1
    return found


def pss_bytes(pid: int) -> int:
    """Return the proportional set size of a process; 0 where it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIBIBYTE
    return 0


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return []
