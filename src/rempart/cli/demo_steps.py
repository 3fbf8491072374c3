"""The steps of `rempart demo`: pictures, lists, import, scan, service."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from rempart.cli.law.decisions import DecisionTeller, describe_context
from rempart.cli.messages import say, size_text
from rempart.cli.progress import ProgressDisplay, counter, message_console
from rempart.cli.report import tell_report
from rempart.cli.reports import explain, printable, printable_text
from rempart.cli.scan_display import scan_display
from rempart.cli.scan_summary import tell_summary
from rempart.model.scan import ScanRecord
from rempart.node import (
    DecisionRequest,
    ScanReporting,
    ScanRequest,
    Tally,
    begin_run,
    find_language,
    run_scan,
    today,
)
from rempart.node import demo as material

_EXAMPLES = 8


def run_demo(folder: Path, entries: int) -> None:
    """Run every step and tell what came of it.

    Args:
        folder: absolute; gets the pictures, the node and the results.
        entries: of the exercise list.
    """
    place = material.DemoFolder(folder)
    with ProgressDisplay("1/5 Making pictures", unit="files") as display:
        corpus, pictures = material.make_corpus(place, progress=_both(display))
    counts = ", ".join(f"{count:,} {group}" for group, count in corpus.counts.items())
    say(f"1/5 Pictures: {counts} ({size_text(corpus.size_bytes)}) in {place.corpus}")
    with ProgressDisplay("2/5 Writing lists", unit="entries") as display:
        material.write_lists(place, corpus, pictures, entries=entries, progress=_both(display))
    say(f"2/5 Lists: {entries:,} known fingerprints, and a few known-harmless ones")
    with material.make_node(place) as node:
        for name in (material.KNOWN_LIST, material.HARMLESS_LIST):
            begun = time.monotonic()
            with ProgressDisplay("3/5 Importing", unit="records") as display:
                report = material.import_exercise_list(node, place, name, progress=counter(display))
            seconds = max(time.monotonic() - begun, 1e-9)
            say(
                f"3/5 Imported {name}: {report.added:,} added, {report.refused:,} refused, "
                f"in {seconds:.1f} s ({report.added / seconds:,.0f} entries/s, index included)"
            )
        texts = find_language(None, os.environ)
        decisions = DecisionRequest(material.exercise_case(today()), texts.language)
        request = ScanRequest(
            paths=(bytes(place.corpus),), output=place.output, decisions=decisions
        )
        sink = _Sink(material.Judgement(corpus, material.names_by_entry(node, pictures)))
        with begin_run(node, request, None) as run, scan_display(run, "4/5 Scanning") as display:
            sink.on_record = display.show
            scanned = run_scan(node, run, sink=sink, report=say)
            written = ScanReporting(node, run, place.report, texts).write()
    say("4/5 Scanned.")
    for line in sink.examples:
        say(f"  {line}")
    tell_summary(scanned, sink.tally)
    _tell_judgement(sink.judgement)
    tell_report(written)
    _tell_law(decisions, sink.decision)
    _tell_service(place, corpus)
    say(
        f"To read: {place.report}. Every record: {place.output}. The node: {place.node}. "
        f"Try: rempart --node {place.node} lists show"
    )


class _Sink:
    """Judges every record, counts reasons, and keeps a few examples of different kinds."""

    def __init__(self, judgement: material.Judgement) -> None:
        self.judgement = judgement
        self.on_record: Callable[[], None] = lambda: None
        self.tally = Tally()
        self.examples: list[str] = []
        self.decision: Mapping[str, Any] | None = None
        self._shown: set[tuple[str | None, bool, bool]] = set()

    def take(self, record: ScanRecord, decisions: Sequence[Mapping[str, Any]] | None) -> None:
        if self.decision is None and decisions:
            self.decision = decisions[0]
        self.tally.add(record)
        self.judgement.add(record)
        for match in record.matches:
            sort = (match.transform, match.suppressed_by is not None, match.from_partial)
            if sort not in self._shown and len(self.examples) < _EXAMPLES:
                self._shown.add(sort)
                self.examples.append(f"{printable(record.file.path)}: {explain(match)}")
        self.on_record()

    def deliver(self) -> None:
        """Do nothing: the run's own output gets the records."""


def _tell_law(request: DecisionRequest, decision: Mapping[str, Any] | None) -> None:
    """Show what law asks in the exercise case: one decision, which every match with the same labels shares."""
    if decision is None:
        return
    say(f"What law asks after a match, in an exercise case. {describe_context(request.context)}")
    DecisionTeller(request.texts).tell(decision)


def _tell_service(place: material.DemoFolder, corpus: material.Corpus) -> None:
    """Start the node's service, post pictures to it as a platform would, and show one answer."""
    say("5/5 Starting the service: rempart serve")
    pictures = material.pictures_to_post(corpus)
    with material.open_demo_node(place) as node, material.serving(place, node) as service:
        begun = time.monotonic()
        records = service.scan(pictures)
        seconds = time.monotonic() - begun
    matched = [record for record in records if record["matches"]]
    say(
        f"5/5 Posted {len(records)} pictures to {service.address}/v1/scan in {seconds:.2f} s: "
        f"{len(matched)} match, {len(records) - len(matched)} do not. One answer:"
    )
    if matched:
        record = {**matched[0], "matches": matched[0]["matches"][:1]}
        for line in json.dumps(record, ensure_ascii=False, indent=2).splitlines():
            say(f"  {printable_text(line)}")


def _tell_judgement(judgement: material.Judgement) -> None:
    table = Table(
        "files that show a listed picture",
        "found",
        "not found",
        title="Against the truth",
        title_justify="left",
    )
    for group in material.Group:
        found, missed = judgement.found[group], judgement.missed[group]
        if found or missed:
            table.add_row(group.value, f"{found:,}", f"{missed:,}")
    console = message_console()
    console.print(table)
    if judgement.missed_kinds:
        kinds = ", ".join(
            f"{kind} {count}" for kind, count in judgement.missed_kinds.most_common(_EXAMPLES)
        )
        say(f"Not found were edits beyond what PDQ bears within the threshold: {kinds}")
    say(f"Files that matched a picture they do not show: {len(judgement.wrong)}")


def _both(display: ProgressDisplay) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        display.update(done, total=total)

    return show
