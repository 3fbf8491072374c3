"""Who can claim a case, given what each country has to do with it?"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, TypeAlias

from rempart.law.articles import treaty_parts
from rempart.law.book import LawBook
from rempart.law.questions.crime import Deed, crime_step
from rempart.law.rules.joining import all_conditions
from rempart.law.rules.jurisdiction import (
    active_nationality,
    candidate,
    claims,
    flag_or_registration,
    ground_not_switched_off,
    nationals_and_residents,
    offence_accepted,
    own_national_without_dual_criminality,
    passive_personality,
    prosecute_or_extradite,
    several_claims,
    territory,
)
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, Material, Role, Treaty
from rempart.model.law_answers import LawAnswer, Step

Roles: TypeAlias = Mapping[Role, tuple[Jurisdiction, ...]]
"""Which countries have which role in a case."""

_PLACES: Final = (Role.HOST, Role.UPLOADER, Role.VIEWER)
_TREATIES: Final = (Treaty.BUDAPEST, Treaty.LANZAROTE, Treaty.OPSC)


def who_may_claim(
    book: LawBook,
    conduct: Conduct,
    roles: Roles,
    on: date,
    material: Material = Material.REAL_CHILD,
) -> LawAnswer:
    """Answer which states can claim a case, on which grounds, and whether they must consult."""
    deed = Deed(conduct, material, on)
    states = states_in(roles)
    grounds = {state: list(_grounds(book, state, roles, deed)) for state in states}
    candidates = [_candidate(book, state, roles, deed, grounds[state]) for state in states]
    consult = several_claims.apply({"states": states}, uses=candidates)
    last = claims.apply({"states": states}, uses=(*candidates, consult))
    question = {"kind": "jurisdiction", **deed.asked(), "roles": roles_record(roles)}
    return book.answer(
        question,
        last,
        candidates=[
            _candidate_record(state, step, grounds[state])
            for state, step in zip(states, candidates, strict=True)
        ],
        consultation={
            "needed": consult.finding.answer.value,
            "article": consult.article,
            "why": consult.finding.why,
        },
    )


def states_in(roles: Roles) -> tuple[Jurisdiction, ...]:
    """Return every country of a case once, in the order of the roles."""
    return tuple(dict.fromkeys(code for role in Role for code in roles.get(role, ())))


def roles_record(roles: Roles) -> dict[str, tuple[str, ...]]:
    """Return the roles as JSON values."""
    return {role.value: roles[role] for role in Role if roles.get(role)}


def _candidate(
    book: LawBook,
    state: Jurisdiction,
    roles: Roles,
    deed: Deed,
    grounds: list[tuple[Role, Step]],
) -> Step:
    """Join a state's grounds; a duty to prosecute its own national is told besides, it gives no claim."""
    uses = [step for _, step in grounds]
    given = {"state": state, "grounds": len(uses)}
    if state in roles.get(Role.SUSPECT, ()):
        duty = _given(state, Role.SUSPECT, deed)
        uses.append(prosecute_or_extradite.apply(duty, uses=_parties(book, state, deed)))
    return candidate.apply(given, uses=uses)


def _candidate_record(
    state: Jurisdiction, step: Step, grounds: list[tuple[Role, Step]]
) -> dict[str, object]:
    return {
        "state": state,
        "answer": step.finding.answer.value,
        "why": step.finding.why,
        "grounds": [
            {
                "role": role.value,
                "article": ground.article,
                "answer": ground.finding.answer.value,
                "why": ground.finding.why,
                "asks": ground.finding.asks,
            }
            for role, ground in grounds
        ],
    }


def _grounds(
    book: LawBook, state: Jurisdiction, roles: Roles, deed: Deed
) -> Iterator[tuple[Role, Step]]:
    for role in _PLACES:
        if state in roles.get(role, ()):
            yield (
                role,
                territory.apply(_given(state, role, deed), uses=_accepted(book, state, deed)),
            )
    if state in roles.get(Role.FLAG, ()):
        yield Role.FLAG, _flag(book, state, deed)
    if state in roles.get(Role.SUSPECT, ()):
        for step in _suspect(book, state, roles, deed):
            yield Role.SUSPECT, step
    if state in roles.get(Role.CHILD, ()):
        given = _given(state, Role.CHILD, deed)
        yield Role.CHILD, passive_personality.apply(given)


def _given(state: Jurisdiction, role: Role, deed: Deed) -> dict[str, object]:
    return {
        "state": state,
        "role": role.value,
        "conduct": deed.conduct.value,
        "on": deed.on,
    }


def _covering(book: LawBook, deed: Deed) -> list[Treaty]:
    """Return the treaties whose jurisdiction rules speak of the conduct."""
    return [
        treaty
        for treaty in _TREATIES
        if treaty_parts(book.library, treaty, deed.conduct, deed.material)
    ]


def _parties(book: LawBook, state: Jurisdiction, deed: Deed) -> list[Step]:
    return [book.party(state, treaty, deed.on) for treaty in _covering(book, deed)]


def _accepted(book: LawBook, state: Jurisdiction, deed: Deed) -> list[Step]:
    """Return for each treaty whether it binds the state for the deed; a part that it reserved is not accepted."""
    steps = []
    for treaty in _covering(book, deed):
        bound = book.party(state, treaty, deed.on)
        if treaty is Treaty.BUDAPEST:
            parts = treaty_parts(book.library, treaty, deed.conduct, deed.material)
            reservation = book.reservation(state, treaty, "9(4)", parts, deed.on)
            given = {"state": state, "can_be_reserved": deed.can_be_reserved}
            bound = offence_accepted.apply(given, uses=(bound, reservation))
        steps.append(bound)
    return steps


def _flag(book: LawBook, state: Jurisdiction, deed: Deed) -> Step:
    uses = []
    for treaty in _covering(book, deed):
        if treaty is Treaty.BUDAPEST:
            bound = book.party(state, treaty, deed.on)
            standing = _standing(book, state, ("22(1)(b)", "22(1)(c)"), deed)
            uses.append(all_conditions.apply({}, uses=(bound, standing)))
        elif treaty is Treaty.LANZAROTE:
            uses.append(book.party(state, treaty, deed.on))
    return flag_or_registration.apply(_given(state, Role.FLAG, deed), uses=uses)


def _standing(book: LawBook, state: Jurisdiction, grounds: tuple[str, ...], deed: Deed) -> Step:
    reservation = book.reservation(state, Treaty.BUDAPEST, "22(2)", grounds, deed.on)
    given = {"state": state, "ground": ", ".join(grounds), "on": deed.on}
    return ground_not_switched_off.apply(given, uses=(reservation,))


def _suspect(book: LawBook, state: Jurisdiction, roles: Roles, deed: Deed) -> Iterator[Step]:
    given = _given(state, Role.SUSPECT, deed)
    covering = _covering(book, deed)
    places = dict.fromkeys(code for role in _PLACES for code in roles.get(role, ()))
    crimes = [crime_step(book, place, deed) for place in places if place != state]
    if Treaty.BUDAPEST in covering:
        bound = book.party(state, Treaty.BUDAPEST, deed.on)
        switched = _standing(book, state, ("22(1)(d)",), deed)
        yield active_nationality.apply(given, uses=(bound, switched, *crimes))
    if Treaty.LANZAROTE in covering:
        bound = book.party(state, Treaty.LANZAROTE, deed.on)
        residence = book.reservation(state, Treaty.LANZAROTE, "25(3)", ("25(1)(e)",), deed.on)
        abroad = own_national_without_dual_criminality.apply(given, uses=(bound,))
        yield nationals_and_residents.apply(given, uses=(bound, residence, abroad, *crimes))
    if not {Treaty.BUDAPEST, Treaty.LANZAROTE} & set(covering):
        yield territory.apply(given)  # no treaty rule of nationality speaks of the conduct
