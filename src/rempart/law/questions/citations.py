"""Which fact of national law decides whether something is a crime, and how to cite it."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from rempart.law.rules.reading import holding, surest
from rempart.model.law_answers import Step
from rempart.model.law_facts import Fact


def deciding_fact(crime: Step) -> Fact | None:
    """Return the fact that a crime step's answer rests on; None where the law data have none.

    For `yes` it is the offence itself, otherwise the condition that is weakest. Where the answer is `check`, the
    fact may be out of reach or unsure: its own date and confidence say so.
    """
    count = cast("int", crime.given["conditions"])
    conditions = crime.uses[:count]
    condition = next(each for each in conditions if each.finding.why == crime.finding.why)
    facts = [*condition.facts, *(fact for used in condition.uses for fact in used.facts)]
    return cited(facts, condition.finding.values.get("fact"), cast("date", crime.given["on"]))


def cited(facts: Sequence[Fact], wanted: object, on: date) -> Fact | None:
    """Return the fact of an id; without it the surest that reaches the day, else the surest of all."""
    named = next((fact for fact in facts if fact.id == wanted), None)
    return named or surest(holding(facts, on)) or surest(facts)


def citation(fact: Fact | None) -> dict[str, object]:
    """Return where a fact stands and how sure it is, as JSON values; all absent without a fact."""
    if fact is None:
        return dict.fromkeys(("fact", "provision", "source", "as_of", "confidence"))
    return {
        "fact": fact.id,
        "provision": fact.basis,
        "source": fact.source,
        "as_of": as_of_values(fact),
        "confidence": fact.confidence.value,
    }


def as_of_values(fact: Fact) -> dict[str, object] | None:
    """Return the day for which a fact's source speaks, as JSON values."""
    if fact.as_of is None:
        return None
    return {
        "date": fact.as_of.date.isoformat(),
        "precision": fact.as_of.precision.value,
        "text": fact.as_of.text,
    }
