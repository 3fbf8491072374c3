"""Send files through the sandboxed workers and give back their fingerprints in the order of the walk.

A file may need up to three visits: the first as the depth says; one more to confirm, where its screen hash
lies near a known entry; and one for its digests alone, where decoding it killed the worker or took too long.
The descriptor stays open until the file is done, so that every visit reads the same file.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, cast

import msgspec

from rempart.fingerprint import chosen_kernel
from rempart.fingerprint.errors import WorkMessageError
from rempart.fingerprint.messages import (
    Depth,
    WorkRequest,
    WorkResult,
    decode_result,
    encode_request,
)
from rempart.media import WorkerLimits, WorkerPool
from rempart.model.fingerprint import PDQ, SCREEN, SHA256
from rempart.model.scan import FileFingerprints, Outcome, Problem, ProblemKind
from rempart.node.settings import Settings
from rempart.node.walk import Found

_WORK: Final = "rempart.fingerprint.work:fingerprint_descriptor"
_WARM_UP: Final = "rempart.fingerprint.work:warm_up"
_OPEN_FILES: Final = 128
_REVIEW_BATCH: Final = 24
_WAIT_SECONDS: Final = 0.5

_OUTCOMES: Final = {
    ProblemKind.NOT_FOUND: Outcome.UNREADABLE,
    ProblemKind.PERMISSION_DENIED: Outcome.UNREADABLE,
    ProblemKind.READ_ERROR: Outcome.UNREADABLE,
    ProblemKind.WORKER_DIED: Outcome.UNREADABLE,
    ProblemKind.CHANGED_WHILE_READ: Outcome.UNREADABLE,
    ProblemKind.NOT_A_FILE: Outcome.REFUSED,
    ProblemKind.LINK_NOT_FOLLOWED: Outcome.REFUSED,
    ProblemKind.TIME_LIMIT: Outcome.REFUSED,
    ProblemKind.MEMORY_LIMIT: Outcome.REFUSED,
}


@dataclass(slots=True)
class Reading:
    """One file on its way.

    Attributes:
        result: what the workers found so far.
        problem: what stopped a worker, or kept the file from being opened.
        is_done: whether nothing more is to be asked.
    """

    found: Found
    result: WorkResult | None = None
    problem: Problem | None = None
    is_done: bool = False

    def file(self) -> FileFingerprints:
        """Return what is known about the file."""
        if self.result is None:
            problem = self.problem
            outcome = Outcome.UNREADABLE if problem is None else _OUTCOMES[problem.kind]
            return FileFingerprints(
                path=self.found.path,
                size=self.found.size,
                media_type=None,
                outcome=outcome,
                problem=problem,
                fingerprints=(),
            )
        stopped = self.problem
        return FileFingerprints(
            path=self.found.path,
            size=self.result.size,
            media_type=self.result.media_type,
            outcome=self.result.outcome if stopped is None else _OUTCOMES[stopped.kind],
            problem=self.result.problem if stopped is None else stopped,
            fingerprints=self.result.fingerprints,
            partial_fingerprints=self.result.partial_fingerprints,
        )

    @property
    def is_screened(self) -> bool:
        """Whether the picture was only screened so far."""
        query = self.result.query if self.result is not None else None
        return query is not None and query.dialect == SCREEN

    def sha256(self) -> bytes | None:
        """Return the file's SHA-256, where a worker computed it."""
        found = self.result.fingerprints if self.result is not None else ()
        return next((each.value for each in found if each.kind == SHA256), None)

    def take(self, result: WorkResult) -> None:
        """Take what a visit found; a later visit that could not read the file leaves the digests of an earlier one."""
        earlier = self.result.fingerprints if self.result is not None else ()
        if not result.fingerprints and earlier:
            digests = tuple(each for each in earlier if each.kind != PDQ)
            result = msgspec.structs.replace(result, fingerprints=digests)
        self.result = result

    def close(self) -> None:
        """Close the file."""
        if self.found.descriptor is not None:
            os.close(self.found.descriptor)
            self.found = replace(self.found, descriptor=None)


Review = Callable[[Sequence[Reading]], Sequence[bool]]
"""Tells for each screened reading whether its exact hashes are needed."""


class FileReader:
    """Reads files through a pool of sandboxed workers, several at a time, and returns them in order.

    Attributes:
        depth: of the first visit to each file that is read from now on.
    """

    def __init__(
        self, settings: Settings, *, depth: Depth, workers: int, review: Review | None
    ) -> None:
        """Start the workers.

        Args:
            settings: limits.
            depth: of the first visit.
            workers: how many processes.
            review: asked about readings that carry a screen hash only; absent where depth is exact.
        """
        chosen_kernel()  # a wrong REMPART_KERNEL is told here, not by a worker that cannot start
        self.depth: Depth = depth
        self._settings = settings
        self._review = review
        self._pool = WorkerPool(
            _WORK,
            _WARM_UP,
            workers=workers,
            limits=WorkerLimits(
                address_space_bytes=settings.worker_memory_bytes,
                seconds_per_file=settings.seconds_per_file,
                files_per_worker=settings.files_per_worker,
            ),
        )
        self._window: deque[Reading] = deque()
        self._again: deque[tuple[Reading, Depth]] = deque()
        self._screened: list[Reading] = []
        self._in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the workers and close every file."""
        self._pool.close()
        for reading in self._window:
            reading.close()
        self._window.clear()

    @property
    def sandbox(self) -> str:
        """What keeps the workers from the machine."""
        return self._pool.sandbox

    def read(
        self, found: Iterator[Found], *, should_stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Reading]:
        """Yield one finished reading for each found path, in the same order.

        When `should_stop` says so, what is under way is given up; what was yielded is a whole beginning.
        """
        source: Iterator[Found] | None = found
        while (source is not None or self._window) and not should_stop():
            source = self._fill(source)
            if self._in_flight:
                for tag, payload in self._pool.wait(_WAIT_SECONDS):
                    self._receive(cast("Reading", tag), payload)
            if len(self._screened) >= _REVIEW_BATCH or not (self._in_flight or self._again):
                self._ask_review()
            while self._window and self._window[0].is_done:
                reading = self._window.popleft()
                reading.close()
                yield reading

    def _fill(self, source: Iterator[Found] | None) -> Iterator[Found] | None:
        """Give work to every free worker: second visits first, then new files."""
        while self._pool.free_slots:
            if self._again:
                self._submit(*self._again.popleft())
                continue
            if source is None or len(self._window) >= _OPEN_FILES:
                return source
            found = next(source, None)
            if found is None:
                return None
            reading = Reading(found, problem=found.problem, is_done=found.descriptor is None)
            self._window.append(reading)
            if not reading.is_done:
                self._submit(reading, self.depth)
        return source

    def _submit(self, reading: Reading, depth: Depth) -> None:
        descriptor = reading.found.descriptor
        if descriptor is None:
            message = "a reading without an open file cannot be sent to a worker"
            raise ValueError(message)
        request = WorkRequest(
            depth=depth,
            max_pixels=self._settings.pixels_per_picture,
            max_file_bytes=self._settings.bytes_per_picture,
            expected_sha256=reading.sha256() if depth == "confirm" else None,
        )
        self._pool.submit(descriptor, encode_request(request), reading)
        self._in_flight += 1

    def _receive(self, reading: Reading, payload: bytes | Problem) -> None:
        self._in_flight -= 1
        if isinstance(payload, Problem):
            self._stopped(reading, payload)
            return
        try:
            result = decode_result(payload)
        except WorkMessageError:
            problem = Problem(
                kind=ProblemKind.WORKER_DIED,
                message="the worker answered with something that is no result",
                hint="Treat the file as hostile.",
            )
            self._stopped(reading, problem)
            return
        reading.take(result)
        if self._review is not None and reading.is_screened:
            self._screened.append(reading)
        else:
            reading.is_done = True

    def _stopped(self, reading: Reading, problem: Problem) -> None:
        """A worker was lost over this file: ask once more for its digests alone, else give it up."""
        is_first = reading.problem is None
        reading.problem = problem
        if is_first and reading.result is None:
            self._again.append((reading, "digests"))
        else:
            reading.is_done = True

    def _ask_review(self) -> None:
        if self._review is None or not self._screened:
            return
        screened, self._screened = self._screened, []
        for reading, needs_exact in zip(screened, self._review(screened), strict=True):
            if needs_exact:
                self._again.append((reading, "confirm"))
            else:
                reading.is_done = True
