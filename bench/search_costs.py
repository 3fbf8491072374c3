"""What the index costs apart from searching: building, changing, saving, memory; and the machine's own limit."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from search_data import Hashes

from rempart._native import _hamming
from rempart.match import HammingIndex

_T = TypeVar("_T")

_MEMORY = """
import os, sys
import numpy as np
from rempart.match import HammingIndex
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
size = int(sys.argv[1])
HammingIndex.build(np.zeros((9, 32), np.uint8), np.arange(9)).query(bytes(32))
hashes = np.random.default_rng(1).integers(0, 256, (size, 32), dtype=np.uint8)
ids = np.arange(size)
before = resident()
index = HammingIndex.build(hashes, ids)
print((resident() - before) / size)
"""


def bytes_per_entry(size: int) -> float:
    """Return by how much the resident memory of a fresh process grows, ids included."""
    command = [sys.executable, "-c", _MEMORY, str(size)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def changing_costs(hashes: Hashes) -> dict[str, float]:
    """Return wall milliseconds of building, adding and removing one entry, saving and opening."""
    ids = np.arange(len(hashes), dtype=np.int64)
    costs: dict[str, float] = {}
    index = _timed(costs, "build", lambda: HammingIndex.build(hashes, ids))
    _timed(costs, "add 1", lambda: index.add(hashes[:1], ids[-1:] + 1))
    _timed(costs, "add 1 more", lambda: index.add(hashes[:1], ids[-1:] + 2))
    _timed(costs, "remove 1", lambda: index.remove(ids[:1]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        _timed(costs, "save with changes", lambda: index.save(path))
        _timed(costs, "save", lambda: index.save(path))
        opened = _timed(costs, "open", lambda: HammingIndex.open(path))
        _timed(costs, "first query after opening", lambda: opened.query(hashes[5].tobytes()))
    return costs


def _timed(costs: dict[str, float], name: str, work: Callable[[], _T]) -> _T:
    begun = time.perf_counter()
    result = work()
    costs[name] = (time.perf_counter() - begun) * 1000
    return result


def random_lines_per_second(size_bytes: int) -> float:
    """Return how many prefetched random cache lines of so much memory one core reads in a second."""
    memory = np.ones(size_bytes, np.uint8)
    count, best = 2_000_000, float("inf")
    for _ in range(5):
        begun = time.thread_time()
        _hamming.read_random_lines(memory, count)
        best = min(best, time.thread_time() - begun)
    return count / best


def lines_per_query(entries: int) -> float:
    """Return how many cache lines a query at radius 31 needs on uniform hashes, by counting, not by measuring.

    In each of 16 tables: 13 lines of offsets and one in sixteen of them straddled, 17 buckets of 2 bytes an entry at
    random places; and two lines for each of the candidates that pass the ring condition (10.7 at a million).
    """
    bucket_bytes = entries / 65_536 * 2
    return 16 * (13 * 17 / 16 + 17 * (1 + bucket_bytes / 64)) + 2 * 10.7 * entries / 1e6


def join_rate(hashes: Hashes, queries: int) -> float:
    """Return queries a second, one core, when so many are asked in one call."""
    index = HammingIndex.build(hashes, np.arange(len(hashes), dtype=np.int64))
    asked = np.random.default_rng(2).integers(0, 256, (queries, 32), dtype=np.uint8)
    begun = time.thread_time()
    index.query_many(asked)
    return queries / (time.thread_time() - begun)
