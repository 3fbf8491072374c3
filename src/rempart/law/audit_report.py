"""What an audit of the law data tells: findings, coverage and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rempart.model.law import Message


class Severity(StrEnum):
    """How bad a finding is: a contradiction means that a fact is wrong; a note is to be looked at."""

    CONTRADICTION = "contradiction"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing found in the data.

    Attributes:
        subject: the jurisdiction or instrument; the data version for a release.
        facts: ids of the facts concerned.
        article: the article that the facts stand against; absent where none does.
    """

    severity: Severity
    subject: str
    facts: tuple[str, ...]
    message: Message
    article: str | None = None

    @property
    def code(self) -> str:
        """What kind of thing it is: the code of its text without `audit.`."""
        return self.message.code.removeprefix("audit.")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what should be known of a jurisdiction is known, for one family of topics.

    Attributes:
        known: topics with a fact that may decide on the day.
        unsure: topics with facts of low confidence or out of reach only.
        unknown: topics of which the data say only that nothing was found.
        none: topics without any fact.
    """

    subject: str
    family: str
    known: int
    unsure: int
    unknown: int
    none: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """An audit of one data version.

    Attributes:
        on: the day of the audit.
        max_age_days: age from which a fact counts as old.
        counts: numbers of facts, jurisdictions and instruments, of facts of each confidence, of facts that say
            `unknown`, of facts with and without a reviewer, and of an overlay's facts.
    """

    data_version: str
    data_hash: str
    has_overlay: bool
    on: date
    max_age_days: int
    findings: tuple[AuditFinding, ...]
    coverage: tuple[Coverage, ...]
    counts: Mapping[str, int]

    def contradictions(self) -> tuple[AuditFinding, ...]:
        """Return the findings that mean that a fact is wrong."""
        return tuple(each for each in self.findings if each.severity is Severity.CONTRADICTION)


AUDIT_SCHEMA: Final = "rempart.law-audit/1"


def audit_parts(report: AuditReport) -> dict[str, object]:
    """Return a report as JSON values; a text for people stands in it as a `Message`."""
    return {
        "schema": AUDIT_SCHEMA,
        "on": report.on.isoformat(),
        "max_age_days": report.max_age_days,
        "contradictions": len(report.contradictions()),
        "findings": [
            {
                "code": each.code,
                "severity": each.severity.value,
                "subject": each.subject,
                "facts": list(each.facts),
                "why": each.message,
                "article": each.article,
            }
            for each in report.findings
        ],
        "coverage": [
            {
                "subject": each.subject,
                "family": each.family,
                "known": each.known,
                "unsure": each.unsure,
                "unknown": each.unknown,
                "none": each.none,
            }
            for each in report.coverage
        ],
        "counts": dict(report.counts),
        "data_version": report.data_version,
        "data_hash": report.data_hash,
        "overlay": report.has_overlay,
    }
