"""Who can claim a case: territory, flag, nationality, the child's side, and the duty to consult."""

from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, notes_of
from rempart.law.rules.reading import day_of, named, text_of
from rempart.law.rules.treaties import may_be_reserved
from rempart.model.law import Answer, Conduct, any_of, message
from rempart.model.law_answers import Finding

_WITHOUT_DUAL_CRIMINALITY: Final = frozenset(
    {Conduct.PRODUCTION.value, Conduct.PERFORMANCE_RECRUITING.value}
)
"""Conducts of Lanzarote arts 20(1)(a) and 21(1)(a)-(b)."""


def _ground(case: Case) -> tuple[Answer, Finding]:
    """Return whether one of the treaties gives the ground, and the first finding that says so."""
    answer = any_of(each.answer for each in case.found)
    first = next((each for each in case.found if each.answer is answer), None)
    if first is None:
        return Answer.NO, Finding(
            Answer.NO, message("ground.no-treaty-covers", **named(case, "conduct"))
        )
    return answer, first


def _by_national_law(case: Case, why: Finding) -> Finding:
    """Return `check`: without a treaty's ground, national law may still give one."""
    ask = message(
        "ask.jurisdiction", on=day_of(case).isoformat(), **named(case, "state", "role", "conduct")
    )
    return Finding(Answer.CHECK, why.why, asks=(ask,))


@rule(
    "JU-0",
    "Budapest art. 22(1): offences established in accordance with arts 2 to 11, as accepted under art. 9(4)",
)
def offence_accepted(case: Case) -> Finding:
    """Tell whether the treaty binds the state for the deed.

    A part that the state wholly reserved, or may have reserved since nothing about it was read, gives `check`.
    """
    bound, reservation = case.found
    is_whole = may_be_reserved(reservation) and reservation.values.get("child_from") is None
    is_unread = reservation.answer is Answer.CHECK and bool(case.given["can_be_reserved"])
    if bound.answer is not Answer.YES or not (is_whole or is_unread):
        return bound
    ask = message("ask.ground-despite-reservation", **named(case, "state"))
    return Finding(Answer.CHECK, reservation.why, asks=(ask,), notes=reservation.notes)


@rule("JU-1", "Budapest art. 22(1)(a), Lanzarote art. 25(1)(a), OPSC art. 4(1)")
def territory(case: Case) -> Finding:
    """Tell whether a place in the case gives jurisdiction by territory: upload, server or download place."""
    answer, first = _ground(case)
    if answer is not Answer.YES:
        return _by_national_law(case, first)
    return Finding(Answer.YES, message("ground.territory", **named(case, "state", "role")))


@rule("JU-2", "Budapest art. 22(1)(b)-(c), Lanzarote art. 25(1)(b)-(c)")
def flag_or_registration(case: Case) -> Finding:
    """Tell whether the flag of a ship or the registration of an aircraft gives jurisdiction."""
    answer, first = _ground(case)
    if answer is not Answer.YES:
        return _by_national_law(case, first)
    return Finding(Answer.YES, message("ground.flag", **named(case, "state")))


@rule("JU-3", "Budapest art. 22(1)(d)")
def active_nationality(case: Case) -> Finding:
    """Tell whether nationality of the suspect gives jurisdiction: bound, not reserved, punishable where committed."""
    bound, switched, *places = case.found
    about = named(case, "state")
    if bound.answer is not Answer.YES:
        return _by_national_law(case, bound)
    if switched.answer is not Answer.YES:
        return Finding(Answer.CHECK, switched.why, asks=switched.asks, notes=switched.notes)
    if places and any_of(each.answer for each in places) is not Answer.YES:
        ask = message("ask.punishable-where-committed", **about)
        why = message("ground.not-punishable-where-committed", **about)
        return Finding(Answer.CHECK, why, asks=(ask,))
    note = message("note.punishable-where-committed", **about)
    return Finding(Answer.YES, message("ground.nationality", **about), notes=(note,))


@rule("JU-4", "Lanzarote art. 25(1)(d)-(e), 25(3)")
def nationals_and_residents(case: Case) -> Finding:
    """Tell whether nationality or habitual residence of the suspect gives jurisdiction."""
    bound, residence, abroad, *places = case.found
    about = named(case, "state")
    if bound.answer is not Answer.YES:
        return _by_national_law(case, bound)
    is_crime_there = not places or any_of(each.answer for each in places) is Answer.YES
    if not is_crime_there and abroad.answer is not Answer.YES:
        return Finding(Answer.CHECK, abroad.why, asks=abroad.asks)
    if residence.answer is Answer.NO:
        return Finding(Answer.YES, message("ground.national-or-resident", **about))
    ask = message("ask.national-or-resident", **about)
    return Finding(Answer.CHECK, residence.why, asks=(ask, *residence.asks), notes=residence.notes)


@rule("DC-5", "Lanzarote art. 25(4)-(5)")
def own_national_without_dual_criminality(case: Case) -> Finding:
    """Tell whether a state may prosecute its national for a deed abroad that is no crime there.

    By the treaty for arts 18, 19, 20(1)(a) and 21(1)(a)-(b); for other offences national law decides.
    """
    (bound,) = case.found
    about = named(case, "state", "conduct")
    if bound.answer is not Answer.YES:
        return Finding(Answer.CHECK, bound.why, asks=bound.asks)
    if text_of(case, "conduct") in _WITHOUT_DUAL_CRIMINALITY:
        return Finding(Answer.YES, message("abroad.by-treaty", **about))
    ask = message("ask.dual-criminality-for-nationals", **about)
    return Finding(Answer.CHECK, message("abroad.national-law-decides", **about), asks=(ask,))


@rule("JU-5", "Lanzarote art. 25(2), OPSC art. 4(2)(b)")
def passive_personality(case: Case) -> Finding:
    """Ask: treaties let a state choose whether the child's nationality or residence gives jurisdiction."""
    about = named(case, "state")
    ask = message("ask.place-or-nationality-of-child", **about)
    return Finding(Answer.CHECK, message("ground.child", **about), asks=(ask,))


@rule("JU-6", "Budapest art. 22(3), 24(6); Lanzarote art. 25(7); OPSC art. 4(3), 5(5)")
def prosecute_or_extradite(case: Case) -> Finding:
    """Tell whether a state must submit the case itself when it does not extradite its own national."""
    answer, first = _ground(case)
    about = named(case, "state")
    if answer is Answer.YES:
        note = message("note.prosecute-or-extradite", **about)
        return Finding(Answer.YES, message("ground.prosecute-or-extradite", **about), notes=(note,))
    return Finding(Answer.CHECK, first.why, asks=first.asks)


@rule("JU-7", "Budapest art. 22(5), Lanzarote art. 25(8)")
def several_claims(case: Case) -> Finding:
    """Tell whether the states must consult: when two or more can claim the case."""
    states = cast("tuple[str, ...]", case.given["states"])
    claiming = [
        state
        for state, each in zip(states, case.found, strict=True)
        if each.answer in {Answer.YES, Answer.PARTLY}
    ]
    open_claims = [
        state for state, each in zip(states, case.found, strict=True) if each.answer is Answer.CHECK
    ]
    if len(claiming) > 1:
        why = message("consultation.needed", states=tuple(claiming))
        return Finding(Answer.YES, why, notes=(why,))
    if len(claiming) + len(open_claims) > 1:
        return Finding(Answer.CHECK, message("consultation.perhaps", states=tuple(open_claims)))
    return Finding(Answer.NO, message("consultation.not-needed"))


@rule("JU-8", "Budapest art. 22(2)")
def ground_not_switched_off(case: Case) -> Finding:
    """Tell whether a treaty ground stands: no reservation read means yes; a reservation leaves it to national law."""
    (reservation,) = case.found
    about = named(case, "state", "ground")
    match reservation.answer:
        case Answer.NO:
            return Finding(Answer.YES, message("ground.stands", **about))
        case Answer.YES:
            ask = message("ask.ground-under-national-law", on=day_of(case).isoformat(), **about)
            why = message("ground.switched-off", **about)
            return Finding(Answer.CHECK, why, asks=(ask,), notes=reservation.notes)
        case _:
            return Finding(Answer.CHECK, reservation.why, asks=reservation.asks)


@rule("JU-9", "one ground is enough for a candidate")
def candidate(case: Case) -> Finding:
    """Join the grounds of one state: the strongest decides; questions are left where none is sure."""
    grounds = case.found[: cast("int", case.given["grounds"])]
    answer = any_of(each.answer for each in grounds)
    best = next(each for each in grounds if each.answer is answer)
    asks = () if answer is Answer.YES else asks_of(grounds)
    return Finding(answer, best.why, asks=asks, notes=notes_of(case.found))


@rule("JU-10", "who can claim the case")
def claims(case: Case) -> Finding:
    """Tell whether at least one state surely can claim the case; the last finding is the duty to consult."""
    *candidates, consultation = case.found
    answer = any_of(each.answer for each in candidates)
    notes = notes_of([*candidates, consultation])
    states = cast("tuple[str, ...]", case.given["states"])
    sure = tuple(
        state for state, each in zip(states, candidates, strict=True) if each.answer is Answer.YES
    )
    why = message("jurisdiction.sure", states=sure) if sure else message("jurisdiction.none-sure")
    settled = Answer.CHECK if answer is Answer.NO else answer
    return Finding(settled, why, asks=asks_of(case.found), notes=notes)
