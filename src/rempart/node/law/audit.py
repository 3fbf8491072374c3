"""The law data looked through: contradictions, gaps, old rows, changed releases; and files that hold mistakes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from rempart.law import LawShelf, Mistake, audit, audit_parts, check_releases
from rempart.law.language import Translator
from rempart.law.records import fact_record, plain

LAW_MISTAKE_SCHEMA: Final = "rempart.law-mistake/1"
_CITED: Final = ("basis", "source", "as_of", "confidence")


def audit_record(
    shelf: LawShelf, version: str | None, texts: Translator, *, on: date, max_age_days: int
) -> dict[str, Any]:  # Any: JSON values
    """Look through one version of the data and return what was found as a `rempart.law-audit/1` record.

    Beside what the audit itself gives, `cited` holds article, source, day and confidence of every fact named.

    Args:
        shelf: the data of every version; each is compared with the hash that it was released with.
        version: the version to look through; without one the newest.
        texts: writes texts in the reader's language.
        on: the day of the audit.
        max_age_days: how long ago a source may speak before its fact is told as old.

    Raises:
        UnknownVersionError: there is no version of that name.
    """
    library = shelf.library(version)
    report = audit(library, on, max_age_days)
    whole = replace(report, findings=(*check_releases(shelf), *report.findings))
    named = {name for each in whole.findings for name in each.facts}
    facts = {each.id: fact_record(each) for each in library.all_facts() if each.id in named}
    record: dict[str, Any] = plain(audit_parts(whole), texts.text)
    cited = {name: {key: fact[key] for key in _CITED} for name, fact in facts.items()}
    return {**record, "cited": cited}


def mistake_records(mistakes: tuple[Mistake, ...]) -> Iterator[dict[str, object]]:
    """Yield every mistake in files of facts as a `rempart.law-mistake/1` record."""
    for each in mistakes:
        yield {
            "schema": LAW_MISTAKE_SCHEMA,
            "file": each.file,
            "line": each.line,
            "message": each.message,
            "expected": each.expected,
        }
