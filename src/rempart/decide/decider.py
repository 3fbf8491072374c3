"""Decides what law asks after a match, for one context that many matches share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rempart.decide.rules import duty_after_match
from rempart.law import (
    Deed,
    LawBook,
    Organisation,
    crime_record,
    crime_step,
    duties_of,
    label_step,
    material_of,
)
from rempart.model.decision import CaseContext, Decision, Ruling
from rempart.model.handling import Subject
from rempart.model.identifiers import DecisionId, IdentifierSource
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.labels import Label
from rempart.model.law import Material, Role
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.match import Match

_MOST_REMEMBERED: Final = 1_000


@dataclass(slots=True)
class Decider:
    """Gives each match its decision; the same labels in the same context share one ruling."""

    book: LawBook
    context: CaseContext
    _rulings: dict[tuple[Subject, tuple[Label, ...]], Ruling] = field(default_factory=dict)
    _laws: dict[Material, "_Law"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask now what the context asks of law for the classes that labels mostly name: no match waits for it."""
        for material in (Material.REAL_CHILD, Material.UNKNOWN_AGE):
            self._law(material)

    def decide(self, match: Match, identifiers: IdentifierSource) -> Decision | None:
        """Return what law asks after a match; None for a match that a known-harmless entry suppresses."""
        if match.suppressed_by is not None:
            return None
        ruling = self.ruling(match.subject, match.labels)
        return Decision(DecisionId(identifiers.new()), match.id, ruling)

    def ruling(self, subject: Subject, labels: tuple[Label, ...]) -> Ruling:
        """Return what law asks for a subject and labels in this context."""
        key = (subject, labels)
        ruling = self._rulings.get(key)
        if ruling is None:
            if len(self._rulings) >= _MOST_REMEMBERED:
                self._rulings.clear()
            ruling = self._rulings[key] = self._rule(subject, labels)
        return ruling

    def _rule(self, subject: Subject, labels: tuple[Label, ...]) -> Ruling:
        context = self.context
        mapped = label_step(self.book, labels)
        found = material_of(mapped)
        is_child = subject is Subject.CHILD
        law = self._law(found if found is not None and is_child else Material.UNKNOWN_AGE)
        last = duty_after_match.apply(
            {"subject": subject.value, "is_child": is_child},
            uses=(mapped, law.duties.last, *law.offences),
        )
        question = {
            "kind": "decision",
            "conduct": context.conduct.value,
            "on": context.on.isoformat(),
        }
        outcome = self.book.answer(
            question,
            last,
            material=_material_record(mapped, found),
            offences=law.records,
            duties=law.duties.parts["duties"],
            voluntary_detection=law.duties.parts["voluntary_detection"],
        )
        return Ruling(context, outcome)

    def _law(self, material: Material) -> "_Law":
        """Return what law says of a class of material in this context, asked once."""
        law = self._laws.get(material)
        if law is None:
            law = self._laws[material] = _ask(self.book, self.context, material)
        return law


@dataclass(frozen=True, slots=True)
class _Law:
    """What law says of one class of material in one context.

    Attributes:
        offences: whether the deed is a crime in each country of the case, the state of establishment first.
        records: the same as JSON values.
    """

    duties: LawAnswer
    offences: tuple[Step, ...]
    records: list[dict[str, object]]


def _ask(book: LawBook, context: CaseContext, material: Material) -> _Law:
    deed = Deed(context.conduct, material, context.on)
    organisation = Organisation(context.kind, context.established)
    duties = duties_of(book, organisation, context.roles, deed.conduct, deed.material, deed.on)
    involved = _involved(context)
    offences = {state: crime_step(book, state, deed, with_treaties=False) for state in involved}
    records = [
        {
            "state": state,
            "roles": involved[state],
            "why": step.finding.why,
            **crime_record(book, state, deed, step),
        }
        for state, step in offences.items()
    ]
    return _Law(duties, tuple(offences.values()), records)


def _involved(context: CaseContext) -> Mapping[Jurisdiction, tuple[str, ...]]:
    """Return every country of the case with what it has to do with it, the state of establishment first."""
    involved: dict[Jurisdiction, list[str]] = {context.established: ["established"]}
    for role in Role:
        for code in context.roles.get(role, ()):
            involved.setdefault(code, []).append(role.value)
    return {code: tuple(roles) for code, roles in involved.items()}


def _material_record(mapped: Step, found: Material | None) -> dict[str, object]:
    return {
        "class": None if found is None else found.value,
        "answer": mapped.finding.answer.value,
        "why": mapped.finding.why,
        "labels": mapped.given["labels"],
    }
