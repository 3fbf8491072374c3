"""Facts that cannot be as they are, or are to be looked at: what an audit finds besides the dates of treaties."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Final, cast

from rempart.law.audit_report import AuditFinding, Severity
from rempart.law.schema import UNKNOWN
from rempart.law.state_topics import by_scope, has_one_value
from rempart.law.treaty_dates import finding
from rempart.model.law import message
from rempart.model.law_facts import Fact

_ACTS: Final = ("signed", "ratified")


def upside_down(facts: Iterable[Fact]) -> Iterator[AuditFinding]:
    """Yield the penalties whose least is more than their most, and the ages that end before they begin."""
    for fact in facts:
        about = {"state": fact.subject, "topic": fact.topic}
        if (months := _upside_down(fact, "min_months", "max_months")) is not None:
            text = message("audit.penalty-upside-down", least=months[0], most=months[1], **about)
            yield finding(fact, text, fact.basis)
        if (ages := _upside_down(fact, "child_from", "child_below")) is not None:
            text = message("audit.ages-upside-down", first=ages[0], below=ages[1], **about)
            yield finding(fact, text, fact.basis)


def _upside_down(fact: Fact, low: str, high: str) -> tuple[int, int] | None:
    least, most = fact.fields.get(low), fact.fields.get(high)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        return least, most
    return None


def in_the_future(facts: Iterable[Fact], today: date) -> Iterator[AuditFinding]:
    """Yield facts that were read, signed or ratified after today; a law that begins later is only a note."""
    for fact in facts:
        for name, day in _past_days(fact):
            if day > today:
                text = message("audit.date-in-future", name=name, day=day.isoformat(), fact=fact.id)
                yield finding(fact, text, None)
        day_of_beginning = _beginning(fact)
        if day_of_beginning is not None and day_of_beginning > today:
            text = message("audit.begins-later", day=day_of_beginning.isoformat(), fact=fact.id)
            yield AuditFinding(Severity.NOTE, fact.subject, (fact.id,), text)


def _past_days(fact: Fact) -> Iterator[tuple[str, date]]:
    """Yield the days of a fact that lie in the past by their nature."""
    if fact.as_of is not None:
        yield "as_of", fact.as_of.date
    for name in _ACTS:
        if name in fact.fields:
            yield name, cast("date", fact.fields[name])
        if fact.topic.endswith(f".{name}") and isinstance(fact.value, date):
            yield name, fact.value


def _beginning(fact: Fact) -> date | None:
    """Return the day on which a fact begins by its own word; where it only has an as-of day, none."""
    if fact.topic.endswith(".in-force") and isinstance(fact.value, date):
        return fact.value
    is_as_of = fact.as_of is not None and fact.holds_from == fact.as_of.date
    return None if is_as_of else fact.holds_from


def disagreeing(facts: Sequence[Fact]) -> Iterator[AuditFinding]:
    """Yield the facts of one subject and topic that say different things of one thing on the same day.

    A fact that may not decide beside one that may is a note; two that may decide are a contradiction.
    """
    if not facts or not has_one_value(facts[0].topic):
        return
    for group in by_scope(facts).values():
        for first, second in combinations(group, 2):
            day = _common_day(first, second)
            if day is None or first.value == second.value:
                continue
            text = message(
                "audit.facts-disagree",
                state=first.subject,
                topic=first.topic,
                first=str(first.value),
                second=str(second.value),
                day=day.isoformat(),
            )
            is_sure = _may_decide(first) and _may_decide(second)
            severity = Severity.CONTRADICTION if is_sure else Severity.NOTE
            ids = (first.id, second.id)
            yield AuditFinding(severity, first.subject, ids, text, first.basis or second.basis)


def _common_day(first: Fact, second: Fact) -> date | None:
    """Return the first day that both facts reach; None where there is none."""
    if first.holds_from is None or second.holds_from is None:
        return None
    day = max(first.holds_from, second.holds_from)
    return day if first.reaches(day) and second.reaches(day) else None


def _may_decide(fact: Fact) -> bool:
    return fact.confidence.is_usable and fact.value != UNKNOWN


def old_rows(facts: Iterable[Fact], today: date, max_age_days: int) -> Iterator[AuditFinding]:
    """Yield one note for each subject with facts that still hold and whose source speaks for a day too long ago."""
    limit = today - timedelta(days=max_age_days)
    old: dict[str, list[Fact]] = {}
    for fact in facts:
        has_ended = fact.holds_to is not None and fact.holds_to < today
        if fact.as_of is not None and fact.as_of.date < limit and not has_ended:
            old.setdefault(fact.subject, []).append(fact)
    for subject, group in sorted(old.items()):
        oldest = min(fact.as_of.date for fact in group if fact.as_of is not None)
        text = message(
            "audit.rows-old",
            subject=subject,
            count=len(group),
            oldest=oldest.isoformat(),
            days=max_age_days,
        )
        ids = tuple(fact.id for fact in group)
        yield AuditFinding(Severity.NOTE, subject, ids, text)
