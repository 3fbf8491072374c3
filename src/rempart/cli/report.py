"""`rempart report`: what a scan came to, as a page to read."""

import os
from pathlib import Path

import click

from rempart.cli.messages import say, size_text
from rempart.cli.options import NodeChoice, node_option
from rempart.node import (
    WrittenReport,
    find_language,
    is_run_identifier,
    report_file,
    report_run,
)


@click.command()
@node_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File that gets the page; it may take the place of an earlier report.",
)
@click.option(
    "--language",
    metavar="LANGUAGE",
    help="Language of the page, en or fr; else REMPART_LANGUAGE, else the system's.",
)
@click.argument("source", metavar="RUN|FILE")
@click.pass_obj
def report(choice: NodeChoice, *, output: Path, language: str | None, source: str) -> int:
    """Write what a scan came to as one HTML page, in English or French.

    RUN is the identifier of a scan of this node that kept its records (`rempart scan --output`), finished or
    not; FILE is such a file itself, of any node. The page needs nothing beside it and shows no media: outcomes,
    matches, what could not be read and why, rates, versions and hashes. Its tables can be filtered and sorted.

    \b
    Examples:
      rempart report 01a2… --output monday.html
      rempart report found.jsonl --output found.html --language fr
    """
    texts = find_language(language, os.environ)
    if not is_run_identifier(source):
        tell_report(report_file(Path(source), output, texts))
        return 0
    with choice.open() as node:
        tell_report(report_run(node, source, output, texts))
    return 0


def tell_report(written: WrittenReport) -> None:
    """Say to standard error what became of a report."""
    say(f"Report: {written.path} ({size_text(written.size_bytes)}, {written.objects:,} objects).")
    if written.bad_lines:
        say(
            f"  {written.bad_lines:,} lines of the records could not be read; the report names them."
        )
