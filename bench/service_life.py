"""What an operator waits for: until a write counts in every worker, and until a service answers after a start."""

import contextlib
import http.client
import json
import os
import random
import secrets
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from load_generator import get, post
from service_load import JSON, Questions, load_command
from service_running import Running, one_answer, rempart_service

_WRITES: Final = 200
_LOADING_CONNECTIONS: Final = 4
_LONGEST_SECONDS: Final = 30.0
_MOST_CONNECTIONS: Final = 64
_PAUSE_SECONDS: Final = 0.002
_LONGEST_GAP_SECONDS: Final = 0.1
_STARTS: Final = 3
_GOOD: Final = 200
_IMPORT: Final = """
import time
begun = time.perf_counter()
import rempart.cli, rempart.node.serving, rempart.api.application
print(time.perf_counter() - begun)
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from the answer to each write until every worker matched it, in order; and the load meanwhile."""

    seconds: Sequence[float]
    write_seconds: Sequence[float]
    other_queries_per_second: float

    @property
    def p99(self) -> float:
        """All but one in a hundred."""
        return self.seconds[max(0, len(self.seconds) * 99 // 100 - 1)]


class _Caller:
    """A connection that is kept, with our key."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_SECONDS)
        self._connection.connect()
        self._head = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
        self.local_port: int = self._connection.sock.getsockname()[1]

    def ask(self, method: str, path: str, body: object = None) -> Any:  # JSON
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, self._head)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != _GOOD:
            message = f"{method} {path} was answered {answer.status}: {content[:200]!r}"
            raise RuntimeError(message)
        return json.loads(content)

    def has_match(self, value: str) -> bool:
        answer = self.ask("POST", "/v1/match", {"queries": [{"fingerprints": [_pdq(value)]}]})
        return bool(answer["results"][0]["matches"])

    def close(self) -> None:
        self._connection.close()


def measure_freshness(running: Running, questions: Questions, *, token: str) -> Freshness:
    """Write entries one by one and ask every worker for each, while others look up."""
    loading = subprocess.Popen(
        load_command(
            running.port, questions.singles(questions.unknown), _LOADING_CONNECTIONS, 600.0
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with _caller_for_each_worker(running, token) as callers:
            before, begun = _queries(token, running.port), time.perf_counter()
            taken = [_one_write(callers) for _ in range(_WRITES)]
            rate = (_queries(token, running.port) - before) / (time.perf_counter() - begun)
    finally:
        loading.kill()
        loading.wait()
    return Freshness(
        sorted(seen for _, seen in taken), sorted(written for written, _ in taken), rate
    )


def measure_starts(rempart: Path, node: Path, *, token: str, log: Path) -> list[float]:
    """Stop and start the service a few times; return seconds from the command to ready and a first answer."""
    taken = []
    for _ in range(_STARTS):
        begun = time.perf_counter()
        with rempart_service(rempart, node, workers=2, log=log) as running:
            _first_answer(running.port, token)
            taken.append(time.perf_counter() - begun)
    return sorted(taken)


def measure_replacement(running: Running, *, token: str) -> list[float]:
    """Kill each worker once; return seconds until the one in its place has answered."""
    taken = []
    for pid in sorted(running.workers()):
        others = running.workers() - {pid}
        os.kill(pid, signal.SIGKILL)
        begun = time.perf_counter()
        _wait_for_answer_of_new(running, {*others, pid}, token)
        taken.append(time.perf_counter() - begun)
    return sorted(taken)


def import_seconds(rempart: Path) -> float:
    """Return how long Python takes to start and to import the program of the service."""
    python = rempart.with_name("python")
    taken = []
    for _ in range(_STARTS):
        begun = time.perf_counter()
        subprocess.run([python, "-c", _IMPORT], stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


@contextlib.contextmanager
def _caller_for_each_worker(running: Running, token: str) -> Iterator[list[_Caller]]:
    """Open connections until every worker holds one of them."""
    workers = running.workers()
    found: dict[int, _Caller] = {}
    spare: list[_Caller] = []
    try:
        for _ in range(_MOST_CONNECTIONS):
            caller = _Caller(running.port, token)
            spare.append(caller)
            caller.ask("GET", "/health/live")
            holder = running.holders().get(caller.local_port)
            if holder in workers:
                found.setdefault(holder, caller)
            if found.keys() == workers:
                break
        else:
            message = "not every worker took a connection"
            raise RuntimeError(message)
        yield list(found.values())
    finally:
        for each in spare:
            each.close()


def _one_write(callers: Sequence[_Caller]) -> tuple[float, float]:
    """Write an entry; return how long that took, and how long after it every worker matched it."""
    value = secrets.token_hex(32)
    entry = {
        "fingerprints": [_pdq(value)],
        "labels": [{"scheme": "exercise", "value": "exercise-A"}],
    }
    name = callers[0].ask("GET", "/v1/lists")["lists"][0]["name"]
    time.sleep(
        random.uniform(0, _LONGEST_GAP_SECONDS)
    )  # so that writes fall anywhere between two polls
    begun = time.perf_counter()
    callers[0].ask("POST", f"/v1/lists/{name}/entries", {"entries": [entry]})
    written = time.perf_counter()
    waiting = list(callers)
    while waiting and time.perf_counter() - written < _LONGEST_SECONDS:
        waiting = [each for each in waiting if not each.has_match(value)]
        time.sleep(_PAUSE_SECONDS)
    if waiting:
        message = f"a write did not match within {_LONGEST_SECONDS:.0f} s"
        raise RuntimeError(message)
    return written - begun, time.perf_counter() - written


def _queries(token: str, port: int) -> float:
    """Return how many queries all workers have matched."""
    _, text = one_answer(port, get("/metrics", token=token))
    for line in text.decode().splitlines():
        if line.startswith("rempart_queries_total"):
            return float(line.split()[-1])
    return 0.0


def _first_answer(port: int, token: str) -> None:
    status, _ = one_answer(port, _match_request(token))
    if status != _GOOD:
        message = f"the first look-up was answered {status}"
        raise RuntimeError(message)


def _wait_for_answer_of_new(running: Running, known: set[int], token: str) -> None:
    until = time.perf_counter() + _LONGEST_SECONDS
    while time.perf_counter() < until:
        time.sleep(_PAUSE_SECONDS)
        if not running.workers() - known:
            continue
        with contextlib.suppress(OSError, http.client.HTTPException, RuntimeError):
            caller = _Caller(running.port, token)
            try:
                caller.has_match(secrets.token_hex(32))
                if running.holders().get(caller.local_port) not in known:
                    return
            finally:
                caller.close()
    message = f"no worker took the place of the killed one within {_LONGEST_SECONDS:.0f} s"
    raise RuntimeError(message)


def _match_request(token: str) -> bytes:
    body = json.dumps({"queries": [{"fingerprints": [_pdq(secrets.token_hex(32))]}]}).encode()
    return post("/v1/match", body, content_type=JSON, token=token)


def _pdq(value: str) -> dict[str, str]:
    return {"kind": "pdq", "value": value}
