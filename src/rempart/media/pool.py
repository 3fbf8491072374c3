"""A pool of sandboxed workers: one file, one result, whatever the file does to its worker."""

import collections
import contextlib
import math
import os
import selectors
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, NamedTuple, Self

from rempart.media import _outcomes
from rempart.media._messages import Kind, ProtocolError, Reply
from rempart.media._worker_process import Job, WorkerProcess
from rempart.media.errors import PoolClosedError, PoolFullError, WorkerStartError
from rempart.media.limits import PART_OVERHEAD_BYTES, WorkerLimits
from rempart.model.scan import Problem

_MOST_LOSSES_WITHOUT_WORK: Final = 3
_SLOTS_PER_WORKER: Final = 2
"""One file in work and one waiting, so that no worker waits for the caller."""


class Finished(NamedTuple):
    """The result of one submission.

    Attributes:
        tag: as submitted.
        payload: what the work returned, or why there is nothing.
    """

    tag: object
    payload: bytes | Problem


class Part(NamedTuple):
    """One part of the answer to a submission; what finishes it follows.

    Attributes:
        tag: as submitted.
        payload: what the work said.
    """

    tag: object
    payload: bytes


class WorkerPool:
    """Persistent worker processes, each with one Unix socket; results come in the order in which they finish.

    The file travels as an open descriptor, so that a worker needs no right to open anything, and pixels never leave
    the worker. A worker is untrusted: silence, garbage and death cost one file, and it is replaced.

    Where the work answers in parts, `wait` gives each of them as it comes, at most one of each worker at a time. Each
    renews the time limit, within one for all of them. A caller that has enough for now pauses a submission: its worker
    then waits in its next part, and its time stands still.
    Not for use from several threads; the workers die with the thread that made the pool.
    """

    def __init__(
        self,
        work: str,
        warm_up: str | None,
        workers: int,
        limits: WorkerLimits,
        *,
        in_parts: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the workers without waiting for them.

        Args:
            work: `module:callable`, called as `(descriptor: int, request: bytes) -> bytes`. The pool closes the
                descriptor afterwards; the work closes whatever else it opened.
            warm_up: `module:callable` without arguments, called before the sandbox closes: import everything here.
            workers: number of processes.
            limits: of each worker.
            in_parts: whether the work may answer in parts: it is then called with a third argument, an `Answer`.
            monotonic: tells the seconds for time limits.

        Raises:
            ValueError: the number of workers is not positive.
        """
        if workers < 1:
            msg = "a pool needs at least one worker"
            raise ValueError(msg)
        self._work, self._warm_up, self._limits = work, warm_up, limits
        self._in_parts = in_parts
        self._monotonic = monotonic
        self._selector = selectors.DefaultSelector()
        self._workers: set[WorkerProcess] = set()
        self._waiting: collections.deque[Job] = collections.deque()
        self._given: list[Finished | Part] = []
        self._finished = 0
        self._losses_without_work = 0
        self._sandbox: str | None = None
        self._is_closed = False
        self.capacity: Final = workers * _SLOTS_PER_WORKER
        for _ in range(workers):
            self._start_worker()

    @property
    def outstanding(self) -> int:
        """Number of submissions whose result was not yet given out."""
        in_work = sum(worker.job is not None for worker in self._workers)
        return len(self._waiting) + in_work + self._finished

    @property
    def free_slots(self) -> int:
        """Number of submissions that `submit` takes now."""
        return max(0, self.capacity - self.outstanding)

    @property
    def sandbox(self) -> str:
        """What is in force in the workers: `seccomp+rlimits` or `rlimits`. Waits for the first to be ready.

        Raises:
            WorkerStartError: none gets ready.
        """
        while self._sandbox is None:
            self._step(None)
        return self._sandbox

    @property
    def is_at_rest(self) -> bool:
        """Whether the submission of every worker is paused, so that nothing else is worked on."""
        return all(worker.is_paused for worker in self._workers)

    def submit(
        self,
        descriptor: int,
        request: bytes,
        tag: object,
        *,
        seconds_in_parts: float | None = None,
    ) -> None:
        """Have one open file worked on.

        Args:
            descriptor: of a file open for reading; it is duplicated, so the caller may close it at once. All
                holders share one offset: use `os.pread` or seek first.
            request: small; handed to the work as it is.
            tag: given back with the result; what pauses or withdraws the submission.
            seconds_in_parts: time for all parts together; absent means as the limits say.

        Raises:
            WorkerStartError: workers are lost again and again before they have a file.
            PoolFullError: there is no free slot.
            PoolClosedError: the pool was closed.
            ValueError: the request is too large.
        """
        self._check_open()
        if len(request) > self._limits.request_bytes:
            msg = f"a request has at most {self._limits.request_bytes} bytes, not {len(request)}"
            raise ValueError(msg)
        if self.free_slots == 0:
            raise PoolFullError
        seconds, in_parts = self._limits.seconds_per_file, math.inf
        if self._in_parts:
            in_parts = max(seconds, seconds_in_parts or self._limits.seconds_in_parts)
        self._waiting.append(Job(tag, request, os.dup(descriptor), seconds, in_parts))
        self._hand_out()

    def pause(self, tag: object) -> None:
        """Hear no further part of a submission until `go_on`; one that was heard already may still come."""
        for worker in self._workers:
            if _works_on(worker, tag) and not worker.is_paused:
                worker.pause(self._monotonic())
                self._selector.unregister(worker)

    def go_on(self, tag: object) -> None:
        """Hear a paused submission again."""
        for worker in self._workers:
            if _works_on(worker, tag) and worker.is_paused:
                worker.go_on(self._monotonic())
                self._selector.register(worker, selectors.EVENT_READ, worker)

    def withdraw(self, tag: object) -> None:
        """Drop a submission with what it gave that was not given out yet; a worker that is at it is replaced."""
        for worker in [each for each in self._workers if _works_on(each, tag)]:
            self._end(worker)
            self._start_worker()
        for job in [each for each in self._waiting if each.tag is tag]:
            self._waiting.remove(job)
            os.close(job.descriptor)
        self._given = [each for each in self._given if each.tag is not tag]
        self._finished = sum(isinstance(each, Finished) for each in self._given)

    def wait(self, timeout: float | None = None) -> list[Finished | Part]:
        """Return the results and parts that are there, at least one unless the time is over or nothing is outstanding.

        Args:
            timeout: seconds; None waits as long as it takes, which the time limits bound, unless all is paused.

        Raises:
            WorkerStartError: workers are lost again and again before they have a file.
            PoolClosedError: the pool was closed.
        """
        self._check_open()
        until = math.inf if timeout is None else self._monotonic() + timeout
        while not self._given and self.outstanding and self._monotonic() < until:
            self._step(until)
        if not self._given and self.outstanding:
            self._step(0.0)
        given, self._given, self._finished = self._given, [], 0
        return given

    def drain(self) -> Iterator[Finished | Part]:
        """Give all outstanding results as they finish, and parts as they come.

        Raises:
            WorkerStartError: workers are lost again and again before they have a file.
        """
        while self.outstanding:
            yield from self.wait()

    def close(self) -> None:
        """Kill and reap every worker; what is outstanding is dropped."""
        if self._is_closed:
            return
        self._is_closed = True
        for worker in list(self._workers):
            self._end(worker)
        for job in self._waiting:
            os.close(job.descriptor)
        self._waiting.clear()
        self._given.clear()
        self._finished = 0
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise PoolClosedError

    def _start_worker(self) -> None:
        deadline = self._monotonic() + self._limits.seconds_to_start
        worker = WorkerProcess(
            work=self._work,
            warm_up=self._warm_up,
            limits=self._limits,
            deadline=deadline,
            in_parts=self._in_parts,
        )
        self._workers.add(worker)
        self._selector.register(worker, selectors.EVENT_READ, worker)

    def _end(self, worker: WorkerProcess) -> int:
        self._workers.discard(worker)
        if not worker.is_paused:
            self._selector.unregister(worker)
        job, worker.job = worker.job, None
        if job is not None:
            os.close(job.descriptor)
        return worker.end()

    def _hand_out(self) -> None:
        idle = [worker for worker in self._workers if worker.is_idle]
        while idle and self._waiting:
            worker, job = idle.pop(), self._waiting.popleft()
            try:
                worker.hand_over(job, self._monotonic())
            except OSError:
                self._waiting.appendleft(job)  # the worker was gone before it saw the file
                self._lose(worker)

    def _step(self, until: float | None) -> None:
        """Wait for one event, or until a deadline passes, and act on it."""
        self._hand_out()
        limit = min(
            [math.inf if until is None else until, *(each.deadline for each in self._workers)]
        )
        seconds = None if limit == math.inf else max(0.0, limit - self._monotonic())
        for key, _ in self._selector.select(seconds):
            worker: WorkerProcess = key.data
            if worker in self._workers:
                self._hear(worker)
        now = self._monotonic()
        for worker in [each for each in self._workers if each.deadline <= now]:
            self._lose(worker, is_late=True)
        self._hand_out()

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            reply = worker.hear()
        except BlockingIOError:
            return
        except (ProtocolError, OSError):
            self._lose(worker, is_garbage=True)
            return
        if reply is None:
            self._lose(worker)
        elif worker.job is None:
            self._greet(worker, reply)
        elif reply.kind in (Kind.PART, Kind.WORKING):
            self._take_part(worker, worker.job, reply)
        else:
            self._finish(worker, worker.job, reply)

    def _greet(self, worker: WorkerProcess, reply: Reply) -> None:
        if reply.kind is not Kind.READY:
            self._lose(worker, said=reply.payload.decode(errors="replace"))
            return
        worker.is_ready, worker.deadline = True, math.inf
        self._sandbox = reply.payload.decode(errors="replace")

    def _take_part(self, worker: WorkerProcess, job: Job, reply: Reply) -> None:
        worker.said_bytes += len(reply.payload) + PART_OVERHEAD_BYTES
        if not self._in_parts or worker.said_bytes > self._limits.answer_bytes:
            self._lose(worker, is_garbage=True)
            return
        worker.renew(self._monotonic())
        if reply.kind is Kind.PART:
            self._given.append(Part(job.tag, reply.payload))

    def _finish(self, worker: WorkerProcess, job: Job, reply: Reply) -> None:
        self._give(Finished(job.tag, _outcomes.result_of(reply)))
        os.close(job.descriptor)
        worker.rest()
        if worker.files >= self._limits.files_per_worker:
            self._end(worker)
            self._start_worker()

    def _lose(
        self,
        worker: WorkerProcess,
        *,
        is_late: bool = False,
        is_garbage: bool = False,
        said: str = "",
    ) -> None:
        """Replace a worker that died or has to; its file, if it had one, is finished with a problem."""
        job = worker.job
        seconds = worker.seconds_of_deadline if is_late else None
        status = self._end(worker)
        if job is not None:
            problem = _outcomes.problem_of_loss(status, seconds=seconds, is_garbage=is_garbage)
            self._give(Finished(job.tag, problem))
        else:
            self._count_loss_without_work(said or _outcomes.describe_exit(status))
        self._start_worker()

    def _give(self, finished: Finished) -> None:
        self._given.append(finished)
        self._finished += 1
        self._losses_without_work = 0

    def _count_loss_without_work(self, said: str) -> None:
        """Give up where workers are lost again and again that had no file to blame."""
        self._losses_without_work += 1
        if self._losses_without_work >= _MOST_LOSSES_WITHOUT_WORK:
            self.close()
            count = self._losses_without_work
            message = (
                f"{count} workers in a row were lost before they had a file; the last: {said}."
            )
            hint = "Run `rempart doctor`; raise the memory limit of workers if they need more."
            raise WorkerStartError(message, hint=hint)


def _works_on(worker: WorkerProcess, tag: object) -> bool:
    return worker.job is not None and worker.job.tag is tag


def sandbox_description(limits: WorkerLimits | None = None) -> str:
    """Start one worker and return what is in force in it: `seccomp+rlimits` or `rlimits`.

    Raises:
        WorkerStartError: workers cannot be started on this machine.
    """
    with contextlib.closing(
        WorkerPool("rempart.media._worker:nothing", None, 1, limits or WorkerLimits())
    ) as pool:
        return pool.sandbox
