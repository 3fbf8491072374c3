"""Send files through the sandboxed workers and give back their fingerprints in the order of the walk.

A file may need several visits: `rempart.node.file_reading` says which. Its descriptor stays open until it is done, so
that every visit reads the same file. What lies in an archive is given in the archive's order, and then the archive.

Results that cannot be given yet, because something before them is still under way, are kept within a limit: beyond it
the workers that bring more are held back; where all of them are, one is replaced and its file gone on with later.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self, cast

from rempart.fingerprint import chosen_kernel
from rempart.fingerprint.errors import WorkMessageError
from rempart.fingerprint.messages import ContainerLimits, Depth, VideoLimits, encode_request
from rempart.fingerprint.parts import Begun, Ended
from rempart.media import Finished, Part, WorkerLimits, WorkerPool
from rempart.model.scan import Problem, ProblemKind
from rempart.node.file_reading import FileReading, Visit, Wanted
from rempart.node.object_reading import Reading, ResumePoint
from rempart.node.settings import Settings
from rempart.node.walk import Found

__all__ = ["FileReader", "Reading", "ResumePoint", "Review"]

_WORK: Final = "rempart.fingerprint.work:examine_descriptor"
_WARM_UP: Final = "rempart.fingerprint.work:warm_up"
_OPEN_FILES: Final = 128
_REVIEW_BATCH: Final = 24
_REVIEW_SECONDS: Final = 1.0
_WAIT_SECONDS: Final = 0.5
_MOST_WEIGHT: Final = 32 * 1024**2
_BYTES_OF_A_MEMBER: Final = 8 * 1024
"""What the parts about one member come to at most, on average."""
_BYTES_OF_FRAMES: Final = 512 * 1024**2
"""What the frames of all videos in one archive come to at most: five hundred hours, a frame each second."""

_NO_RESULT: Final = Problem(
    kind=ProblemKind.WORKER_DIED,
    message="the worker answered with something that is no result",
    hint="Treat the file as hostile.",
)


Review = Callable[[Sequence[Reading]], Sequence[bool]]
"""Tells for each screened reading whether its exact hashes are needed."""


class FileReader:
    """Reads files through a pool of sandboxed workers, several at a time, and returns them in order.

    Attributes:
        depth: of the first visit to each file that is read from now on.
        screens_videos: whether keyframes suffice for a first look at videos that are read from now on.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        depth: Depth,
        workers: int,
        review: Review | None,
        screens_videos: bool = True,
        opens_archives: bool = True,
        finds_urls: bool = False,
        seconds_in_all: int | None = None,
    ) -> None:
        """Start the workers.

        Args:
            settings: limits.
            depth: of the first visit.
            workers: how many processes.
            review: asked about readings that carry a screen hash or keyframes only; absent where depth is exact.
            screens_videos: whether keyframes suffice for a first look.
            opens_archives: whether archives, documents and messages are opened.
            finds_urls: whether URLs are looked for in text and the like.
            seconds_in_all: time for one file with all that lies in it; absent means as the settings say.
        """
        chosen_kernel()  # a wrong REMPART_KERNEL is told here, not by a worker that cannot start
        self.depth: Depth = depth
        self._settings = settings
        self._review = review
        self.screens_videos = screens_videos
        self._opens_archives = opens_archives
        self._finds_urls = finds_urls
        self._seconds_in_all = seconds_in_all
        self._pool = WorkerPool(
            _WORK, _WARM_UP, workers=workers, limits=self._worker_limits(), in_parts=True
        )
        self._window: deque[FileReading] = deque()
        self._again: deque[FileReading] = deque()
        self._screened: list[tuple[FileReading, Reading]] = []
        self._screened_at = 0.0
        self._held: set[Visit] = set()
        self._weight = 0
        self._in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the workers and close every file."""
        self._pool.close()
        for file in self._window:
            file.close()
        self._window.clear()

    @property
    def sandbox(self) -> str:
        """What keeps the workers from the machine."""
        return self._pool.sandbox

    def read(
        self,
        found: Iterator[Found],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        resume: ResumePoint | None = None,
    ) -> Iterator[Reading]:
        """Yield a finished reading for each member of each found path and one for the path, in the order of the walk.

        When `should_stop` says so, what is under way is given up; what was yielded is a whole beginning.

        Args:
            found: the paths.
            should_stop: asked between files.
            resume: how far the first path was read before.
        """
        source: Iterator[Found] | None = found
        while (source is not None or self._window) and not should_stop():
            source, resume = self._fill(source, resume)
            if self._in_flight:
                for given in self._pool.wait(_WAIT_SECONDS):
                    self._hear(given)
            self._ask_review()
            while (reading := self._next_done()) is not None:
                yield reading
            self._let_go_on()

    def _next_done(self) -> Reading | None:
        """Return the next reading in order, if it is done; let go of its file if it was the last one of it."""
        if not self._window:
            return None
        file = self._window[0]
        if not file.ready or not file.ready[0].is_done:
            return None
        before = file.weight
        reading = file.pop()
        self._weight -= before - file.weight
        if file.is_whole and not file.ready:
            self._window.popleft()
            file.close()
        return reading

    def _fill(
        self, source: Iterator[Found] | None, resume: ResumePoint | None
    ) -> tuple[Iterator[Found] | None, ResumePoint | None]:
        """Give work to every free worker: second visits first, then new files."""
        self._visit_again()
        while self._pool.free_slots and source is not None:
            is_full = len(self._window) >= _OPEN_FILES or self._weight > _MOST_WEIGHT
            if self._window and is_full:
                break
            found = next(source, None)
            if found is None:
                return None, resume
            file = FileReading(found, resume)
            resume = None
            self._window.append(file)
            self._weight += file.weight
            if file.needs_visit and not file.is_whole:
                self._visit(file)
        return source, resume

    def _visit_again(self) -> None:
        for _ in range(len(self._again)):
            if not self._pool.free_slots:
                return
            file = self._again.popleft()
            self._visit(file)

    def _visit(self, file: FileReading) -> None:
        """Send the file to a worker where it needs that now; remember it where it needs it later."""
        may_walk = file is self._window[0] or self._weight <= _MOST_WEIGHT // 2
        visit = file.next_visit(self._wanted(), may_walk=may_walk)
        descriptor = file.found.descriptor
        if visit is not None and descriptor is not None:
            self._pool.submit(descriptor, encode_request(visit.request), visit)
            self._in_flight += 1
        if file.needs_visit:
            self._again.append(file)

    def _hear(self, given: Finished | Part) -> None:
        visit = cast("Visit", given.tag)
        if visit.is_over:
            return
        before = visit.file.weight
        if isinstance(given, Finished):
            self._is_over(visit)
        try:
            if isinstance(given, Part):
                self._take(visit, visit.answers.take(given.payload))
            elif isinstance(given.payload, Problem):
                visit.file.lost(visit, given.payload)
                self._need(visit.file)
            else:
                self._finish(visit, given.payload)
        except WorkMessageError:
            if not visit.is_over:
                self._break_off(visit)
            visit.file.lost(visit, _NO_RESULT, is_breach=True)
            self._need(visit.file)
        self._weight += visit.file.weight - before
        self._hold_back(visit)

    def _break_off(self, visit: Visit) -> None:
        self._pool.withdraw(visit)
        self._is_over(visit)

    def _is_over(self, visit: Visit) -> None:
        visit.is_over = True
        self._in_flight -= 1
        self._held.discard(visit)

    def _take(self, visit: Visit, said: Begun | Ended | None) -> None:
        if isinstance(said, Ended):
            if visit.is_walk:
                self._settle(visit.file, visit.file.end(said))
            else:
                visit.file.confirmed(said)
        elif isinstance(said, Begun) and visit.is_walk:
            visit.file.begin(said)

    def _finish(self, visit: Visit, payload: bytes) -> None:
        ended = visit.answers.finish(payload)
        if visit.is_walk:
            visit.file.walk = None
        self._take(visit, ended)
        if visit.request.confirmed:
            visit.file.left_unconfirmed()
        self._need(visit.file)

    def _need(self, file: FileReading) -> None:
        if file.needs_visit and file not in self._again:
            self._again.append(file)

    def _settle(self, file: FileReading, reading: Reading) -> None:
        """Decide whether an object that a first visit ended is done, or has to be looked at again."""
        if self._review is None or not reading.is_screened or reading.problem is not None:
            reading.is_done = True
        elif reading.is_sparse:
            file.confirm(reading)
            self._need(file)
        else:
            if not self._screened:
                self._screened_at = time.monotonic()
            self._screened.append((file, reading))

    def _ask_review(self) -> None:
        if self._review is None or not self._screened:
            return
        has_enough = len(self._screened) >= _REVIEW_BATCH
        is_due = time.monotonic() - self._screened_at >= _REVIEW_SECONDS
        is_idle = self._in_flight <= len(self._held)
        is_awaited = bool(self._held) and not self._window[0].flows
        if not (has_enough or is_due or is_idle or is_awaited):
            return
        screened, self._screened = self._screened, []
        needed = self._review([reading for _, reading in screened])
        for (file, reading), needs_exact in zip(screened, needed, strict=True):
            if needs_exact:
                file.confirm(reading)
                self._need(file)
            else:
                reading.is_done = True

    def _hold_back(self, visit: Visit) -> None:
        """Hear no more of a first visit while there is more than enough that cannot be given yet."""
        file = visit.file
        is_under_way = visit.is_walk and file.walk is visit
        if not is_under_way or file.is_held:
            return
        if self._has_enough_of(file, _MOST_WEIGHT):
            self._pool.pause(visit)
            self._held.add(visit)
            file.is_held = True
            self._need(file)

    def _has_enough_of(self, file: FileReading, most: int) -> bool:
        """Tell whether there is enough of a file; what comes behind others never holds back the first."""
        if file is self._window[0]:
            return not file.flows and file.weight > most
        return self._weight > most

    def _let_go_on(self) -> None:
        """Hear visits again that were held back, where there is room, or where everything waits for them."""
        for visit in list(self._held):
            if not self._has_enough_of(visit.file, _MOST_WEIGHT // 2):
                self._pool.go_on(visit)
                self._held.discard(visit)
                visit.file.is_held = False
        if self._held and self._pool.is_at_rest:
            last = next(file for file in reversed(self._window) if file.is_held)
            if last.walk is not None:
                self._break_off(last.walk)
            last.withdrawn()
            self._need(last)

    def _wanted(self) -> Wanted:
        settings = self._settings
        video = VideoLimits(
            milliseconds=settings.video_seconds * 1000,
            seconds=min(settings.seconds_per_video, self._seconds_in_all or 1 << 62),
            is_screened=self.screens_videos and self._review is not None,
        )
        containers = ContainerLimits(
            depth=settings.archive_depth,
            members=settings.archive_members,
            unpacked_bytes=settings.archive_bytes,
            ratio=settings.archive_ratio,
            seconds=settings.seconds_per_archive,
        )
        return Wanted(
            depth=self.depth,
            max_pixels=settings.pixels_per_picture,
            max_file_bytes=settings.bytes_per_picture,
            video=video,
            containers=containers if self._opens_archives else None,
            finds_urls=self._finds_urls,
        )

    def _worker_limits(self) -> WorkerLimits:
        settings = self._settings
        longest = max(settings.seconds_per_video, settings.seconds_per_archive)
        in_parts = self._seconds_in_all or longest + 2 * settings.seconds_per_file
        members = settings.archive_members if self._opens_archives else 0
        in_archives = _BYTES_OF_FRAMES if self._opens_archives else 0
        limits = WorkerLimits()
        return WorkerLimits(
            address_space_bytes=settings.worker_memory_bytes,
            seconds_per_file=settings.seconds_per_file,
            seconds_in_parts=in_parts,
            files_per_worker=settings.files_per_worker,
            answer_bytes=limits.answer_bytes + members * _BYTES_OF_A_MEMBER + in_archives,
        )
