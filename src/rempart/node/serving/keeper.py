"""The keeper: one process beside the workers that does the jobs nobody waits for, each in a thread of its own."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from rempart.node.logs import configure_logs, log_event, log_failure
from rempart.node.node import OpenNode
from rempart.node.own_principals import KEEPER, own_principal
from rempart.node.serving.jobs import Job
from rempart.node.serving.reports import ALIVE, READY, tell, tell_failure

_SECONDS_BETWEEN_SIGNS: Final = 1.0
_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 300.0
_FAILED: Final = 1

Count = Callable[[str, str], None]
"""Counts one run of a job: its name, and `done` or `failed`."""


@dataclass(frozen=True, slots=True)
class KeeperTask:
    """What a keeper is forked with.

    Attributes:
        open_node: opens the node, in the keeper's own process.
        jobs: of the keeper, with the settings that are in force.
        log_format: of the settings.
        report: descriptor on which it tells its supervisor how it is.
        lifeline: descriptor that ends when the supervisor is gone.
    """

    open_node: Callable[[], AbstractContextManager[OpenNode]]
    jobs: Sequence[Job]
    log_format: str
    report: int
    lifeline: int


def keep(task: KeeperTask) -> int:
    """Do the jobs until told to leave, or until the supervisor is gone; return the exit code of the process."""
    configure_logs(task.log_format)
    leaving = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: leaving.set())
    try:
        with task.open_node() as node:
            holder = f"{node.store.node.id}/{os.getpid()}/{node.identifiers.new()}"
            count = _run_counter()
            threads = [
                threading.Thread(
                    target=_Rounds(job, node, holder, leaving, count).go, name=job.name
                )
                for job in task.jobs
            ]
            for thread in threads:
                thread.start()
            tell(task.report, READY)
            _watch(task, leaving)
            for thread in threads:
                thread.join()
    except Exception as error:  # noqa: BLE001 - the outermost of this process: it records and ends
        tell_failure(task.report, error)
        return _FAILED
    return 0


def _watch(task: KeeperTask, leaving: threading.Event) -> None:
    """Give signs of life until it is time to leave."""
    while not leaving.is_set():
        gone, _, _ = select.select([task.lifeline], [], [], _SECONDS_BETWEEN_SIGNS)
        if gone:
            log_event("supervisor-gone")
            leaving.set()
        tell(task.report, ALIVE)


def _run_counter() -> Count:
    """Return what counts runs in the figures of this machine."""
    # It looks for the folder of the figures when it is imported, which the supervisor's own start is too early for.
    from prometheus_client import CollectorRegistry, Counter  # noqa: PLC0415

    runs = Counter(
        "rempart_keeper_runs",
        "Runs of the keeper's jobs.",
        ("job", "outcome"),
        registry=CollectorRegistry(),
    )

    def count(job: str, outcome: str) -> None:
        runs.labels(job, outcome).inc()

    return count


class _Rounds:
    """Does one job again and again; its failures are logged, counted, and followed by longer and longer pauses."""

    def __init__(
        self, job: Job, node: OpenNode, holder: str, leaving: threading.Event, count: Count
    ) -> None:
        self._count = count
        self._job, self._node, self._holder, self._leaving = job, node, holder, leaving
        self._acting: OpenNode | None = None
        self._held_until = 0.0
        self._failures = 0

    def go(self) -> None:
        """Go on until it is time to leave."""
        while not self._leaving.is_set():
            self._leaving.wait(self._once())
        self._give_back()

    def _once(self) -> float:
        """Do the job once, where it is ours to do; return the seconds until the next time."""
        job = self._job
        try:
            if job.is_shared and not self._is_ours():
                return max(job.seconds, 1.0)
            job.run(self._as_keeper())
        except Exception as error:  # noqa: BLE001 - a failed job must not end the others
            self._failures += 1
            self._count(job.name, "failed")
            log_failure("job-failed", error, job=job.name, count=self._failures)
            pause = _FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 16)
            return min(_LONGEST_PAUSE_SECONDS, max(pause, job.seconds))
        if self._failures:
            log_event("job-works-again", job=job.name)
            self._failures = 0
        self._count(job.name, "done")
        return job.seconds

    def _as_keeper(self) -> OpenNode:
        """Return the node as the keeper opens it: what it does is on record as its own."""
        if self._acting is None:
            keeper = own_principal(self._node, KEEPER)
            self._acting = replace(self._node, principal=keeper)
        return self._acting

    def _is_ours(self) -> bool:
        """Whether the job is ours now: while more than half of the lease is left, nobody is asked."""
        length = self._job.lease_seconds
        asked_at = time.monotonic()
        if asked_at < self._held_until - length / 2:
            return True
        taken = self._node.store.leases.take(
            self._job.name, self._holder, seconds=length, clock=self._node.clock
        )
        self._held_until = asked_at + length if taken else 0.0
        return taken

    def _give_back(self) -> None:
        if time.monotonic() >= self._held_until:
            return
        try:
            self._node.store.leases.release(self._job.name, self._holder)
        except Exception as error:  # noqa: BLE001 - it ends by itself
            log_failure("lease-kept", error, job=self._job.name)
