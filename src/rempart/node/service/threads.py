"""The threads in which a worker waits for its store: those who only read never stand behind those who write."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from rempart.node.service.errors import BusyError

WRITE_SECONDS: Final = 2.0
"""How long a write of a caller waits for its turn, and then for other writes, before it is refused with 503."""

MOST_WAITING: Final = 64
"""Writes of one worker that are under way or wait; one more is refused at once."""

_READERS: Final = 8
_WRITERS: Final = 4
_COUNTERS: Final = 2
"""Together about as many as the store's pool of connections holds; more would wait for one another."""

_R = TypeVar("_R")


class StoreThreads:
    """Runs what waits for the store beside the loop of one worker.

    Reading and look-ups, writing, and counting against budgets have threads of their own. A store takes one write at a
    time: while a long one holds it, the threads of those who write are taken up, and no others.
    """

    def __init__(self) -> None:
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._writers = _Turns(_WRITERS, "write")
        self._counters = _Turns(_COUNTERS, "count")

    async def read(self, work: Callable[[], _R]) -> _R:
        """Run what reads the store, or searches."""
        return await asyncio.wrap_future(self._readers.submit(work))

    async def count(self, work: Callable[[], _R]) -> _R:
        """Run what counts against a budget: a write that does not wait long for another.

        Raises:
            BusyError: as for `write`.
        """
        return await asyncio.wrap_future(self._counters.submit(work))

    async def write(self, work: Callable[[], _R]) -> _R:
        """Run what writes into the store.

        Raises:
            BusyError: too many writes wait already, or this one waited too long for its turn; nothing was done.
        """
        return await asyncio.wrap_future(self._writers.submit(work))

    def shutdown(self) -> None:
        """Finish what is under way."""
        self._readers.shutdown()
        self._writers.shutdown()
        self._counters.shutdown()


class _Turns:
    """A few threads, before which only so many wait, and for so long."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._present = 0

    def submit(self, work: Callable[[], _R]) -> Future[_R]:
        """Give work to a thread.

        Raises:
            BusyError: too many wait. The future has it where the work's turn came too late.
        """
        with self._lock:
            if self._present >= MOST_WAITING:
                raise BusyError
            self._present += 1
        until = time.monotonic() + WRITE_SECONDS

        def in_time() -> _R:
            if time.monotonic() > until:
                raise BusyError
            return work()

        done = self._threads.submit(in_time)
        done.add_done_callback(self._leave)  # when it ends, and not when nobody waits any more
        return done

    def shutdown(self) -> None:
        """Finish what is under way."""
        self._threads.shutdown()

    def _leave(self, _: Future[_R]) -> None:
        with self._lock:
            self._present -= 1
