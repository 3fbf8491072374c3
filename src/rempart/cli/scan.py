"""`rempart scan`: fingerprint and match files, with progress, and resumable."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, Final

import click

from rempart.cli.law.decisions import DecisionTeller, describe_context
from rempart.cli.messages import flush_output, say, write_record
from rempart.cli.options import NodeChoice, json_option, node_option
from rempart.cli.report import tell_report
from rempart.cli.reports import tell_record
from rempart.cli.scan_display import ScanDisplay, scan_display
from rempart.cli.scan_summary import tell_summary
from rempart.model.records import scan_record
from rempart.model.scan import ScanRecord
from rempart.node import (
    DEPTHS,
    DecisionRequest,
    OpenNode,
    ScanReporting,
    ScanRequest,
    ScanRun,
    Tally,
    Translator,
    begin_run,
    find_language,
    read_context_file,
    require_report_place,
    resume_run,
    run_scan,
    today,
)

_FROM_INPUT: Final = b"-"


@click.command()
@node_option
@json_option
@click.option(
    "--depth",
    type=click.Choice(DEPTHS),
    default=DEPTHS[0],
    show_default=True,
    help="screen: exact hashes only near a known entry; exact: exact hashes of every picture.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="File that gets every record exactly once, also when the run is killed and resumed.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    help="HTML page that says in the end what the scan came to, also when it is stopped.",
)
@click.option("--resume", "run_id", metavar="RUN", help="Go on with a stopped run.")
@click.option(
    "--null", "-0", "is_null", is_flag=True, help="The list on standard input is separated by NUL."
)
@click.option("--follow-links", is_flag=True, help="Read what links point to.")
@click.option(
    "--no-archives",
    is_flag=True,
    help="Do not open archives, documents and mails: their own digests only.",
)
@click.option(
    "--urls",
    "finds_urls",
    is_flag=True,
    help="Find the URLs in text, mails and the like, and match them too.",
)
@click.option(
    "--context",
    "context_file",
    type=click.Path(path_type=Path),
    help="File that describes the case: each match then gets the decision that law asks for.",
)
@click.option(
    "--language",
    metavar="LANGUAGE",
    help="Language of the decisions' texts and of the report, en or fr; else REMPART_LANGUAGE, else the system's.",
)
@click.option(
    "--workers", type=click.IntRange(1, 1024), help="Worker processes; else one per core."
)
@click.option("--strict", is_flag=True, help="Leave with 1 if any outcome is not ok.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=bytes))
@click.pass_obj
def scan(
    choice: NodeChoice,
    *,
    as_json: bool,
    depth: str,
    output: Path | None,
    page: Path | None,
    run_id: str | None,
    is_null: bool,
    follow_links: bool,
    no_archives: bool,
    finds_urls: bool,
    context_file: Path | None,
    language: str | None,
    workers: int | None,
    strict: bool,
    paths: tuple[bytes, ...],
) -> int:
    """Fingerprint files and match them against the node's lists.

    PATHS are files or folders; `-` reads a list of paths from standard input, one to a line. Every file is
    opened in a sandboxed process, and every file gets an outcome and, where it is not ok, a reason.
    What lies in archives, documents and mails gets a record of its own. Links are not followed unless told. A
    stopped run goes on with --resume.

    \b
    Examples:
      rempart scan --output found.jsonl ./pictures
      find /data -newer last -print0 | rempart scan --null --json -
      rempart scan --output found.jsonl --report found.html ./disk
      rempart scan --context context.toml --output found.jsonl ./uploads
      rempart scan --resume 01a2…
    """
    if _FROM_INPUT in paths and paths != (_FROM_INPUT,):
        message = "- reads all paths from standard input and stands alone."
        raise click.UsageError(message)
    texts = find_language(language, os.environ)
    if page is not None:
        require_report_place(page)
    listed = sys.stdin.buffer if paths == (_FROM_INPUT,) or run_id is not None else None
    request = ScanRequest(
        paths=() if paths == (_FROM_INPUT,) else paths,
        list_separator=("null" if is_null else "line") if paths == (_FROM_INPUT,) else None,
        depth=depth,
        follow_links=follow_links,
        opens_archives=not no_archives,
        finds_urls=finds_urls,
        output=output,
        workers=workers,
        decisions=_decisions(context_file, texts),
    )
    with (
        choice.open() as node,
        _run(node, request, run_id, listed) as run,
        _stoppable() as stop,
        scan_display(run, "Scanning") as display,
    ):
        say(f"Run {run.scan_id}. If it is stopped: rempart scan --resume {run.scan_id}")
        reporting = ScanReporting(node, run, page, texts) if page is not None else None
        sink = _Sink(run, display, reporting, as_json=as_json)
        if run.decisions is not None:
            say(describe_context(run.decisions.context))
        report = run_scan(node, run, sink=sink, should_stop=lambda: stop.code != 0, report=say)
        written = reporting.write() if reporting is not None else None
    tell_summary(report, sink.tally)
    if written is not None:
        tell_report(written)
    if report.was_stopped:
        return stop.code
    return 1 if strict and not report.counts.all_ok else 0


def _decisions(context_file: Path | None, texts: Translator) -> DecisionRequest | None:
    """Return what to decide beside each match; nothing without a context."""
    if context_file is None:
        return None
    case = read_context_file(context_file, today=today())
    return DecisionRequest(case, texts.language)


def _run(
    node: OpenNode, request: ScanRequest, run_id: str | None, listed: BinaryIO | None
) -> ScanRun:
    if run_id is None:
        return begin_run(node, request, listed)
    if request.decisions is not None:
        say("The run's own context is used; the one on the command line is not.")
    if request.paths:
        say("The run's own paths are used; those on the command line are not.")
    return resume_run(node, run_id, listed)


class _Sink:
    """Writes records, counts reasons, and moves the progress bar."""

    def __init__(
        self,
        run: ScanRun,
        display: ScanDisplay,
        reporting: ScanReporting | None,
        *,
        as_json: bool,
    ) -> None:
        self.tally = Tally()
        self._reporting = reporting
        self._display = display
        self._is_quiet = run.has_output  # the file gets the records; nothing is written twice
        self._as_json = as_json
        self._teller = DecisionTeller(run.decisions.texts) if run.decisions is not None else None

    def take(self, record: ScanRecord, decisions: Sequence[Mapping[str, Any]] | None) -> None:
        self.tally.add(record)
        if self._reporting is not None:
            self._reporting.take(record, decisions)
        if self._is_quiet:
            pass
        elif self._as_json:
            write_record(scan_record(record, decisions))
        else:
            tell_record(record)
            if self._teller is not None:
                for decision in decisions or ():
                    self._teller.tell(decision)
        self._display.show()

    def deliver(self) -> None:
        flush_output()


class _Stop:
    """Which signal asked to stop, as an exit code; 0 for none."""

    code = 0


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    """Turn interrupt and terminate into a wish to stop at the next batch; the second one stops at once."""
    stop = _Stop()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.code:
            raise SystemExit(stop.code)
        stop.code = 128 + number

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
