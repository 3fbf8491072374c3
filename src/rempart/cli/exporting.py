"""`rempart export`: hand the results of a scan to another tool."""

from pathlib import Path

import click

from rempart.cli.messages import say
from rempart.cli.options import NodeChoice, node_option
from rempart.cli.progress import ProgressDisplay, counter
from rempart.node import (
    RESULT_FORMATS,
    Results,
    ResultsRequest,
    WrittenResults,
    export_results,
    is_run_identifier,
    results_of_file,
    results_of_run,
)


@click.command()
@node_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(RESULT_FORMATS),
    required=True,
    help="vics: a Project VIC / VICS 2.0 case; csv: a table; kdb: a hash set of Autopsy.",
)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="New file to write.")
@click.option(
    "--only",
    type=click.Choice(["matched", "all"]),
    default="matched",
    show_default=True,
    help="matched: objects with a match that nothing suppresses; all: every object.",
)
@click.option(
    "--region",
    default="Default",
    show_default=True,
    help="vics: the region whose category numbers the case gives, as UK or US.",
)
@click.option("--case-number", help="vics: the office's own number of the case.")
@click.argument("source", metavar="RUN|FILE")
@click.pass_obj
def export(
    choice: NodeChoice,
    *,
    format_name: str,
    output: Path,
    only: str,
    region: str,
    case_number: str | None,
    source: str,
) -> int:
    """Write what a scan found as a file that another tool opens; whole or not at all.

    RUN is the identifier of a scan of this node that kept its records (`rempart scan --output`), finished or
    not; FILE is such a file itself, of any node. A case and a hash set hold objects that have an MD5. A match
    is a lead: a case gives a category only where a list states it for the very bytes.

    \b
    Examples:
      rempart export 01a2… --format vics --region UK --case-number R-2026-0001 --output case.json
      rempart export found.jsonl --format csv --only all --output found.csv
      rempart export found.jsonl --format kdb --output found.kdb
    """
    request = ResultsRequest(
        format=format_name,
        only_matched=only == "matched",
        region=region,
        case_number=case_number,
    )
    if not is_run_identifier(source):
        _export(results_of_file(Path(source)), request, output)
        return 0
    with choice.open() as node:
        _export(results_of_run(node, source), request, output)
    return 0


def _export(results: Results, request: ResultsRequest, output: Path) -> None:
    with ProgressDisplay("Exporting", unit="records") as display:
        written = export_results(results, request, output, progress=counter(display))
    _tell(written, request, output)


def _tell(written: WrittenResults, request: ResultsRequest, output: Path) -> None:
    say(f"Wrote {written.written:,} objects to {output}.")
    if written.not_asked:
        say(
            f"  {written.not_asked:,} objects without a match are not in it; --only all takes them."
        )
    if written.only_urls:
        say(
            f"  {written.only_urls:,} objects are not in it: they hold a listed URL, and are no known media themselves;"
            " --only all takes them."
        )
    if written.left_out:
        say(
            f"  {written.left_out:,} objects have no place in {request.format}: they have no MD5, or are empty."
        )
    if written.first_bad is not None:
        say(
            f"  {written.bad_lines:,} lines of the records could not be read; the first is line "
            f"{written.first_bad.number}: {written.first_bad.message}."
        )
    if written.is_finished is False:
        say("  The scan has not come to its end: what it had found so far was written.")
