"""Decides what law asks after a match, for one context that many matches share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from rempart.decide.rules import duty_after_match
from rempart.law import (
    Deed,
    LawBook,
    Organisation,
    crime_step,
    duties_of,
    is_crime,
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
        material = found if found is not None and is_child else Material.UNKNOWN_AGE
        deed = Deed(context.conduct, material, context.on)
        involved = _involved(context)
        duties = duties_of(
            self.book,
            Organisation(context.kind, context.established),
            context.roles,
            context.conduct,
            deed.material,
            context.on,
        )
        offences = [crime_step(self.book, state, deed, with_treaties=False) for state in involved]
        last = duty_after_match.apply(
            {"subject": subject.value, "is_child": is_child},
            uses=(mapped, duties.last, *offences),
        )
        outcome = self.book.answer(
            MappingProxyType(
                {"kind": "decision", "conduct": context.conduct.value, "on": context.on.isoformat()}
            ),
            last,
            material=_material_record(mapped, found),
            offences=[
                _offence_record(is_crime(self.book, state, deed), state, roles)
                for state, roles in involved.items()
            ],
            duties=duties.parts["duties"],
            voluntary_detection=duties.parts["voluntary_detection"],
        )
        return Ruling(context, outcome)


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


def _offence_record(
    answer: LawAnswer, state: Jurisdiction, roles: tuple[str, ...]
) -> dict[str, object]:
    return {
        "state": state,
        "roles": roles,
        "answer": answer.answer.value,
        "why": answer.last.finding.why,
        "provision": answer.parts.get("provision"),
        "penalty": answer.parts.get("penalty"),
        "instruments": answer.parts["instruments"],
    }
