"""The supervisor's children: forked, heard, counted, and missed when they are gone."""

import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rempart.node.serving.reports import READY, Failure, failure_in
from rempart.node.serving.signals import forget_signals

WORKER: Final = "worker"
KEEPER: Final = "keeper"
_LARGEST_REPORT: Final = 64 * 1024
_FAILED: Final = 1


@dataclass(slots=True)
class Child:
    """One process.

    Attributes:
        pid: of the process.
        role: worker or keeper.
        report: descriptor to hear it; -1 for one that an earlier image forked.
        started_at: monotonic seconds.
        heard_at: monotonic seconds of its last sign.
        is_ready: whether it answers requests, or does its jobs.
        kill_at: monotonic seconds after which it is killed, once it was told to leave.
    """

    pid: int
    role: str
    report: int = -1
    started_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    is_ready: bool = False
    kill_at: float | None = None
    reports: bytearray = field(default_factory=bytearray)

    def hear(self) -> bool:
        """Take what it said; return whether more may come."""
        with contextlib.suppress(BlockingIOError):
            said = os.read(self.report, 4096)
            self.heard_at = time.monotonic()
            if not self.is_ready:
                self.reports += said[: _LARGEST_REPORT - len(self.reports)]
                self.is_ready = READY in said and failure_in(bytes(said)) is None
            return bool(said)
        return True

    def hear_last_words(self) -> None:
        """Take what is left of a process that is gone."""
        while self.report >= 0:
            try:
                said = os.read(self.report, 4096)
            except BlockingIOError:
                return
            if not said:
                return
            self.reports += said[: _LARGEST_REPORT - len(self.reports)]

    @property
    def failure(self) -> Failure | None:
        """Why it could not start, if it said so."""
        return None if self.is_ready else failure_in(bytes(self.reports))

    def leave(self, seconds: float) -> None:
        """Tell it to finish and leave, and give it that long."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + seconds
            self.send(signal.SIGTERM)

    def send(self, number: int) -> None:
        """Send it a signal; one that is gone gets none."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def forget(self) -> None:
        """Release what is held for it."""
        if self.report >= 0:
            os.close(self.report)
            self.report = -1


def fork_child(role: str, run: Callable[[int], int], *, release: Callable[[], None]) -> Child:
    """Fork a process that runs a function and ends; it never returns into the supervisor's own work.

    Args:
        role: worker or keeper.
        run: called in the child with the descriptor for its reports; returns its exit code.
        release: called first in the child: gives up what belongs to the supervisor alone.
    """
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    # Pages of objects that live for ever stay shared when neither process collects them.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        _run_child(run, writer, reader=reader, release=release)
    os.close(writer)
    return Child(pid, role, reader)


def _run_child(
    run: Callable[[int], int], report: int, *, reader: int, release: Callable[[], None]
) -> None:
    code = _FAILED
    try:
        forget_signals()
        os.close(reader)
        release()
        code = run(report)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Not sys.exit: what the supervisor planned for its own end is not for its children.
        os._exit(code)
