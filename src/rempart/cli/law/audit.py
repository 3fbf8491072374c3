"""`rempart law audit`: what contradicts itself, is missing or is old in the law data."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby

import click

from rempart.cli.law.cells import AUDIT_COLUMNS, MISTAKE_COLUMNS, audit_cells, write_csv
from rempart.cli.law.forms import Form
from rempart.cli.law.options import LawChoice, csv_option, day_option, law_command, version_option
from rempart.cli.law.page import Page
from rempart.cli.law.words import Record, heading, heads, standing
from rempart.cli.messages import say, tell, write_record
from rempart.cli.reports import printable_text
from rempart.node import LawDataRefusedError, Translator, audit_record, mistake_records

_SHOWN_FACTS = 3


@click.command()
@click.option(
    "--max-age",
    "max_age_days",
    type=click.IntRange(0, 100_000),
    default=1095,
    show_default=True,
    metavar="DAYS",
    help="Age from which a fact counts as old, by the day of its source.",
)
@click.option("--strict", is_flag=True, help="Leave with 1 if there is a contradiction.")
@day_option
@version_option
@csv_option
@law_command
def audit(choice: LawChoice, *, max_age_days: int, strict: bool, on: date, as_csv: bool) -> int:
    """Look through the law data: contradictions, coverage by state and topic, old rows, changed releases.

    If files of an overlay hold mistakes, every one is told with file and line, and it leaves with 3.

    \b
    Examples:
      rempart law audit
      rempart law audit --overlay ./our-law --strict
    """
    try:
        shelf = choice.shelf()
    except LawDataRefusedError as error:
        _tell_mistakes(choice, mistake_records(error.mistakes), as_csv=as_csv)
        say(f"{len(error.mistakes):,} mistakes; no fact of these files was used.")
        return error.exit_code
    record = audit_record(shelf, choice.version, choice.texts, on=on, max_age_days=max_age_days)
    Form(AUDIT_COLUMNS, audit_cells, _tell_audit).write(record, choice, as_csv=as_csv)
    return 1 if strict and record["contradictions"] else 0


def _tell_mistakes(
    choice: LawChoice, mistakes: Iterable[Mapping[str, object]], *, as_csv: bool
) -> None:
    if as_csv and not choice.as_json:
        write_csv(MISTAKE_COLUMNS, (dict(each) for each in mistakes))
        return
    for each in mistakes:
        if choice.as_json:
            write_record(each)
        else:
            place = f"{each['file']}:{each['line']}"
            tell(printable_text(f"{place}: {each['message']} Expected: {each['expected']}."))


def _tell_audit(record: Record, texts: Translator) -> None:
    page = Page(texts)
    page.pair(heading(texts, "contradictions"), str(record["contradictions"]))
    counts = record["counts"]
    page.pair(heading(texts, "facts"), f"{counts['facts']:,}")
    by_confidence = (
        f"{texts.name('confidence', name)} {counts[name]:,}"
        for name in ("high", "medium", "low", "unknown")
    )
    page.pair(heading(texts, "confidence"), ", ".join(by_confidence))
    page.pair(heading(texts, "without-reviewer"), f"{counts['without_reviewer']:,}")
    if record["findings"]:
        page.heading(heading(texts, "findings"))
        page.table(
            heads(texts, "severity", "why", "facts"),
            [
                (
                    texts.name("severity", each["severity"]),
                    _reason(each),
                    _facts(each["facts"]),
                )
                for each in record["findings"]
            ],
        )
    _coverage(page, texts, record["coverage"])
    page.line()
    page.line(standing(texts, record))
    page.show()


def _reason(finding: Record) -> str:
    text: str = finding["why"]["text"]
    return f"{text} ({finding['article']})" if finding["article"] else text


def _facts(names: list[str]) -> str:
    more = f"\n… {len(names)}" if len(names) > _SHOWN_FACTS else ""
    return "\n".join(names[:_SHOWN_FACTS]) + more


def _coverage(page: Page, texts: Translator, rows: list[Record]) -> None:
    """Show for each jurisdiction and family of topics how many are known, of how many that should be."""
    page.heading(heading(texts, "coverage"))
    page.table(
        heads(texts, "state", "facts"),
        [
            (subject, ", ".join(_known(texts, each) for each in own))
            for subject, own in groupby(rows, key=lambda each: each["subject"])
        ],
        is_ruled=False,
    )


def _known(texts: Translator, row: Record) -> str:
    expected = row["known"] + row["unsure"] + row["unknown"] + row["none"]
    return f"{texts.name('family', row['family'])} {row['known']}/{expected}"
