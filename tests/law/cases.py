"""Facts, findings and cases for the rules, each in one line."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from rempart.law import Case
from rempart.law.derivation import Rule
from rempart.model.law import Answer, Confidence, Message, message
from rempart.model.law_answers import Finding
from rempart.model.law_facts import AsOf, Fact, FactValue, Precision

ON: Final = date(2024, 6, 1)
"""A day that every fact built here reaches unless it says otherwise."""

SINCE: Final = date(2020, 1, 1)


def a_fact(
    topic: str,
    value: FactValue,
    *,
    subject: str = "FR",
    number: int = 1,
    confidence: Confidence = Confidence.HIGH,
    since: date | None = SINCE,
    until: date | None = None,
    supersedes: str | None = None,
    **fields: FactValue,
) -> Fact:
    """Return a fact of an exercise law: sure, and holding since 2020, unless it says otherwise."""
    return Fact(
        id=f"{subject}.{topic}.{number}",
        subject=subject,
        topic=topic,
        value=value,
        basis=f"Exercise Act {number} on {topic}",
        source="https://example.org/exercise",
        as_of=None if since is None else AsOf(since, Precision.DAY, since.isoformat()),
        confidence=confidence,
        holds_from=since,
        holds_to=until,
        recorded="1",
        supersedes=supersedes,
        fields=MappingProxyType(fields),
    )


def found(
    answer: Answer,
    *,
    asks: Iterable[str] = (),
    notes: Iterable[str] = (),
    **values: object,
) -> Finding:
    """Return what an earlier step found; its reason names its answer."""
    return Finding(
        answer,
        message(f"exercise.{answer.value}"),
        asks=tuple(message(each) for each in asks),
        notes=tuple(message(each) for each in notes),
        values=MappingProxyType(values),
    )


YES: Final = found(Answer.YES)
NO: Final = found(Answer.NO)
PARTLY: Final = found(Answer.PARTLY)
CHECK: Final = found(Answer.CHECK, asks=["ask.before"])


def find(
    rule: Rule,
    given: Mapping[str, object],
    *,
    facts: Iterable[Fact] = (),
    uses: Iterable[Finding] = (),
) -> Finding:
    """Return what a rule finds on a day in 2024."""
    return rule.find(Case(tuple(facts), tuple(uses), {"on": ON, **given}))


def told(finding: Finding) -> tuple[str, str, list[str]]:
    """Return a finding's answer, the code of its reason, and the codes of what it asks."""
    return finding.answer.value, finding.why.code, codes(finding.asks)


def codes(messages: Iterable[Message]) -> list[str]:
    """Return the codes of texts."""
    return [each.code for each in messages]
