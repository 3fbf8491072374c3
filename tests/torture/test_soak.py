"""A long run of mixed load: no error, no growth of memory, descriptors or threads, and lists that count at once."""

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.torture.conftest import ActorsFunction, StartFunction
from tests.torture.load import Actor, Known, Load
from tests.torture.running import RunningService
from tests.torture.verdict import all_promises_are_kept

from rempart.client import Fingerprint, Query, RecordKept

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(0),
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]
SECONDS = float(os.environ.get("REMPART_TEST_SOAK_SECONDS", "90"))
MEBIBYTE = 1 << 20
MOST_GROWTH_PER_MINUTE = 8 * MEBIBYTE
FRESH_SECONDS = 1.0
FRESH = "fresh"


def weighed(processes: list[psutil.Process]) -> tuple[int, int, int]:
    """Return the memory, the descriptors and the threads of processes together."""
    return (
        sum(each.memory_full_info().pss for each in processes),
        sum(each.num_fds() for each in processes),
        sum(each.num_threads() for each in processes),
    )


def seconds_until_it_matches(actor: Actor, number: int) -> float:
    """Add an entry, and return how long after the answer it matched on three connections in a row."""
    value = (number + 1).to_bytes(16, "big").hex()
    said = Known(f"fresh-{number}", "md5", value).said("exercise-0")
    [kept] = actor.client.put_entries(FRESH, [said], idempotency_key=f"fresh-{number}").records
    assert isinstance(kept, RecordKept)
    began, found = time.monotonic(), 0
    while found < 3:
        [result] = actor.client.match([Query([Fingerprint("md5", value)])]).results
        found = found + 1 if result.matches else 0
    took = time.monotonic() - began
    actor.client.withdraw_entry(FRESH, kept.entry)
    return took


def soaked(
    service: RunningService, actors: list[Actor], watcher: Actor
) -> tuple[list[tuple[float, int, int, int]], list[float]]:
    """Keep it under load; return what its processes weighed from time to time, and how fresh it was."""
    weights: list[tuple[float, int, int, int]] = []
    fresh: list[float] = []
    processes = [*service.workers(), service.keeper()]
    with Load(actors) as load:
        load.goes_on(100)  # warm
        began = time.monotonic()
        while (now := time.monotonic() - began) < SECONDS:
            fresh.append(seconds_until_it_matches(watcher, len(fresh)))
            weights.append((now, *weighed(processes)))
            load.goes_on(1)
            assert not any(each.errors for each in actors)
    assert {each.pid for each in service.children()} == {each.pid for each in processes}
    return weights, fresh


def test_soak_of_mixed_load_is_flat_fresh_and_without_an_error(
    start: StartFunction, actors_of: ActorsFunction, tmp_path: Path
) -> None:
    service = start()
    actors = actors_of(service, 3)
    [watcher] = actors_of(service, 1)
    watcher.client.add_list(FRESH)

    weights, fresh = soaked(service, actors, watcher)

    times, memory, descriptors, threads = np.array(weights).T
    half = len(times) // 2
    growth = np.polyfit(times[half:], memory[half:], 1)[0] * 60
    assert growth < MOST_GROWTH_PER_MINUTE, f"{growth / MEBIBYTE:.1f} MiB a minute"
    assert np.median(descriptors[half:]) <= np.median(descriptors[:half]) + 8
    assert np.median(threads[half:]) <= np.median(threads[:half]) + 2
    assert np.quantile(fresh, 0.9) < FRESH_SECONDS
    assert service.events("request-failed") == []
    assert service.events("job-failed") == []
    all_promises_are_kept(service, actors, tmp_path)
