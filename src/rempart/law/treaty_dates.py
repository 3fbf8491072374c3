"""Dates of treaties that cannot be: what an audit finds in them.

A treaty says how long after the deposit of its instrument it begins to bind a state. Facts that stand against that
rule are wrong somewhere: in the deposit, in the entry into force, or in the source.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from rempart.law.audit_report import AuditFinding, Severity
from rempart.law.library import LawLibrary
from rempart.law.schema import UNKNOWN
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Message, Treaty, message
from rempart.model.law_facts import Fact

_NOT_IN_FORCE: Final = "not in force"
_BOUND: Final = frozenset({"ratification", "accession"})
_OBLIGING: Final = (Treaty.BUDAPEST, Treaty.LANZAROTE, Treaty.OPSC)
_CONSENT: Final = "Vienna Convention on the Law of Treaties art. 14"
_ENTRY: Final = "Vienna Convention on the Law of Treaties art. 24"


def after_three_months(deposit: date) -> date:
    """Return the first day of the month that follows the end of three months after a deposit."""
    months = deposit.year * 12 + deposit.month - 1 + 4
    return date(months // 12, months % 12 + 1, 1)


def one_month_later(deposit: date) -> date:
    """Return the same day of the next month, or its last day where the month is shorter."""
    year, month = (deposit.year + deposit.month // 12, deposit.month % 12 + 1)
    return date(year, month, min(deposit.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class _Wait:
    """How long a treaty lets a state wait, and the article that says so."""

    first_day: Callable[[date], date]
    article: str


_WAITS: Final[Mapping[Treaty, _Wait]] = {
    Treaty.BUDAPEST: _Wait(after_three_months, "Budapest arts 36(4), 37(2)"),
    Treaty.LANZAROTE: _Wait(after_three_months, "Lanzarote arts 45(4), 46(3)"),
    Treaty.OPSC: _Wait(one_month_later, "OPSC art. 14"),
}


def wrong_dates(library: LawLibrary, state: Jurisdiction) -> Iterator[AuditFinding]:
    """Yield what is wrong in the dates of a state's treaties: their order, their wait, and sources that differ."""
    for treaty in Treaty:
        for fact in library.facts(state, f"treaty.{treaty.value}.in-force"):
            yield from _wrong_order(treaty, fact)
            yield from _wrong_wait(library, treaty, fact)
            yield from _differing_sources(treaty, fact)


def party_without_statute(library: LawLibrary, state: Jurisdiction) -> Iterator[AuditFinding]:
    """Yield a finding where a state must punish under a treaty and the data name no statute of it."""
    parties = [
        fact
        for treaty in _OBLIGING
        for fact in library.facts(state, f"treaty.{treaty.value}.party")
        if fact.value in _BOUND and fact.confidence.is_usable
    ]
    statutes = [fact for fact in library.law_of(state, "statute") if fact.value != UNKNOWN]
    if parties and not statutes:
        yield AuditFinding(
            Severity.CONTRADICTION,
            state,
            tuple(fact.id for fact in parties),
            message("audit.party-without-statute", state=state),
            "Budapest art. 9, Lanzarote arts 20 to 24, OPSC art. 3",
        )


def finding(fact: Fact, text: Message, article: str | None) -> AuditFinding:
    """Return a contradiction that one fact holds; a note where the fact may not decide anyway."""
    severity = Severity.CONTRADICTION if fact.confidence.is_usable else Severity.NOTE
    return AuditFinding(severity, fact.subject, (fact.id,), text, article)


def _day(fact: Fact, name: str) -> date | None:
    value = fact.value if name == "in_force" else fact.fields.get(name)
    return value if isinstance(value, date) else None


def _wrong_order(treaty: Treaty, fact: Fact) -> Iterator[AuditFinding]:
    signed, ratified, in_force = (_day(fact, each) for each in ("signed", "ratified", "in_force"))
    about = {"state": fact.subject, "treaty": treaty.value}
    if in_force is not None and ratified is not None and in_force < ratified:
        days = {"in_force": in_force.isoformat(), "ratified": ratified.isoformat()}
        text = message("audit.in-force-before-ratified", **about, **days)
        yield finding(fact, text, _ENTRY)
    if signed is not None and ratified is not None and signed > ratified:
        days = {"signed": signed.isoformat(), "ratified": ratified.isoformat()}
        text = message("audit.signed-after-ratified", **about, **days)
        yield finding(fact, text, _CONSENT)


def _wrong_wait(library: LawLibrary, treaty: Treaty, fact: Fact) -> Iterator[AuditFinding]:
    wait = _WAITS.get(treaty)
    ratified, in_force = _day(fact, "ratified"), _day(fact, "in_force")
    if wait is None or ratified is None or in_force is None:
        return
    expected = max(wait.first_day(ratified), _beginning(library, treaty) or date.min)
    if in_force != expected:
        text = message(
            "audit.entry-into-force-rule",
            state=fact.subject,
            treaty=treaty.value,
            ratified=ratified.isoformat(),
            in_force=in_force.isoformat(),
            expected=expected.isoformat(),
        )
        yield finding(fact, text, wait.article)


def _beginning(library: LawLibrary, treaty: Treaty) -> date | None:
    """Return the first day on which the treaty itself was in force; no state was bound before it."""
    days = [
        fact.holds_from
        for fact in library.facts(treaty.value, "status")
        if fact.value != _NOT_IN_FORCE and fact.holds_from is not None
    ]
    return min(days, default=None)


def _differing_sources(treaty: Treaty, fact: Fact) -> Iterator[AuditFinding]:
    other, in_force = _day(fact, "alternative"), _day(fact, "in_force")
    if other is None or in_force is None or other == in_force:
        return
    wait = _WAITS.get(treaty)
    text = message(
        "audit.sources-disagree",
        state=fact.subject,
        treaty=treaty.value,
        in_force=in_force.isoformat(),
        alternative=other.isoformat(),
    )
    article = None if wait is None else wait.article
    yield AuditFinding(Severity.NOTE, fact.subject, (fact.id,), text, article)
