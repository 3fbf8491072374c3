"""Write the report of a scan: from the records of a run or of a file, or as they come while scanning."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rempart.law.language import Translator
from rempart.model.clock import Clock
from rempart.model.records import scan_record, to_line
from rempart.model.scan import ScanRecord
from rempart.node.errors import OutputExistsError, OutputFailedError
from rempart.node.identity import SystemClock
from rempart.node.looks import RESULTS_REPORTED, note_look
from rempart.node.node import OpenNode
from rempart.node.record_lines import ScanLine
from rempart.node.report_decisions import DecisionFigures
from rempart.node.report_facts import (
    lists_with_matches,
    node_facts,
    rate_facts,
    run_facts,
    written_by,
)
from rempart.node.report_figures import ReportFigures
from rempart.node.run_records import BadLine, RunRecords, find_records, read_record
from rempart.node.scan_run import ScanRun
from rempart.report import MARK, report_page
from rempart.report.values import (
    BadLineFacts,
    ReportContent,
    SoftwareFacts,
    SourceFacts,
)
from rempart.store import StoredScan

_MOST_BAD_LINES: Final = 100
_MARK_WITHIN: Final = 2_000


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What became of a report.

    Attributes:
        objects: that it speaks of.
        bad_lines: of the records that could not be read.
    """

    path: Path
    size_bytes: int
    objects: int
    bad_lines: int


class ReportMaking:
    """A report in the making: it takes records and becomes a page."""

    def __init__(self, texts: Translator) -> None:
        """Begin with no record.

        Args:
            texts: whose language the page has.
        """
        self.figures = ReportFigures()
        self._texts = texts
        self._decisions = DecisionFigures(texts)
        self._bad_lines = 0
        self._first_bad: list[BadLineFacts] = []

    def take(self, record: ScanRecord, decisions: Iterable[Mapping[str, Any]] | None) -> None:
        """Take the record of one object as the scan gives it."""
        written = to_line(scan_record(record, None if decisions is None else list(decisions)))
        self.add(self.figures.totals.objects + 1, read_record(1, written))

    def read(self, records: RunRecords) -> None:
        """Take all records of a run or a file.

        Raises:
            SourceUnreadableError: the file cannot be read.
            RecordsRefusedError: it is shorter than the scan left it, or no line of it is a record.
        """
        for number, line in records.numbered():
            self.add(number, line)

    def add(self, number: int, line: ScanLine | BadLine) -> None:
        """Take one line of records, whose number is given."""
        if isinstance(line, ScanLine):
            self.figures.add(number, line)
            self._decisions.add(line)
            return
        self._bad_lines += 1
        if len(self._first_bad) < _MOST_BAD_LINES:
            self._first_bad.append(BadLineFacts(number=line.number, message=line.message))

    def write(
        self,
        path: Path,
        *,
        node: OpenNode | None,
        run: StoredScan | None,
        records: RunRecords | None,
    ) -> WrittenReport:
        """Write the page, whole or not at all; it takes the place of an earlier report only.

        Args:
            path: the page's file.
            node: that scanned, where it is known.
            run: the scan as the store remembers it.
            records: that were read; absent where the scan kept none.

        Raises:
            OutputExistsError: something else has that name.
            OutputFailedError: the disk refused.
        """
        clock: Clock = node.clock if node is not None else SystemClock()
        content = self._content(clock.now(), node, run, records)
        size_bytes = _write_page(path, report_page(content, self._texts.language.value))
        return WrittenReport(path, size_bytes, self.figures.totals.objects, self._bad_lines)

    def _content(
        self,
        now: datetime,
        node: OpenNode | None,
        run: StoredScan | None,
        records: RunRecords | None,
    ) -> ReportContent:
        figures = self.figures
        totals, lists = figures.totals, figures.lists()
        rates = None
        if node is not None and run is not None:
            rates = rate_facts(node, run, totals.size_bytes)
        return ReportContent(
            written_at=now,
            node=node_facts(node) if node is not None else None,
            run=run_facts(run) if run is not None else None,
            source=self._source(run, records),
            software=SoftwareFacts(
                written_by=written_by(), computed_by=tuple(sorted(figures.software))
            ),
            totals=totals,
            outcomes=figures.outcomes(),
            formats=figures.formats(),
            lists=lists_with_matches(node, lists) if node is not None else lists,
            labels=figures.labels(),
            reasons=figures.reasons(),
            distances=figures.distances(),
            problems=figures.problems(),
            videos=figures.videos,
            rates=rates,
            decisions=self._decisions.facts(),
            match_rows=figures.rows.matches(),
            problem_rows=figures.rows.problems.shown(),
            conflict_rows=figures.rows.conflicts.shown(),
            video_rows=figures.rows.videos.shown(),
            container_rows=figures.rows.containers(),
        )

    def _source(self, run: StoredScan | None, records: RunRecords | None) -> SourceFacts:
        objects = self.figures.totals.objects
        before = 0
        if records is None and run is not None:
            counted = run.counts.get("files")
            before = max(0, counted - objects) if isinstance(counted, int) else 0
        return SourceFacts(
            path=os.fsdecode(records.path) if records is not None else None,
            sha256=records.sha256 if records is not None else None,
            size_bytes=records.read_bytes if records is not None else None,
            records=objects,
            objects_before=before,
            bad_lines=self._bad_lines,
            first_bad_lines=tuple(self._first_bad),
        )


class ScanReporting:
    """The report of a scan that this process runs: of its records where it keeps any, else as they come."""

    def __init__(self, node: OpenNode, run: ScanRun, path: Path, texts: Translator) -> None:
        """Begin with no record.

        Args:
            node: that scans.
            run: the scan.
            path: the page's file; see `require_report_place`.
            texts: whose language the page has.
        """
        self._node = node
        self._run = run
        self._path = path
        self._making = ReportMaking(texts)

    def take(self, record: ScanRecord, decisions: Iterable[Mapping[str, Any]] | None) -> None:
        """Take the record of one object; where the scan keeps its records, they are read in the end."""
        if not self._run.has_output:
            self._making.take(record, decisions)

    def write(self) -> WrittenReport:
        """Write the page when the scan came to its end or was stopped.

        Raises:
            SourceUnreadableError: the records cannot be read.
            RecordsRefusedError: their file is shorter than the scan left it.
            OutputExistsError: something else has the name of the report.
            OutputFailedError: the disk refused.
        """
        node, run_id = self._node, self._run.scan_id
        records = find_records(node, str(run_id)) if self._run.has_output else None
        if records is not None:
            self._making.read(records)
        return self._making.write(
            self._path, node=node, run=node.store.scan(run_id), records=records
        )


def report_run(node: OpenNode, run_id: str, path: Path, texts: Translator) -> WrittenReport:
    """Write the report of a run whose records the node kept, finished or not; the event `results.reported` comes first.

    Raises:
        RunUnknownError: there is no such run, or its retention is over.
        RunWithoutOutputError: it wrote its records to no file.
        SourceUnreadableError: that file cannot be read.
        RecordsRefusedError: it is shorter than the scan left it, or holds no records.
        OutputExistsError: something else has the name of the report.
        OutputFailedError: the disk refused.
        RempartError: the node's store takes no event; no report is written.
    """
    require_report_place(path)
    records = find_records(node, run_id)
    making = ReportMaking(texts)
    making.read(records)
    if records.run is not None:
        objects = making.figures.totals.objects
        note_look(node, RESULTS_REPORTED, {"scan": str(records.run.id), "objects": objects})
    return making.write(path, node=node, run=records.run, records=records)


def report_file(source: Path, path: Path, texts: Translator) -> WrittenReport:
    """Write the report of a file of records, without a node.

    Raises:
        SourceUnreadableError: the file cannot be read.
        RecordsRefusedError: no line of it is a record.
        OutputExistsError: something else has the name of the report.
        OutputFailedError: the disk refused.
    """
    require_report_place(path)
    records = RunRecords(source)
    making = ReportMaking(texts)
    making.read(records)
    return making.write(path, node=None, run=None, records=records)


def require_report_place(path: Path) -> None:
    """Refuse a place where no report can be written, before the work is done.

    Raises:
        OutputExistsError: something that is no report has that name, or its folder is none.
    """
    if not path.parent.is_dir():
        message = f"The folder of the report {path} is not there."
        raise OutputExistsError(message, hint="Make it, or name another place.")
    if os.path.lexists(path) and not _is_report(path):
        message = f"{path} exists already and is no report."
        raise OutputExistsError(message, hint="Take another name, or move the old file away.")


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return not path.is_symlink() and MARK.encode() in file.read(_MARK_WITHIN)
    except OSError:
        return False


def _write_page(path: Path, parts: Iterable[bytes]) -> int:
    require_report_place(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(partial, flags, 0o600), "wb") as file:
            size_bytes = sum(file.write(part) for part in parts)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        message = f"The report {path} could not be written: {error.strerror}."
        raise OutputFailedError(message, hint="Free space or name another place.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return size_bytes
