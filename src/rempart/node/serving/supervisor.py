"""The supervisor: one thread that binds, forks, watches, replaces and restarts, and answers no request itself."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rempart.node.errors import ServiceStartError
from rempart.node.folder import NodeFolder
from rempart.node.logs import log_event
from rempart.node.node import open_node
from rempart.node.run_folder import RunFolder
from rempart.node.serving.children import KEEPER, WORKER, Child, fork_child
from rempart.node.serving.handover import Handover, take_own_place
from rempart.node.serving.keeper import KeeperTask, keep
from rempart.node.serving.keeper_jobs import keeper_jobs
from rempart.node.serving.load_board import LoadBoard
from rempart.node.serving.notify import ServiceManager
from rempart.node.serving.rehearsal import Rehearsal
from rempart.node.serving.signals import SignalInbox
from rempart.node.serving.sockets import Listener, close_listeners
from rempart.node.serving.worker import WorkerTask, work
from rempart.node.settings import Settings

_EXIT_CODES: Final = {int(signal.SIGTERM): 143, int(signal.SIGINT): 130}
_SILENT_SECONDS: Final = 60.0
_SECONDS_TO_START: Final = 600.0
_SHORT_LIFE_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.25
_LONGEST_PAUSE_SECONDS: Final = 30.0
_LONGEST_PAUSE_ONCE_READY: Final = 0.5
_MOST_FAILED_STARTS: Final = 5
_SECONDS_BEYOND_SHUTDOWN: Final = 5.0
_LONGEST_WAIT_SECONDS: Final = 1.0
_SECONDS_OF_ONE_ORDER: Final = 1.0


@dataclass(frozen=True, slots=True)
class Serving:
    """What is told when every worker is ready.

    Attributes:
        addresses: where requests are answered, as URLs.
        workers: processes that answer them.
        is_restart: whether the service took its own place.
    """

    addresses: tuple[str, ...]
    workers: int
    is_restart: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve.

    Attributes:
        folder: of the node.
        settings: in force until the next restart.
        application: name of the factory that every worker calls.
        listeners: bound sockets.
        lock: descriptor of the right to serve this node.
        lifeline: both ends of the pipe that ends with the supervisor.
        handover: what the old image left; None at a first start.
        told: called when every worker is ready.
    """

    folder: NodeFolder
    settings: Settings
    application: str
    listeners: Sequence[Listener]
    lock: int
    lifeline: tuple[int, int]
    handover: Handover | None
    told: Callable[[Serving], None]


@dataclass(slots=True)
class _Slot:
    """A place for one child that is to be there."""

    role: str
    number: int
    child: Child | None = None
    due_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Keeps every slot filled until it is told to stop."""

    def __init__(self, plan: Plan) -> None:
        """Take the plan; nothing runs yet."""
        self._plan = plan
        count = plan.settings.serve_worker_count()
        self._slots = [_Slot(WORKER, number) for number in range(count)] + [_Slot(KEEPER, count)]
        old = plan.handover
        self._generation = 0 if old is None else old.generation + 1
        workers, keepers = ([], []) if old is None else (old.workers, old.keepers)
        self._old = [Child(pid, WORKER, is_ready=True) for pid in workers]
        self._old += [Child(pid, KEEPER, is_ready=True) for pid in keepers]
        self._load = LoadBoard(count)
        self._run_folder = RunFolder(plan.folder.path)
        self._manager = ServiceManager(os.environ)
        self._selector = selectors.DefaultSelector()
        self._inbox = SignalInbox()
        self._rehearsal: Rehearsal | None = None
        self._was_told = False
        self._exit_code: int | None = None
        self._forced_from = 0.0

    def run(self) -> int:
        """Serve until a signal ends it; return the exit code.

        Raises:
            RempartError: no worker can start; the error is the worker's last one.
        """
        self._selector.register(self._inbox, selectors.EVENT_READ)
        with self._inbox.hear():
            try:
                for child in self._old:
                    if child.role == KEEPER:
                        child.leave(self._grace_seconds)
                while self._exit_code is None or self._children():
                    self._start_what_is_due()
                    self._wait()
                    self._reap()
                    self._look_after()
            except BaseException:
                self._kill_all()
                raise
            finally:
                self._release()
        return self._exit_code

    @property
    def _grace_seconds(self) -> float:
        return self._plan.settings.shutdown_seconds + _SECONDS_BEYOND_SHUTDOWN

    def _children(self) -> list[Child]:
        return [slot.child for slot in self._slots if slot.child is not None] + self._old

    def _start_what_is_due(self) -> None:
        if self._exit_code is not None:
            return
        has_old_keeper = any(child.role == KEEPER for child in self._old)
        for slot in self._slots:
            must_wait = slot.role == KEEPER and has_old_keeper
            if slot.child is None and slot.due_at <= time.monotonic() and not must_wait:
                self._start(slot)

    def _start(self, slot: _Slot) -> None:
        run = partial(self._work, slot.number) if slot.role == WORKER else self._keep
        child = fork_child(slot.role, run, release=self._release_in_child)
        slot.child = child
        self._selector.register(child.report, selectors.EVENT_READ, child)

    def _work(self, number: int, report: int) -> int:
        plan = self._plan
        return work(
            WorkerTask(
                plan.folder,
                plan.settings,
                plan.application,
                list(plan.listeners),
                self._load,
                number,
                report=report,
                lifeline=plan.lifeline[0],
            )
        )

    def _keep(self, report: int) -> int:
        plan = self._plan
        # Only those who answer may hold the sockets: what waits there must be accepted or refused.
        close_listeners(plan.listeners, unlink=False)
        return keep(
            KeeperTask(
                partial(open_node, plan.folder, plan.settings),
                keeper_jobs(plan.settings),
                plan.settings.log_format,
                report=report,
                lifeline=plan.lifeline[0],
            )
        )

    def _release_in_child(self) -> None:
        """Give up, in a child, what would keep the end of the supervisor from being seen."""
        os.close(self._plan.lifeline[1])
        os.close(self._plan.lock)
        for child in self._children():
            child.forget()
        self._selector.close()
        self._inbox.close()

    def _wait(self) -> None:
        for key, _ in self._selector.select(self._seconds_to_wait()):
            child: Child | None = key.data
            if child is None:
                self._answer(self._inbox.take())
            elif not child.hear():
                self._forget(child)

    def _seconds_to_wait(self) -> float:
        """Return how long nothing is due; what was due before was done before."""
        now = time.monotonic()
        moments = [slot.due_at for slot in self._slots if slot.child is None]
        return min([_LONGEST_WAIT_SECONDS, *(each - now for each in moments if each > now)])

    def _answer(self, signals: set[int]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            if number in signals:
                self._stop(number)
        if signal.SIGHUP in signals and self._exit_code is None and self._rehearsal is None:
            log_event("restart-asked")
            self._rehearsal = Rehearsal([each.setting for each in self._plan.listeners])

    def _stop(self, number: int) -> None:
        """End: let the children finish; told again after a moment, do not."""
        if self._exit_code is not None:
            # Who stops a whole group of processes may well send the same signal twice at once.
            if time.monotonic() >= self._forced_from:
                log_event("stop-forced", signal=number)
                self._kill_all()
            return
        self._exit_code = _EXIT_CODES[number]
        self._forced_from = time.monotonic() + _SECONDS_OF_ONE_ORDER
        log_event("stopping", signal=number)
        self._manager.stopping()
        close_listeners(self._plan.listeners, unlink=True)
        for child in self._children():
            child.leave(self._grace_seconds)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, code: int) -> None:
        if self._rehearsal is not None and self._rehearsal.pid == pid:
            rehearsal, self._rehearsal = self._rehearsal, None
            if rehearsal.succeeded(code) and self._exit_code is None:
                self._restart()
            return
        self._run_folder.forget_process(pid)
        self._old = [child for child in self._old if child.pid != pid]
        for slot in self._slots:
            if slot.child is not None and slot.child.pid == pid:
                self._lost(slot, slot.child, code)

    def _lost(self, slot: _Slot, child: Child, code: int) -> None:
        """Take the end of a child: it is replaced at once, or after a pause where it did not live long."""
        child.hear_last_words()
        self._forget(child)
        slot.child = None
        if slot.role == WORKER:
            self._load.leave(slot.number)
        if self._exit_code is not None:
            return
        lived = time.monotonic() - child.started_at
        is_short = not child.is_ready or lived < _SHORT_LIFE_SECONDS
        slot.failures = slot.failures + 1 if is_short else 0
        # The first death is followed at once, whenever it came. Who sends what kills a worker must not stop the others.
        longest = _LONGEST_PAUSE_ONCE_READY if child.is_ready else _LONGEST_PAUSE_SECONDS
        pause = _FIRST_PAUSE_SECONDS * 2 ** min(slot.failures - 2, 16) if slot.failures > 1 else 0.0
        slot.due_at = time.monotonic() + min(longest, pause)
        log_event(
            "child-ended",
            role=slot.role,
            worker=slot.number,
            pid=child.pid,
            exit=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            seconds=lived,
        )
        if slot.role == WORKER and not child.is_ready:
            self._judge_start(slot, child)

    def _judge_start(self, slot: _Slot, child: Child) -> None:
        """Give up where a worker says what is wrong, or dies again and again, and none answers requests."""
        answering = [each for each in self._children() if each.role == WORKER and each.is_ready]
        failure = child.failure
        if failure is not None and failure.code and not answering:
            raise failure.as_error()
        if slot.failures < _MOST_FAILED_STARTS or answering:
            return
        if failure is not None:
            raise failure.as_error()
        message = f"Workers of the service died {slot.failures} times before they were ready."
        raise ServiceStartError(
            message, hint="See the log above; `rempart doctor` checks the node."
        )

    def _look_after(self) -> None:
        now = time.monotonic()
        self._manager.alive()
        for child in self._children():
            patience = _SILENT_SECONDS if child.is_ready else _SECONDS_TO_START
            is_silent = child.report >= 0 and now - child.heard_at > patience
            if is_silent or (child.kill_at is not None and now > child.kill_at):
                log_event("child-killed", role=child.role, pid=child.pid)
                child.send(signal.SIGKILL)
        workers = [slot for slot in self._slots if slot.role == WORKER]
        if self._was_told or self._exit_code is not None:
            return
        if all(slot.child is not None and slot.child.is_ready for slot in workers):
            self._tell(len(workers))

    def _tell(self, workers: int) -> None:
        self._was_told = True
        scheme = "http" if self._plan.settings.tls_certificate is None else "https"
        addresses = tuple(
            each.address if each.address.startswith("unix:") else f"{scheme}://{each.address}"
            for each in self._plan.listeners
        )
        log_event("serving", count=workers, generation=self._generation)
        self._run_folder.note_addresses(addresses)
        self._plan.told(Serving(addresses, workers, is_restart=self._plan.handover is not None))
        self._manager.ready(workers)
        for child in self._old:
            child.leave(self._grace_seconds)

    def _restart(self) -> None:
        children = self._children()
        self._manager.reloading()
        log_event("restarting")
        take_own_place(
            Handover(
                generation=self._generation,
                listeners=[(each.setting, each.socket.fileno()) for each in self._plan.listeners],
                workers=[child.pid for child in children if child.role == WORKER],
                keepers=[child.pid for child in children if child.role == KEEPER],
                lifeline=self._plan.lifeline,
                lock=self._plan.lock,
            )
        )

    def _kill_all(self) -> None:
        for child in self._children():
            child.send(signal.SIGKILL)

    def _forget(self, child: Child) -> None:
        if child.report >= 0:
            self._selector.unregister(child.report)
            child.forget()

    def _release(self) -> None:
        for child in self._children():
            self._forget(child)
        self._selector.close()
        self._inbox.close()
