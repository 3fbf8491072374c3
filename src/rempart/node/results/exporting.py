"""Write the results of a scan into one new file, for another tool."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from rempart.node.files import write_whole
from rempart.node.looks import RESULTS_EXPORTED, note_look
from rempart.node.node import OpenNode
from rempart.node.record_lines import ScanLine
from rempart.node.results.case import CaseRequest, write_case
from rempart.node.results.hash_set import write_hash_set
from rempart.node.results.table import write_table
from rempart.node.results.values import is_matched, is_matched_itself
from rempart.node.run_records import BadLine, RunRecords, find_records
from rempart.store import ScanState

VICS: Final = "vics"
CSV: Final = "csv"
KDB: Final = "kdb"
RESULT_FORMATS: Final = (VICS, CSV, KDB)

_TOLD_AT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsRequest:
    """What the operator asks for.

    Attributes:
        format: one of `RESULT_FORMATS`.
        only_matched: whether objects without a match that stands are left away.
        region: VICS: whose category numbers the case gives.
        case_number: VICS: the office's own number; absent for none.
    """

    format: str
    only_matched: bool = True
    region: str = "Default"
    case_number: str | None = None


@dataclass(slots=True)
class WrittenResults:
    """What was written.

    Attributes:
        written: objects that are in the file.
        left_out: objects that were asked for and have no place in the format: they have no MD5, or are empty.
        not_asked: objects without a match, where only matched ones were asked for.
        only_urls: objects that no hash set of matched ones takes: what met an entry is an address in them.
        bad_lines: lines of the records that could not be read.
        first_bad: number of the first of them, and what is wrong with it; absent where there is none.
        is_finished: whether the scan came to its end; absent where only its file is known.
    """

    written: int = 0
    left_out: int = 0
    not_asked: int = 0
    only_urls: int = 0
    bad_lines: int = 0
    first_bad: BadLine | None = None
    is_finished: bool | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Records of a scan, with what is known of it; written once."""

    records: RunRecords
    node: OpenNode | None = None
    report: WrittenResults = field(default_factory=WrittenResults)


def results_of_run(node: OpenNode, run_id: str) -> Results:
    """Return the results of a run that the node remembers.

    Raises:
        RunUnknownError: there is no such run, or its retention is over.
        RunWithoutOutputError: it wrote its records to no file.
    """
    records = find_records(node, run_id)
    is_finished = records.run is not None and records.run.state is ScanState.FINISHED
    return Results(records, node, WrittenResults(is_finished=is_finished))


def results_of_file(path: Path) -> Results:
    """Return the results in a file of records; no node is needed, and none has an event of it."""
    return Results(RunRecords(path))


def export_results(
    results: Results,
    request: ResultsRequest,
    output: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> WrittenResults:
    """Write a new file, whole or not at all, in bounded memory.

    Of a run of a node it leaves the event `results.exported`, before the file appears under its name.

    Args:
        results: of `results_of_run` or `results_of_file`; read once.
        request: what is asked for.
        output: the file.
        progress: told the number of records read so far.

    Raises:
        ListUsageError: the region has no form in a document.
        SourceUnreadableError: the records cannot be read.
        RecordsRefusedError: they are shorter than the run left them, or none of them is a record.
        OutputExistsError: something has the name of the output already.
        OutputFailedError: the disk refused; nothing is left behind.
        RempartError: the node's store takes no event; nothing is left behind.
    """
    report = results.report
    lines = _asked(results.records, report, request, progress)
    with write_whole(output, is_private=True) as sink:
        report.written = _write(results, lines, sink, request=request, scratch=output.parent)
        _note(results, request)
    report.left_out -= report.written
    return report


def _note(results: Results, request: ResultsRequest) -> None:
    """Put on record which run was handed out, in which form and how much of it."""
    run = results.records.run
    if results.node is None or run is None:
        return
    details = {
        "scan": str(run.id),
        "format": request.format,
        "only": "matched" if request.only_matched else "all",
        "objects": results.report.written,
    }
    note_look(results.node, RESULTS_EXPORTED, details)


def _write(
    results: Results,
    lines: Iterator[ScanLine],
    sink: BinaryIO,
    *,
    request: ResultsRequest,
    scratch: Path,
) -> int:
    if request.format == CSV:
        return write_table(lines, sink)
    if request.format == KDB:
        return write_hash_set(lines, sink, scratch=scratch)
    node = results.node
    organisation = None if node is None else node.store.node.organisation.name
    case = CaseRequest(
        identify=lambda: _case_id(results.records),
        region=request.region,
        case_number=request.case_number,
        organisation=organisation,
    )
    return write_case(lines, sink, request=case, scratch=scratch)


def _asked(
    records: RunRecords,
    report: WrittenResults,
    request: ResultsRequest,
    progress: Callable[[int], None],
) -> Iterator[ScanLine]:
    """Yield the objects that are asked for, counted in `left_out` until it is known which were written."""
    read = 0
    for found in records.read():
        read += 1
        if read % _TOLD_AT == 0:
            progress(read)
        if isinstance(found, BadLine):
            report.bad_lines += 1
            report.first_bad = report.first_bad or found
        elif request.only_matched and not is_matched(found):
            report.not_asked += 1
        elif request.only_matched and request.format == KDB and not is_matched_itself(found):
            report.only_urls += 1
        else:
            report.left_out += 1
            yield found
    progress(read)


def _case_id(records: RunRecords) -> UUID:
    """Return what names the case: the run, else what its file holds, so that writing it again gives the same case.

    The records must have been read.
    """
    if records.run is not None:
        return records.run.id
    return UUID(hex=records.sha256[:32], version=5)
