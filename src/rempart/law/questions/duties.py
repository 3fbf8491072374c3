"""What must an organisation do: report to whom, within what time, preserve, remove, erase, keep silent?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from rempart.law.articles import deadlines, provisions
from rempart.law.book import LawBook
from rempart.law.questions.crime import CHILD_IS_GIVEN, Deed
from rempart.law.questions.jurisdiction import Roles, roles_record
from rempart.law.rules.joining import shown_beside
from rempart.law.rules.reporting import (
    conflicting_duties,
    duties_conclusion,
    police_powers,
    report_duty,
    threat_to_life,
    voluntary_detection,
)
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer, Conduct, DutyBearer, Material, Role, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_PROVIDER_ROLES: Final = (Role.UPLOADER, Role.VIEWER, Role.HOST)
"""Roles whose country may bind a provider: the user's first, then the server's."""

_ANYONE: Final = "anyone"
_THREAT: Final = "threat-to-life"
_BESIDES: Final = ("preserve", "remove", "erase", "do-not-inform", "allowed")


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who asks.

    Attributes:
        established: the state of establishment, where it is given.
    """

    kind: DutyBearer
    established: Jurisdiction | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One state's law, asked for one organisation and one deed."""

    state: Jurisdiction
    organisation: Organisation
    deed: Deed

    @property
    def on(self) -> date:
        return self.deed.on

    def given(self) -> dict[str, object]:
        return {
            "on": self.on,
            "state": self.state,
            "kind": self.organisation.kind.value,
            "is_established": self.state == self.organisation.established,
            "conduct": self.deed.conduct.value,
            "is_of_child": self.deed.material in CHILD_IS_GIVEN,
        }


@dataclass(frozen=True, slots=True)
class _Duty:
    """One duty: its record, and the step that it stands on."""

    record: dict[str, object]
    step: Step


def duties_of(  # noqa: PLR0917 - the parts of one question, in their order
    book: LawBook,
    organisation: Organisation,
    roles: Roles,
    conduct: Conduct,
    material: Material,
    on: date,
) -> LawAnswer:
    """Answer whether an organisation must report, and list every duty that the states involved lay on it."""
    deed = Deed(conduct, material, on)
    asked = [_Asked(state, organisation, deed) for state in _states(organisation, roles)]
    reports = {each.state: list(_reports(book, each)) for each in asked}
    besides = [duty for each in asked for duty in _besides(book, each)]
    members = [book.fact(each.state, "eu.member", on) for each in asked if _is_platform(each)]
    detection = [
        _detection(book, each)
        for each, member in zip(asked, members, strict=False)
        if member.finding.answer is Answer.YES
    ][:1]
    sure = reports.get(organisation.established, []) if organisation.established else []
    other = [
        duty
        for state, duties in reports.items()
        if state != organisation.established
        for duty in duties
    ]
    last = duties_conclusion.apply(
        {
            "on": on,
            "kind": organisation.kind.value,
            "duties": len(sure),
            "elsewhere": len(other),
        },
        uses=(
            *(duty.step for duty in sure),
            *(duty.step for duty in (*other, *besides)),
            *(each for each in members if each.facts),
            *detection,
            _conflict(besides),
            _shown(book, asked),
        ),
    )
    question = {
        "kind": "duties",
        "organisation": organisation.kind.value,
        "established": organisation.established,
        "conduct": conduct.value,
        "material": material.value,
        "on": on.isoformat(),
        "roles": roles_record(roles),
    }
    return book.answer(
        question,
        last,
        duties=[
            *(duty.record for duty in (*sure, *other, *besides) if duty.record),
            *(_allowed_record(step) for step in detection if step.finding.answer is Answer.YES),
        ],
        voluntary_detection=[_detection_record(step) for step in detection],
    )


def _shown(book: LawBook, asked: Iterable[_Asked]) -> Step:
    """Cite the facts on recipients and time limits, of which the duties show the one that holds."""
    topics = ("report.recipient", "report.within")
    facts = [
        fact
        for each in asked
        for topic in topics
        for fact in book.law_of(each.state, topic, each.on)
    ]
    return shown_beside.apply({}, facts=facts)


def _states(organisation: Organisation, roles: Roles) -> list[Jurisdiction]:
    first = [organisation.established] if organisation.established is not None else []
    others = [code for role in _PROVIDER_ROLES for code in roles.get(role, ())]
    return list(dict.fromkeys([*first, *others]))


def _reports(book: LawBook, asked: _Asked) -> Iterator[_Duty]:
    """Yield the duties to report under one state's law; the national one is always asked for."""
    facts = _for_kind(book.law_of(asked.state, "report.duty", asked.on), asked.organisation.kind)
    conditions: list[str | None] = [None]
    conditions += sorted({_condition(fact) or "" for fact in facts} - {""})
    groups = {each: _under(facts, each) for each in conditions}
    if not groups[None] and len(groups) > 1:
        del groups[None]
    for condition, group in groups.items():
        read = book.fact_among(
            group,
            asked.state,
            "report.duty",
            asked.on,
            condition=condition or "",
            kind=asked.organisation.kind.value,
        )
        if condition == _THREAT:
            uses = (read, book.act("dsa", asked.on))
            step = threat_to_life.apply(asked.given(), uses=uses)
        else:
            step = report_duty.apply(asked.given(), facts=group, uses=(read,))
        is_told = "value" in read.finding.values and read.finding.answer is not Answer.NO
        record = _report_record(book, asked, condition, read, step) if is_told else {}
        yield _Duty(record, step)


def _report_record(
    book: LawBook, asked: _Asked, condition: str | None, read: Step, step: Step
) -> dict[str, object]:
    within = _one(book, asked, "report.within", condition)
    recipient = _one(book, asked, "report.recipient", condition)
    fact = next(each for each in read.facts if each.id == read.finding.values["fact"])
    return {
        "what": "report",
        "state": asked.state,
        "answer": step.finding.answer.value,
        "to": None if recipient is None else recipient.value,
        "within": None if within is None else _period(within),
        "condition": condition,
        "article": fact.basis,
        "confidence": fact.confidence.value,
        "detail": fact.detail,
        "facts": [each.id for each in (fact, within, recipient) if each is not None],
    }


def _one(book: LawBook, asked: _Asked, topic: str, condition: str | None) -> Fact | None:
    """Return the fact of a topic that holds and may decide, under the condition or else without one."""
    facts = _for_kind(book.law_of(asked.state, topic, asked.on), asked.organisation.kind)
    for group in (_under(facts, condition), _under(facts, None)):
        for fact in group:
            if fact.reaches(asked.on) and fact.confidence.is_usable:
                return fact
    return None


def _besides(book: LawBook, asked: _Asked) -> Iterator[_Duty]:
    for what in _BESIDES:
        topic = f"report.{what}"
        facts = _for_kind(book.law_of(asked.state, topic, asked.on), asked.organisation.kind)
        for condition in sorted({_condition(fact) or "" for fact in facts}):
            group = _under(facts, condition or None)
            step = book.fact_among(
                group,
                asked.state,
                topic,
                asked.on,
                condition=condition,
                kind=asked.organisation.kind.value,
            )
            yield _Duty(_besides_record(what, asked, step), step)
    is_own = asked.state == asked.organisation.established
    if is_own and asked.organisation.kind is DutyBearer.POLICE:
        yield _preservation_order(book, asked)


def _besides_record(what: str, asked: _Asked, step: Step) -> dict[str, object]:
    if step.finding.answer is not Answer.YES:
        return {}
    fact = next(each for each in step.facts if each.id == step.finding.values["fact"])
    return {
        "what": what,
        "state": asked.state,
        "answer": _binding(asked, _condition(fact)).value,
        "to": None,
        "within": _period(fact),
        "condition": _condition(fact),
        "article": fact.basis,
        "confidence": fact.confidence.value,
        "detail": fact.detail,
        "facts": [fact.id],
    }


def _binding(asked: _Asked, condition: str | None) -> Answer:
    """Tell how sure it is that a duty binds: surely at home, there partly under a condition, else a question."""
    if asked.state != asked.organisation.established:
        return Answer.CHECK
    return Answer.YES if condition is None else Answer.PARTLY


def _preservation_order(book: LawBook, asked: _Asked) -> _Duty:
    limits = deadlines(book.library, "budapest", "16")
    bound = book.party(asked.state, Treaty.BUDAPEST, asked.on)
    step = police_powers.apply(
        asked.given(), facts=(*provisions(book.library, "budapest", "16"), *limits), uses=(bound,)
    )
    record: dict[str, object] = {}
    if step.finding.answer is Answer.YES:
        record = {
            "what": "allowed",
            "state": asked.state,
            "answer": Answer.YES.value,
            "to": None,
            "within": _period(limits[0]) if limits else None,
            "condition": "preservation-order",
            "article": step.article,
            "confidence": limits[0].confidence.value if limits else None,
            "detail": limits[0].value if limits else None,
            "facts": [fact.id for fact in limits],
        }
    return _Duty(record, step)


def _period(fact: Fact) -> dict[str, object]:
    return {
        "value": fact.fields.get("amount"),
        "unit": fact.fields.get("unit"),
        "from": fact.fields.get("from"),
        "text": fact.value,
    }


def _conflict(besides: Iterable[_Duty]) -> Step:
    """Compare what has to be kept with what has to be erased."""
    told = [duty.record for duty in besides if duty.record]

    def states(what: str) -> tuple[str, ...]:
        return tuple(cast("str", each["state"]) for each in told if each["what"] == what)

    return conflicting_duties.apply({"preserve": states("preserve"), "erase": states("erase")})


def _is_platform(asked: _Asked) -> bool:
    return asked.organisation.kind is DutyBearer.PLATFORM


def _detection(book: LawBook, asked: _Asked) -> Step:
    acts = (book.act("interim-regulation", asked.on), book.act("interim-successor", asked.on))
    return voluntary_detection.apply({"on": asked.on, "state": asked.state}, uses=acts)


def _allowed_record(step: Step) -> dict[str, object]:
    """Return voluntary detection as something that is only allowed, never a duty."""
    act = next(each for each in step.uses if each.finding.answer is Answer.YES)
    fact = act.facts[0]
    return {
        "what": "allowed",
        "state": step.given["state"],
        "answer": Answer.YES.value,
        "to": None,
        "within": None,
        "condition": "voluntary-detection",
        "article": step.article,
        "confidence": fact.confidence.value,
        "detail": fact.detail,
        "facts": [each.id for each in act.facts],
    }


def _detection_record(step: Step) -> dict[str, object]:
    return {
        "answer": step.finding.answer.value,
        "article": step.article,
        "why": step.finding.why,
        "asks": step.finding.asks,
    }


def _condition(fact: Fact) -> str | None:
    condition = fact.fields.get("condition")
    return None if condition is None else str(condition)


def _under(facts: Iterable[Fact], condition: str | None) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if _condition(fact) == condition)


def _for_kind(facts: Iterable[Fact], kind: DutyBearer) -> tuple[Fact, ...]:
    """Return the facts that speak of a kind of organisation; without a word about it they speak of platforms."""
    platform = (DutyBearer.PLATFORM.value,)
    return tuple(
        fact
        for fact in facts
        if {kind.value, _ANYONE}
        & set(cast("tuple[str, ...]", fact.fields.get("applies_to", platform)))
    )
