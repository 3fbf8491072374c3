"""Is it a crime? National law first; what a treaty demands or a state reserved never replaces it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, notes_of
from rempart.law.rules.reading import day_of, holding, named, surest, text_of
from rempart.model.law import Answer, Message, message
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

ADULT: Final = 18
"""Age from which treaties protect no longer: Lanzarote art. 3, Budapest art. 9(3)."""


@rule("NL-1", "a sourced penalty above zero proves the offence")
def penalty_proves_offence(case: Case) -> Finding:
    """Tell whether a penalty that may decide stands on the conduct; without one, `check`."""
    standing = [fact for fact in holding(case.facts, day_of(case)) if _is_above_zero(fact)]
    best = surest(standing)
    about = named(case, "state", "conduct")
    if best is None or not best.confidence.is_usable:
        return Finding(Answer.CHECK, message("crime.no-sure-penalty", **about))
    values = {"basis": best.basis, "confidence": best.confidence.value, "fact": best.id}
    return Finding(Answer.YES, message("crime.penalty-proves", **about), values=values)


@rule("NL-2", "national law on the conduct")
def national_offence(case: Case) -> Finding:
    """Tell whether national law punishes the conduct: by the fact itself, or by a penalty that proves it.

    A penalty proves that there is an offence, not that it is whole: beside an unsure `partly` it decides nothing.
    """
    fact, penalty = case.found
    about = named(case, "state", "conduct")
    says_no = fact.answer is Answer.NO or fact.values.get("unsure") == Answer.NO.value
    if says_no and penalty.answer is Answer.YES:
        why = message("crime.fact-and-penalty-disagree", **about)
        ask = message("ask.crime", on=day_of(case).isoformat(), **about)
        return Finding(Answer.CHECK, why, asks=(ask,))
    if fact.answer is not Answer.CHECK:
        why = message(f"crime.{fact.answer.value}", basis=str(fact.values["basis"]), **about)
        return Finding(fact.answer, why, asks=fact.asks, values=fact.values)
    if penalty.answer is Answer.YES and fact.values.get("unsure") != Answer.PARTLY.value:
        return penalty
    return fact


@rule("NL-3", "age up to which national law protects")
def age_limit(case: Case) -> Finding:
    """Compare the child's age with the limit of national law; without an age, a limit below 18 gives `partly`.

    At or above the limit the answer is `no`, unless the person is under 18 (another provision may protect),
    the law protects some older persons too, or what counts is how old the person appears: then `check`.
    """
    (limit,) = case.found
    if limit.answer is Answer.CHECK:
        return limit
    limit_years = cast("int", limit.values["value"])
    about = named(case, "state", limit=limit_years)
    values = {"age_limit": limit_years}
    age = cast("int | None", case.given.get("age"))
    if age is None:
        if limit_years < ADULT:
            ask = message("ask.age-of-person", **about)
            why = message("age.limit-below-18", **about)
            return Finding(Answer.PARTLY, why, asks=(ask,), values=values)
        return Finding(Answer.YES, message("age.limit", **about), values=values)
    if age < limit_years:
        return Finding(Answer.YES, message("age.below-limit", age=age, **about), values=values)
    if age < ADULT or case.given.get("older_if") is not None or case.given["is_appearance"]:
        ask = message("ask.above-age-limit", age=age, **about)
        why = message("age.above-limit-open", age=age, **about)
        return Finding(Answer.CHECK, why, asks=(ask,), values=values)
    notes = _look_of_an_adult(case)
    why = message("age.at-or-above-limit", age=age, **about)
    return Finding(Answer.NO, why, notes=notes, values=values)


@rule("NL-4", "age up to which the offence protects")
def protected_age(case: Case) -> Finding:
    """Compare the child's age with the age that this offence protects; above it another provision may apply."""
    (limit,) = case.found
    if limit.answer is Answer.CHECK:
        return limit
    limit_years = cast("int", limit.values["value"])
    age = cast("int | None", case.given.get("age"))
    about = named(case, "state", "conduct", limit=limit_years)
    if age is None:
        return Finding(
            Answer.YES,
            message("age.offence-protects-below", **about),
            notes=(message("note.protected-age", **about),),
        )
    if age < limit_years:
        return Finding(Answer.YES, message("age.offence-protects", age=age, **about))
    why = message("age.above-protected", age=age, **about)
    ask = message("ask.other-provision", age=age, **about)
    return Finding(Answer.CHECK, why, asks=(ask,))


@rule("NL-10", "age that the offence protects, where no fact names it")
def protected_age_not_known(case: Case) -> Finding:
    """Ask: an offence against a child often protects only below an age of its own."""
    about = named(case, "state", "conduct", age=cast("int", case.given["age"]))
    ask = message("ask.protected-age", **about)
    return Finding(Answer.CHECK, message("age.protected-not-known", **about), asks=(ask,))


@rule("NL-11", "class of material that law covers for some ages only")
def class_for_age(case: Case) -> Finding:
    """Weaken `yes` where the fact speaks only of persons of some ages: `check` for others, `partly` without an age.

    A `no` speaks of the law on CSAM; whether a more general offence covers the material was not looked at: a note.
    """
    (covered,) = case.found
    fact = next((each for each in case.facts if each.id == covered.values.get("fact")), None)
    is_limited = fact is not None and {"child_from", "child_below"} & fact.fields.keys()
    if covered.answer is Answer.NO:
        note = message("note.law-on-csam-only", **named(case, "state", "material"))
        return replace(covered, notes=(*covered.notes, note))
    if covered.answer is not Answer.YES or fact is None or not is_limited:
        return covered
    about = named(case, "state", "material", "conduct")
    age = cast("int | None", case.given["age"])
    if age is None:
        ask = message("ask.age-of-person", **named(case, "state"))
        return Finding(Answer.PARTLY, message("material.for-some-ages", **about), asks=(ask,))
    if _is_for_age(fact, age):
        return covered
    ask = message("ask.material-at-age", age=age, **about)
    return Finding(
        Answer.CHECK, message("material.not-for-this-age", age=age, **about), asks=(ask,)
    )


@rule("NL-5", "exemption of national law for consenting persons above an age")
def consent_exemption(case: Case) -> Finding:
    """Tell that an exemption may apply to a person of this age; whether its conditions are met is a question.

    Without an age it is a note.
    """
    age = cast("int | None", case.given["age"])
    if age is None:
        return _possible_exemption(case)
    speaking = [fact for fact in case.facts if _exempts_age(fact, age)]
    about = named(case, "state", "conduct", age=age)
    if not speaking:
        return Finding(Answer.YES, message("exemption.none", **about))
    best = surest(holding(speaking, day_of(case)))
    ask = message("ask.exemption", **about)
    if best is None or not best.confidence.is_usable:
        return Finding(Answer.CHECK, message("exemption.unsure", **about), asks=(ask,))
    return Finding(Answer.PARTLY, message("exemption.may-apply", **about), asks=(ask,))


@rule("NL-6", "Lanzarote art. 34(2): an unknown age does not stop an investigation")
def unknown_age(case: Case) -> Finding:
    """Ask for the age; whether law covers the material depends on it."""
    about = named(case, "state")
    ask = message("ask.age-of-person", **about)
    return Finding(Answer.CHECK, message("age.unknown", **about), asks=(ask,))


@rule("NL-7", "an offence against a child has no material of this class")
def conduct_without_material(case: Case) -> Finding:
    """Ask, where a conduct against a child is put together with a class of material."""
    about = named(case, "state", "conduct", "material")
    ask = message("ask.material", on=day_of(case).isoformat(), **about)
    return Finding(Answer.CHECK, message("material.not-of-this-conduct", **about), asks=(ask,))


@rule("NL-8", "penalty range of national law")
def penalty_range(case: Case) -> Finding:
    """Return the range of imprisonment on the day; `yes` with a range, else `check`.

    With an age, tiers for other ages are left aside; without one the range spans all tiers. While a tier is not
    sure, the least maximum is not known either. A range that is known to be another one for other classes of
    material is left aside for these.
    """
    age = cast("int | None", case.given.get("age"))
    tiers = [
        fact
        for fact in holding(case.facts, day_of(case))
        if _is_for_age(fact, age)
        and (case.given["is_of_child"] or not fact.fields.get("real_only"))
    ]
    standing = [fact for fact in tiers if fact.confidence.is_usable]
    about = named(case, "state", "conduct")
    if not standing:
        ask = message("ask.penalty", on=day_of(case).isoformat(), **about)
        return Finding(Answer.CHECK, message("penalty.not-known", **about), asks=(ask,))
    values = {
        "min_months": _least(standing, "min_months"),
        "max_months": _most(standing, "max_months"),
        "least_max_months": _least_maximum(standing) if standing == tiers else None,
        "fine_only": _fine(standing),
    }
    return Finding(Answer.YES, message("penalty.known", **about), values=values)


@rule("TO-1", "a treaty obliges its parties to punish the conduct")
def obligation_to_punish(case: Case) -> Finding:
    """Tell whether a treaty obliges the state to punish the conduct; this never replaces its own law."""
    (bound,) = case.found
    about = named(case, "state", "treaty", "conduct")
    if bound.answer is Answer.YES:
        return Finding(Answer.YES, message("obligation.bound", **about))
    return Finding(bound.answer, bound.why)


@rule("DC-7", "Budapest art. 9(4), Lanzarote art. 20(3)")
def reserved_in_the_treaty(case: Case) -> Finding:
    """Note a reservation: it limits what the state owes to the treaty, never what its own law says."""
    offence, reservation = case.found
    notes = reservation.notes if reservation.answer is Answer.YES else ()
    return Finding(offence.answer, offence.why, notes=notes, values=offence.values)


@rule("NL-9", "national law decides whether it is a crime")
def crime_conclusion(case: Case) -> Finding:
    """Join the offence with age and material; the treaty's part is a note, never a ground for yes or no."""
    count = cast("int", case.given["conditions"])
    conditions, besides = case.found[:count], case.found[count:]
    offence = conditions[0]
    order = [Answer.NO, Answer.CHECK, Answer.PARTLY, Answer.YES]
    weakest = min(conditions, key=lambda each: order.index(each.answer))
    notes = notes_of([*conditions, *besides])
    return Finding(
        weakest.answer,
        weakest.why,
        asks=asks_of(conditions),
        notes=notes,
        values={"provision": offence.values.get("basis"), "conduct": text_of(case, "conduct")},
    )


def _look_of_an_adult(case: Case) -> tuple[Message, ...]:
    """Note that law may cover an adult who looks like a minor: that is another class of material."""
    covered = any(
        fact.value != Answer.NO.value and not fact.fields.get("unless_adult") for fact in case.facts
    )
    return (message("note.ask-apparent-minor", **named(case, "state")),) if covered else ()


def _possible_exemption(case: Case) -> Finding:
    about = named(case, "state", "conduct")
    ages = [each.fields.get("child_from") for each in holding(case.facts, day_of(case))]
    known = sorted(each for each in ages if isinstance(each, int))
    notes = tuple(message("note.exemption", limit=each, **about) for each in known[:1])
    return Finding(Answer.YES, message("exemption.age-not-given", **about), notes=notes)


def _is_above_zero(fact: Fact) -> bool:
    months = (fact.fields.get("min_months"), fact.fields.get("max_months"))
    return any(isinstance(each, int) and each > 0 for each in months)


def _exempts_age(fact: Fact, age: int) -> bool:
    start = fact.fields.get("child_from")
    return isinstance(start, int) and age >= start


def _is_for_age(fact: Fact, age: int | None) -> bool:
    if age is None:
        return True
    start = cast("int", fact.fields.get("child_from", 0))
    end = cast("int", fact.fields.get("child_below", age + 1))
    return start <= age < end


def _numbers(facts: Iterable[Fact], name: str) -> list[int]:
    return [cast("int", fact.fields[name]) for fact in facts if name in fact.fields]


def _least(facts: list[Fact], name: str) -> int | None:
    numbers = _numbers(facts, name)
    return min(numbers) if len(numbers) == len(facts) else None


def _most(facts: list[Fact], name: str) -> int | None:
    numbers = _numbers(facts, name)
    return max(numbers) if len(numbers) == len(facts) else None


def _least_maximum(facts: list[Fact]) -> int | None:
    """Return the smallest maximum; where no maximum is named, a named minimum is below it."""
    known = [
        cast("int", fact.fields.get("max_months", fact.fields.get("min_months", -1)))
        for fact in facts
    ]
    return min(known) if all(each >= 0 for each in known) else None


def _fine(facts: list[Fact]) -> bool | None:
    known = [fact.fields.get("fine_only") for fact in facts]
    if any(each is None for each in known):
        return None
    return any(known)
