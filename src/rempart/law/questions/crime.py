"""Is a conduct on a class of material a crime in a state on a date?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from rempart.law.articles import INSTRUMENT_TITLES, obligations, treaty_parts
from rempart.law.book import LawBook
from rempart.law.rules.criminality import (
    ADULT,
    age_limit,
    class_for_age,
    conduct_without_material,
    consent_exemption,
    crime_conclusion,
    national_offence,
    obligation_to_punish,
    penalty_proves_offence,
    penalty_range,
    protected_age,
    protected_age_not_known,
    reserved_in_the_treaty,
    unknown_age,
)
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import CONDUCTS_WITHOUT_MATERIAL, Answer, Conduct, Material, Treaty
from rempart.model.law_answers import LawAnswer, Step
from rempart.model.law_facts import Fact

_BINDING: Final = (Treaty.BUDAPEST, Treaty.LANZAROTE, Treaty.OPSC)
CHILD_IS_GIVEN: Final = frozenset({Material.REAL_CHILD, Material.SELF_MADE_CONSENSUAL})


@dataclass(frozen=True, slots=True)
class Deed:
    """A conduct on a class of material on a day.

    Attributes:
        age: the child's age in years, where known.
    """

    conduct: Conduct
    material: Material
    on: date
    age: int | None = None

    @property
    def can_be_reserved(self) -> bool:
        """Whether Budapest art. 9(4) allows a reservation on it: only 9(1)(d)-(e) and 9(2)(b)-(c)."""
        is_class = self.material in {Material.APPARENT_MINOR, Material.REALISTIC_IMAGE}
        return is_class or self.conduct in {Conduct.PROCURING, Conduct.POSSESSION}

    def asked(self) -> dict[str, object]:
        """Return the deed as JSON values."""
        values: dict[str, object] = {
            "conduct": self.conduct.value,
            "material": self.material.value,
            "on": self.on.isoformat(),
        }
        return values if self.age is None else {**values, "age": self.age}


def is_crime(book: LawBook, state: Jurisdiction, deed: Deed) -> LawAnswer:
    """Answer whether a deed is a crime in a state, with the provision and the penalty where they are known."""
    step = crime_step(book, state, deed)
    penalty = penalty_step(book, state, deed)
    parts: dict[str, object] = {}
    if step.finding.answer in {Answer.YES, Answer.PARTLY}:
        parts["provision"] = step.finding.values["provision"]
        if penalty.finding.answer is Answer.YES:
            parts["penalty"] = penalty_record(penalty)
    bound = bound_instruments(book, state, deed)
    parts["instruments"] = list(bound)
    parts["treaty_articles"] = bound
    question = {"kind": "crime", "state": state, **deed.asked()}
    return book.answer(question, step, **parts)


def crime_record(book: LawBook, state: Jurisdiction, deed: Deed, step: Step) -> dict[str, object]:
    """Return what one step found about a crime in a state as JSON values: answer, provision, penalty."""
    penalty = penalty_step(book, state, deed)
    is_known = penalty.finding.answer is Answer.YES
    return {
        "answer": step.finding.answer.value,
        "provision": step.finding.values["provision"],
        "penalty": penalty_record(penalty) if is_known else None,
    }


def bound_instruments(
    book: LawBook, state: Jurisdiction, deed: Deed
) -> Mapping[str, tuple[str, ...]]:
    """Return the treaties that oblige a state on the day to punish the deed, each with its articles."""
    return {
        treaty.value: parts
        for treaty, parts in obliging(book, deed).items()
        if book.party(state, treaty, deed.on).finding.answer is Answer.YES
    }


def obliging(book: LawBook, deed: Deed) -> dict[Treaty, tuple[str, ...]]:
    """Return the treaties that oblige their parties to punish a deed, each with its articles."""
    parts = {
        treaty: treaty_parts(book.library, treaty, deed.conduct, deed.material)
        for treaty in _BINDING
    }
    return {treaty: articles for treaty, articles in parts.items() if articles}


def crime_step(
    book: LawBook, state: Jurisdiction, deed: Deed, *, with_treaties: bool = True
) -> Step:
    """Return the step that tells whether a deed is a crime in a state.

    Args:
        book: the law.
        state: the jurisdiction.
        deed: the conduct, the material and the day.
        with_treaties: whether the steps on what treaties oblige the state to, which never change the answer,
            stand in the derivation.
    """
    key = ("crime", state, deed.conduct, deed.material, deed.on, deed.age, with_treaties)
    return book.remember(key, lambda: _crime(book, state, deed, with_treaties=with_treaties))


def _crime(book: LawBook, state: Jurisdiction, deed: Deed, *, with_treaties: bool) -> Step:
    conditions = [_offence(book, state, deed)]
    about = {"state": state, "conduct": deed.conduct.value, "on": deed.on}
    if deed.material is Material.UNKNOWN_AGE:
        conditions.append(unknown_age.apply(about))
    elif deed.conduct in CONDUCTS_WITHOUT_MATERIAL and deed.material not in CHILD_IS_GIVEN:
        conditions.append(
            conduct_without_material.apply({**about, "material": deed.material.value})
        )
    elif deed.conduct in CONDUCTS_WITHOUT_MATERIAL:
        conditions += _protected(book, state, deed)
    else:
        conditions += _covered(book, state, deed)
    besides = [penalty_step(book, state, deed)]
    if with_treaties:
        besides += _treaty_part(book, state, deed, conditions[0])
        besides += [_obligation(book, state, treaty, deed) for treaty in obliging(book, deed)]
    return crime_conclusion.apply(
        {**about, "conditions": len(conditions)}, uses=(*conditions, *besides)
    )


def _offence(book: LawBook, state: Jurisdiction, deed: Deed) -> Step:
    conduct, on = deed.conduct.value, deed.on
    given = {"on": on, "state": state, "conduct": conduct}
    fact = book.fact(state, f"crime.{conduct}", on, conduct=conduct)
    penalties = book.law_of(state, f"penalty.{conduct}", deed.on)
    penalty = penalty_proves_offence.apply(given, facts=penalties)
    return national_offence.apply(given, uses=(fact, penalty))


def _protected(book: LawBook, state: Jurisdiction, deed: Deed) -> list[Step]:
    """Return the condition of age for an offence against a child: its own age, else the general one."""
    topic = f"protected-age.{deed.conduct.value}"
    if book.library.law_of(state, topic):
        limit = book.fact(state, topic, deed.on, conduct=deed.conduct.value)
        given = {"state": state, "conduct": deed.conduct.value, "age": deed.age}
        return [protected_age.apply(given, uses=(limit,))]
    limits = _limit(book, state, deed)
    if deed.age is None:
        return limits
    given = {"state": state, "conduct": deed.conduct.value, "age": deed.age}
    return [*limits, protected_age_not_known.apply(given)]


def _limit(book: LawBook, state: Jurisdiction, deed: Deed) -> list[Step]:
    """Return the condition of age, where it can change the answer."""
    limit = book.fact(state, "age-of-child", deed.on)
    unsure = limit.finding.values.get("unsure")
    is_lower = isinstance(unsure, int) and unsure < ADULT
    if deed.age is None and limit.finding.answer is Answer.CHECK and not is_lower:
        return []  # the question says that a child is shown
    older = next(
        (fact.fields["older_if"] for fact in limit.facts if "older_if" in fact.fields), None
    )
    is_appearance = deed.material is Material.APPARENT_MINOR
    given = {"state": state, "age": deed.age, "older_if": older, "is_appearance": is_appearance}
    appearance = () if is_appearance else _appearance(book, state, deed)
    return [age_limit.apply(given, facts=appearance, uses=(limit,))]


def _appearance(book: LawBook, state: Jurisdiction, deed: Deed) -> tuple[Fact, ...]:
    """Return the facts on persons who only look like minors, where an age is given: an adult may be one."""
    if deed.age is None or deed.conduct in CONDUCTS_WITHOUT_MATERIAL:
        return ()
    return _on_material(book, state, Material.APPARENT_MINOR, deed)


def _covered(book: LawBook, state: Jurisdiction, deed: Deed) -> list[Step]:
    """Return the conditions that material and age bring."""
    if deed.material not in CHILD_IS_GIVEN:
        covered = _class(book, state, deed)
        is_open = any(
            fact.fields.get("unless_adult") for each in covered.uses for fact in each.facts
        )
        limits = _limit(book, state, deed) if is_open and deed.age is not None else []
        return [covered, *limits]
    conditions = _limit(book, state, deed)
    if (general := _general(book, state, deed, conditions)) is not None:
        return [general]
    exemptions = _on_material(book, state, Material.SELF_MADE_CONSENSUAL, deed)
    if deed.material is Material.SELF_MADE_CONSENSUAL and not _are_younger(exemptions, deed.age):
        return [*conditions, _class(book, state, deed)]
    if exemptions:
        given = {"state": state, "conduct": deed.conduct.value, "on": deed.on, "age": deed.age}
        conditions.append(consent_exemption.apply(given, facts=exemptions))
    return conditions


def _are_younger(exemptions: tuple[Fact, ...], age: int | None) -> bool:
    """Tell whether a child is younger than every exemption for consenting persons begins with."""
    starts = [fact.fields.get("child_from") for fact in exemptions]
    known = [each for each in starts if isinstance(each, int)]
    return age is not None and len(known) == len(starts) > 0 and age < min(known)


def _general(book: LawBook, state: Jurisdiction, deed: Deed, limits: list[Step]) -> Step | None:
    """Return what takes the place of an age limit where the offence surely, or perhaps, protects persons of any age."""
    topic = f"general.{deed.conduct.value}"
    general = book.fact(state, topic, deed.on)
    is_open = bool(general.facts) and general.finding.answer is Answer.CHECK
    is_beyond = any(each.finding.answer is Answer.NO for each in limits)
    if general.finding.answer is Answer.YES or (is_open and is_beyond):
        return general
    return None


def _class(book: LawBook, state: Jurisdiction, deed: Deed) -> Step:
    """Read whether law on CSAM covers the class of material for this conduct."""
    topic = f"material.{deed.material.value}"
    facts = _on_material(book, state, deed.material, deed)
    about = {"material": deed.material.value, "conduct": deed.conduct.value}
    step = book.fact_among(facts, state, topic, deed.on, **about)
    if deed.material is Material.SELF_MADE_CONSENSUAL:
        return step  # its ages are those of the exemption
    given = {"state": state, "age": deed.age, **about}
    return class_for_age.apply(given, facts=facts, uses=(step,))


def _on_material(
    book: LawBook, state: Jurisdiction, material: Material, deed: Deed
) -> tuple[Fact, ...]:
    """Return the facts on a class of material that speak of the conduct: by name, or of any."""
    everything = tuple(each.value for each in Conduct)
    return tuple(
        fact
        for fact in book.law_of(state, f"material.{material.value}", deed.on)
        if deed.conduct.value in cast("tuple[str, ...]", fact.fields.get("conducts", everything))
    )


def _obligation(book: LawBook, state: Jurisdiction, treaty: Treaty, deed: Deed) -> Step:
    """Tell whether a treaty obliges the state on the day to punish the deed."""

    def make() -> Step:
        provisions = obligations(book.library, treaty.value, deed.conduct)
        names = ", ".join(treaty_parts(book.library, treaty, deed.conduct, deed.material))
        return obligation_to_punish.apply(
            {"state": state, "treaty": treaty.value, "conduct": deed.conduct.value},
            facts=provisions,
            uses=(book.party(state, treaty, deed.on),),
            article=f"{INSTRUMENT_TITLES[treaty.value]} art. {names}",
        )

    key = ("obligation", state, treaty, deed.conduct, deed.material, deed.on)
    return book.remember(key, make)


def _treaty_part(book: LawBook, state: Jurisdiction, deed: Deed, offence: Step) -> list[Step]:
    """Return what the state reserved under Budapest art. 9(4) and Lanzarote art. 20 for this deed: notes only."""
    steps = []
    for treaty, article in ((Treaty.BUDAPEST, "9(4)"), (Treaty.LANZAROTE, "20(3)")):
        parts = treaty_parts(book.library, treaty, deed.conduct, deed.material)
        if not parts or book.party(state, treaty, deed.on).finding.answer is not Answer.YES:
            continue
        step = book.reservation(state, treaty, article, parts, deed.on, deed.age)
        if step.finding.answer is Answer.YES:
            steps.append(reserved_in_the_treaty.apply({}, uses=(offence, step)))
    return steps


def penalty_step(book: LawBook, state: Jurisdiction, deed: Deed) -> Step:
    """Return the step that gives the range of imprisonment for a deed."""
    conduct = deed.conduct.value
    is_of_child = deed.material in CHILD_IS_GIVEN

    def make() -> Step:
        given = {
            "on": deed.on,
            "state": state,
            "conduct": conduct,
            "age": deed.age,
            "is_of_child": is_of_child,
        }
        return penalty_range.apply(given, facts=book.law_of(state, f"penalty.{conduct}", deed.on))

    return book.remember(("penalty", state, conduct, deed.on, deed.age, is_of_child), make)


def penalty_record(step: Step) -> dict[str, object]:
    """Return a penalty's range as JSON values."""
    values = step.finding.values

    def months(name: str) -> dict[str, object] | None:
        value = values[name]
        return None if value is None else {"value": value, "unit": "months"}

    return {
        "min": months("min_months"),
        "max": months("max_months"),
        "fine_only": values["fine_only"],
        "facts": [{"id": each.id, "text": str(each.value)} for each in step.facts],
    }
