"""Scan files: read, match, write each record once, and be able to go on where a run stopped.

After every batch the output is brought to the disk first and the checkpoint is committed second. A run that
is killed between the two finds the output longer than its checkpoint says, and cuts it back when it resumes:
so every record stands in the output exactly once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rempart.fingerprint.messages import Depth
from rempart.match import Matcher
from rempart.model.identifiers import ScanId
from rempart.model.records import scan_record, to_line
from rempart.model.scan import ScanRecord
from rempart.node.index_upkeep import ready_index
from rempart.node.law.deciding import DecisionDesk, Record
from rempart.node.law.questions import law_book_of, law_overlay_of, open_law_shelf
from rempart.node.matching import matcher_for
from rempart.node.node import OpenNode
from rempart.node.reading import FileReader, Reading, ResumePoint
from rempart.node.scan_counts import ScanCounts
from rempart.node.scan_queries import EXACT, SCREEN, Review, query_of
from rempart.node.scan_run import ScanRun
from rempart.node.walk import Position, walk

_BATCH_FILES: Final = 256
_BATCH_SECONDS: Final = 2.0
_MATCH_BATCH: Final = 32
_MATCH_BATCH_FRAMES: Final = 16_384
"""Frames of videos after which a group is matched: with their variants they take five megabytes, and more unfolded."""


class RecordSink(Protocol):
    """Where records go, besides the run's own output file."""

    def take(self, record: ScanRecord, decisions: Sequence[Record] | None) -> None:
        """Take one record in the order of the walk, with its decisions where the scan has a context."""
        ...

    def deliver(self) -> None:
        """Bring out what was taken: after the checkpoint that follows, no resumed run gives it again."""
        ...


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a run came to.

    Attributes:
        seconds: wall time of this process's part of the run.
        was_stopped: whether it was interrupted and can be resumed.
        files_here: files of this process's part of the run.
    """

    scan_id: ScanId
    counts: ScanCounts
    seconds: float
    files_here: int
    bytes_here: int
    was_stopped: bool
    sandbox: str
    depth: str


def run_scan(
    node: OpenNode,
    run: ScanRun,
    *,
    sink: RecordSink,
    should_stop: Callable[[], bool] = lambda: False,
    report: Callable[[str], None] = lambda _: None,
) -> ScanReport:
    """Run or resume a scan until its end or until `should_stop` says so.

    Args:
        node: against whose lists.
        run: what to scan, and how far it came already.
        sink: gets every record of this process's part of the run.
        should_stop: asked between files.
        report: told, in a sentence, of work on the index.
    """
    index = ready_index(node.folder, node.store, report=report)
    matcher = matcher_for(node, index)
    depth: Depth = SCREEN if run.depth == SCREEN and matcher.can_screen else EXACT
    screens_videos = run.depth == SCREEN and matcher.can_screen_videos
    review = Review(matcher) if depth == SCREEN or screens_videos else None
    desk = _desk(node, run)
    begun = time.monotonic()
    before = (run.counts.files, run.counts.size_bytes)
    with FileReader(
        node.settings,
        depth=depth,
        workers=run.workers,
        review=review,
        screens_videos=screens_videos,
        opens_archives=run.opens_archives,
        finds_urls=run.finds_urls,
    ) as reader:
        found = walk(
            run.roots(),
            follow_links=run.follow_links,
            follow_roots=bool(run.named_paths),  # a list, as find writes it, holds links unasked
            after=run.after,
            is_inside=run.inside is not None,
        )
        readings = reader.read(found, should_stop=should_stop, resume=run.inside)
        for batch in _batches(_records(readings, matcher)):
            lines = []
            for _, _, record in batch:
                decisions = desk.records(record) if desk is not None else None
                run.counts.add(record)
                sink.take(record, decisions)
                lines.append(to_line(scan_record(record, decisions)))
            run.write(b"".join(lines))
            sink.deliver()
            position, inside, _ = batch[-1]
            run.checkpoint(position, inside, [record for _, _, record in batch])
        sandbox = reader.sandbox
    was_stopped = should_stop()
    run.finish(was_stopped=was_stopped)
    return ScanReport(
        scan_id=run.scan_id,
        counts=run.counts,
        seconds=time.monotonic() - begun,
        files_here=run.counts.files - before[0],
        bytes_here=run.counts.size_bytes - before[1],
        was_stopped=was_stopped,
        sandbox=sandbox,
        depth=depth,
    )


def _desk(node: OpenNode, run: ScanRun) -> DecisionDesk | None:
    """Return who decides on the run's matches; None where the operator gave no context."""
    if run.decisions is None:
        return None
    book = law_book_of(open_law_shelf(law_overlay_of(node)))
    return DecisionDesk(run.decisions, book, node.identifiers)


_Placed = tuple[Position, ResumePoint | None, ScanRecord]
"""A record, and where to go on behind it: at the next file, or inside this one."""


def _records(readings: Iterator[Reading], matcher: Matcher) -> Iterator[_Placed]:
    """Match readings a few at a time, which costs less than one by one, and keep their order."""
    for group in _grouped(readings):
        findings = matcher.match_many([query_of(reading) for reading in group])
        for reading, found in zip(group, findings, strict=True):
            record = ScanRecord(
                file=reading.file(), matches=found.matches, conflicts=found.conflicts
            )
            yield reading.found.position, reading.resume, record


def _grouped(readings: Iterator[Reading]) -> Iterator[list[Reading]]:
    group: list[Reading] = []
    frames = 0
    for reading in readings:
        group.append(reading)
        frames += len(reading.frames)
        if len(group) == _MATCH_BATCH or frames >= _MATCH_BATCH_FRAMES:
            yield group
            group, frames = [], 0
    if group:
        yield group


def _batches(records: Iterator[_Placed]) -> Iterator[list[_Placed]]:
    """Collect records until there are enough of them or enough time has gone by."""
    batch: list[_Placed] = []
    due = time.monotonic() + _BATCH_SECONDS
    for placed in records:
        batch.append(placed)
        if len(batch) >= _BATCH_FILES or time.monotonic() >= due:
            yield batch
            batch = []
            due = time.monotonic() + _BATCH_SECONDS
    if batch:
        yield batch
