"""`rempart law` about the data themselves: fact, rules, versions, schema; and check, for records of answers."""

import json
from pathlib import Path

import click

from rempart.cli.law.options import LawChoice, law_command, version_option
from rempart.cli.law.page import Page
from rempart.cli.law.words import Record, as_of, heading, heads, labelled, shown, standing
from rempart.cli.messages import say, tell, write_record
from rempart.cli.reports import printable_text
from rempart.model.errors import RefusedError
from rempart.node import (
    LAW_CHECK_SCHEMA,
    RecordCheck,
    Translator,
    check_law_records,
    fact_history,
    json_schema,
    open_law_shelf,
    open_source,
    rule_records,
    version_records,
)


@click.command()
@click.argument("fact_id", metavar="ID")
@version_option
@law_command
def fact(choice: LawChoice, *, fact_id: str) -> None:
    """Show the fact ID, with what it replaced and what replaced it.

    \b
    Example:
      rempart law fact DK.crime.possession.1
    """
    record = fact_history(choice.shelf(), fact_id, choice.version)
    if choice.as_json:
        write_record(record)
    else:
        _tell_fact(record, choice.texts)


@click.command()
@law_command
def rules(choice: LawChoice) -> None:
    """List the rules that derive answers, each with its article."""
    if choice.as_json:
        for each in rule_records():
            write_record(each)
        return
    page = Page(choice.texts)
    page.table(
        heads(choice.texts, "rule", "what-it-does", "article"),
        [
            (each["rule"], choice.texts.name("rule", each["rule"]), each["article"])
            for each in rule_records()
        ],
    )
    page.show()


@click.command()
@law_command
def versions(choice: LawChoice) -> None:
    """List the versions of the law data, each with the hash of the facts that it sees."""
    for each in version_records(choice.shelf()):
        if choice.as_json:
            write_record(each)
        else:
            tell(f"{each['version']}  {each['date']}  {each['title']}")
            tell(
                "  " + labelled(choice.texts, heading(choice.texts, "facts"), f"{each['facts']:,}")
            )
            tell(f"  {standing(choice.texts, {**each, 'data_version': each['version']})}")


@click.command()
@law_command
def schema(choice: LawChoice) -> None:  # noqa: ARG001 - the options are those of every command
    """Print the JSON Schema (draft 2020-12) of the files of facts, for editors and checkers."""
    tell(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@law_command
def check(choice: LawChoice, *, files: tuple[Path, ...]) -> int:
    """Check that every record in FILES is the answer to its question; `-` reads standard input.

    Each line is a record of `rempart law … --json`, or a decision of `rempart scan --context`. The answer is computed
    again from the derivation alone. Where the data at hand are those of the record, its facts are compared with
    them, and the question is asked again: the whole record must be the same but for the wording of texts. Where
    they are not, only the derivation is proved, and that is said. Leaves with 3 if a record does not hold.

    \b
    Example:
      rempart law crime --state DK --conduct possession --json | rempart law check -
    """
    shelves = (choice.shelf(), open_law_shelf())
    failed = count = 0
    for path in files:
        with open_source(path) as stream:
            for each in check_law_records(stream, shelves):
                _tell_check(choice, path, each)
                count += 1
                failed += not each.holds
    if not count:
        message = "There is no record to check."
        raise RefusedError(message, hint="Give files that `rempart law … --json` wrote.")
    if failed:
        say(f"{failed:,} of {count:,} records do not hold.")
        return RefusedError.exit_code
    return 0


_PROVED = {
    "yes": "asked again, it is the same",
    "no": "its derivation and its facts only: this kind of question is not asked again",
    "data-not-at-hand": "its derivation only: its data are not at hand",
}


def _tell_check(choice: LawChoice, path: Path, found: RecordCheck) -> None:
    if choice.as_json:
        write_record(
            {
                "schema": LAW_CHECK_SCHEMA,
                "file": str(path),
                "line": found.line,
                "question": found.question,
                "answer": found.answer,
                "holds": found.holds,
                "facts": found.facts,
                "asked_again": found.asked_again,
                "reason": found.reason,
            }
        )
        return
    word = "holds" if found.holds else "DOES NOT HOLD"
    reason = f": {found.reason}" if found.reason else f"; {_PROVED[found.asked_again]}"
    text = f"{path}:{found.line}: {word}: {found.answer or '?'}, {found.question}{reason}"
    tell(printable_text(text))


def _tell_fact(record: Record, texts: Translator) -> None:
    page = Page(texts)
    for each in record["history"]:
        mark = "" if each["seen"] else f" ({heading(texts, 'not-in-this-version')})"
        page.line(f"{each['id']}{mark}")
        for name, text in zip(_fact_heads(texts), _fact_values(page, texts, each), strict=True):
            if text:
                page.line(labelled(texts, name, text), indent=2)
        page.line()
    page.sources(heading(texts, "source"))
    page.line()
    page.line(standing(texts, record))
    page.show()


def _fact_heads(texts: Translator) -> list[str]:
    return heads(
        texts,
        "topic",
        "value",
        "basis",
        "as-of",
        "holds",
        "confidence",
        "reviewer",
        "detail",
        "data-version",
        "supersedes",
        "corrects",
        "source",
    )


def _fact_values(page: Page, texts: Translator, part: Record) -> list[str]:
    fields = "".join(f"; {name} = {shown(each)}" for name, each in part["fields"].items())
    written = f"“{part['as_of']['text']}”" if part["as_of"] else ""
    return [
        texts.name("topic", part["topic"]),
        f"{shown(part['value'])}{fields}",
        part["basis"] or "",
        f"{as_of(texts, part['as_of'])} {written}".strip(),
        f"{part['holds_from'] or '?'} .. {part['holds_to'] or ''}".rstrip(),
        texts.name("confidence", part["confidence"]),
        part["reviewer"] or "-",
        part["detail"] or "",
        part["recorded"],
        part["supersedes"] or "",
        part["corrects"] or "",
        page.source(part["source"]) or "-",
    ]
