"""Files that a caller sent, read by sandboxed workers: each thread has one worker, and no file touches the disk."""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rempart.match import Matcher
from rempart.node.scan_queries import EXACT, SCREEN, Review
from rempart.node.service.errors import BusyError
from rempart.node.settings import Settings
from rempart.node.walk import Found

if TYPE_CHECKING:
    from rempart.node.reading import FileReader, Reading

_MOST_WAITING: Final = 512


@dataclass(slots=True)
class _Job:
    descriptor: int
    size: int
    is_exact: bool
    done: "Future[Reading]" = field(default_factory=Future)


class UploadReaders:
    """Reads uploads; a worker process belongs to the thread that hands it files, one at a time.

    Threads and processes start with the first file, or with `warm_up`: a node that nobody sends files has none.
    """

    def __init__(self, settings: Settings, matcher: Callable[[], Matcher], *, workers: int) -> None:
        """Take what readers need.

        Args:
            settings: limits.
            matcher: gives a matcher over the present index: it tells which pictures need exact hashes.
            workers: how many.
        """
        self._settings = settings
        self._matcher = matcher
        self._workers = workers
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_MOST_WAITING)
        self._starting = threading.Lock()
        self._threads: list[threading.Thread] = []

    def warm_up(self) -> None:
        """Start the worker processes now, so that the first file need not wait for one."""
        with self._starting:
            while len(self._threads) < self._workers:
                name = f"uploads-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                thread.start()
                self._threads.append(thread)

    def read(self, descriptor: int, size: int, *, is_exact: bool = False) -> "Future[Reading]":
        """Read one file.

        Args:
            descriptor: of an anonymous file; closed afterwards, whatever happens.
            size: its bytes.
            is_exact: whether the exact PDQ is wanted, also where nothing known is near.

        Returns:
            The reading; whoever does not want it any more cancels it.

        Raises:
            BusyError: too many files wait.
        """
        job = _Job(descriptor, size, is_exact)
        try:
            if len(self._threads) < self._workers:
                self.warm_up()
            self._jobs.put_nowait(job)
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, queue.Full):
                raise BusyError from None
            raise
        return job.done

    def close(self) -> None:
        """Read what waits, and end the processes."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        reader: FileReader | None = None
        # No memory or descriptors for it now: the next file tries again, and its request is told.
        with contextlib.suppress(Exception):
            reader = self._new_reader()
        try:
            while (job := self._jobs.get()) is not None:
                reader = self._read(job, reader)
        finally:
            if reader is not None:
                reader.close()

    def _read(self, job: _Job, reader: "FileReader | None") -> "FileReader | None":
        """Do one job; return the reader if it can be used again."""
        if not job.done.set_running_or_notify_cancel():
            os.close(job.descriptor)
            return reader
        found = Found(
            path=b"", position=(0, ()), descriptor=job.descriptor, size=job.size, problem=None
        )
        try:
            matcher = self._matcher()
            reader = reader or self._new_reader()
            reader.depth = SCREEN if matcher.can_screen and not job.is_exact else EXACT
            reader.screens_videos = matcher.can_screen_videos and not job.is_exact
        except BaseException as error:  # noqa: BLE001 - there is no index yet, or no reader: the request is told
            os.close(job.descriptor)
            job.done.set_exception(error)
            return reader
        try:
            job.done.set_result(next(reader.read(iter([found]))))
        except BaseException as error:  # noqa: BLE001 - the request is told, and this thread goes on
            job.done.set_exception(error)
            reader.close()
            return None
        return reader

    def _new_reader(self) -> "FileReader":
        from rempart.node.reading import FileReader  # noqa: PLC0415 - no look-up waits for what reads files

        return FileReader(
            self._settings,
            depth=EXACT,
            workers=1,
            review=self._review,
            opens_archives=False,  # one upload, one record
            seconds_in_all=self._settings.seconds_per_file,  # its caller waits
        )

    def _review(self, screened: "Sequence[Reading]") -> Sequence[bool]:
        return Review(self._matcher())(screened)
