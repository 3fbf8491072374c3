"""What the contenders are asked, and how they bear it: request files, runs of the load generator, figures."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from load_generator import get, post, write_requests
from numpy.typing import NDArray
from service_running import Running

_BENCH: Final = Path(__file__).resolve().parent
_SEED: Final = 407
"""Another than that of the list: drawn by the same one, values that nobody knows were entries now and then."""
_SINGLES: Final = 5_000
_HIT_BITS: Final = 10
_HITS_OF_A_HUNDRED: Final = 1
_ANSWER_SECONDS: Final = 240.0
JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"

Values = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Figures:
    """How one run went.

    Attributes:
        per_second: queries answered a second of the clock.
        per_cpu_second: queries answered a second of CPU time of the service, all its processes.
        p50_ms: half of the requests were answered in this time.
        p99_ms: all but one in a hundred.
        failures: answers of another status than 200, and connections that were lost.
    """

    per_second: float
    per_cpu_second: float
    p50_ms: float
    p99_ms: float
    failures: int


class Questions:
    """Request files about one list."""

    def __init__(self, folder: Path, known: Values, *, token: str) -> None:
        """Write nothing yet."""
        self._folder = folder
        self._known = known
        self._token = token
        self._generator = np.random.default_rng(_SEED)

    def unknown(self, count: int) -> list[str]:
        """Return random values."""
        return _hex(self._generator.integers(0, 256, (count, 32), dtype=np.uint8))

    def known(self, count: int) -> list[str]:
        """Return values a few bits away from entries."""
        rows = self._known[self._generator.integers(0, len(self._known), count)].copy()
        for row in rows:
            for bit in self._generator.choice(256, _HIT_BITS, replace=False).tolist():
                row[bit // 8] ^= 1 << bit % 8
        return _hex(rows)

    def some_known(self, count: int) -> list[str]:
        """Return values of which one in a hundred is known."""
        hits = count * _HITS_OF_A_HUNDRED // 100
        return [*self.known(hits), *self.unknown(count - hits)]

    def singles(self, values: Callable[[int], list[str]]) -> Path:
        """Write requests with one fingerprint each."""
        return self.batches(values, 1, count=_SINGLES)

    def batches(
        self, values: Callable[[int], list[str]], size: int, *, form: str = JSON, count: int = 8
    ) -> Path:
        """Write requests with so many queries each."""
        encode = msgspec.msgpack.encode if form == MSGPACK else msgspec.json.encode
        bodies = (
            encode({"queries": [_query(value) for value in values(size)]}) for _ in range(count)
        )
        return self._write(
            post("/v1/match", body, content_type=form, token=self._token) for body in bodies
        )

    def peer_singles(self, values: Callable[[int], list[str]]) -> Path:
        """Write the same for the peer."""
        path = "/m/raw_lookup?signal_type=pdq&signal="
        return self._write(get(path + value) for value in values(_SINGLES))

    def peer_batch(self, values: Callable[[int], list[str]], size: int) -> Path:
        """Write a batch for the peer's loop."""
        body = json.dumps({"signals": values(size)}).encode()
        return self._write([post("/m/raw_lookup_batch", body, content_type=JSON)])

    def _write(self, requests: Iterable[bytes]) -> Path:
        path = self._folder / f"requests-{len(list(self._folder.glob('requests-*')))}"
        write_requests(path, list(requests))
        return path


def measure(
    running: Running, requests: Path, *, connections: int, seconds: float, queries: int = 1
) -> Figures:
    """Load a service and return how it went.

    Args:
        running: the service.
        requests: file of requests.
        connections: kept busy at a time.
        seconds: how long.
        queries: in each request.

    Raises:
        RuntimeError: the load generator failed.
    """
    before = running.cpu_seconds()
    tally = _generate(running.port, requests, connections, seconds)
    cpu = running.cpu_seconds() - before
    return Figures(
        per_second=tally["per_second"] * queries,
        per_cpu_second=tally["answers"] * queries / max(cpu, 1e-9),
        p50_ms=tally["p50_ms"],
        p99_ms=tally["p99_ms"],
        failures=tally["failures"] + tally["lost"],
    )


def load_command(port: int, requests: Path, connections: int, seconds: float) -> list[str]:
    """Return the command of the load generator."""
    options: Sequence[object] = (
        "--port", port, "--requests", requests, "--connections", connections, "--seconds", seconds,
    )  # fmt: skip
    return [sys.executable, str(_BENCH / "load_generator.py"), *map(str, options)]


def pdq_values(node: Path) -> Values:
    """Return the PDQ values of a node's entries, in the order of their numbers."""
    with sqlite3.connect(f"file:{node / 'store.sqlite'}?mode=ro", uri=True) as store:
        rows = store.execute(
            "SELECT value FROM fingerprint JOIN kind USING (kind_no) WHERE kind = 'pdq'"
            " AND removed_change IS NULL ORDER BY fingerprint_no"
        )
        joined = b"".join(row[0] for row in rows)
    store.close()
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def _generate(port: int, requests: Path, connections: int, seconds: float) -> dict[str, Any]:
    finished = subprocess.run(
        load_command(port, requests, connections, seconds),
        capture_output=True,
        timeout=seconds + _ANSWER_SECONDS,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr.decode(errors="replace")[-500:])
    tally: dict[str, Any] = json.loads(finished.stdout)
    return tally


def _query(value: str) -> dict[str, object]:
    return {"fingerprints": [{"kind": "pdq", "value": value}]}


def _hex(values: Values) -> list[str]:
    return [row.tobytes().hex() for row in values]
