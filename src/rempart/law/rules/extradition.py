"""Extradition between two states."""

from typing import Final

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, merged, notes_of
from rempart.law.rules.reading import day_of, named, surest
from rempart.model.law import Answer, any_of, message
from rempart.model.law_answers import Finding

_LEAST_MONTHS: Final = 12
"""Budapest art. 24(1)(a): punishable in both states by a maximum of at least one year."""


@rule("EX-1", "Budapest art. 24(1)")
def extraditable(case: Case) -> Finding:
    """Tell whether the deed is extraditable: both bound, an offence of arts 2 to 11, a year's maximum in both."""
    bound, dual, *penalties = case.found
    about = named(case, "from", "to")
    if bound.answer is not Answer.YES:
        return Finding(bound.answer, bound.why, asks=bound.asks)
    if not case.given["is_treaty_offence"]:
        return Finding(Answer.NO, message("extradition.not-arts-2-11", **named(case, "conduct")))
    if dual.answer is not Answer.YES:
        return Finding(dual.answer, dual.why, asks=dual.asks)
    months = [each.values.get("least_max_months") for each in penalties]
    if any(isinstance(each, int) and each < _LEAST_MONTHS for each in months):
        ask = message("ask.other-threshold", **about)
        return Finding(Answer.NO, message("extradition.below-one-year", **about), asks=(ask,))
    if any(each is None for each in months):
        asks = merged([asks_of(penalties), (message("ask.maximum-penalty", **about),)])
        return Finding(Answer.CHECK, message("extradition.penalty-not-known", **about), asks=asks)
    return Finding(
        Answer.YES,
        message("extradition.threshold-met", **about),
        notes=(message("note.other-treaty-prevails", **about),),
    )


@rule("EX-2", "Budapest art. 24(3)-(4); Lanzarote art. 38(3); OPSC art. 5(2)-(3)")
def multilateral_basis(case: Case) -> Finding:
    """Tell whether a multilateral treaty may be the legal basis; it may, a state is not obliged to take it."""
    about = named(case, "from", "to")
    answer = any_of(each.answer for each in case.found)
    if answer is Answer.YES:
        note = message("note.treaty-may-serve", **about)
        return Finding(Answer.YES, message("extradition.basis", **about), notes=(note,))
    ask = message("ask.extradition-basis", on=day_of(case).isoformat(), **about)
    return Finding(Answer.CHECK, message("extradition.no-basis", **about), asks=(ask,))


@rule("EX-3", "Budapest art. 24(5), 24(7)")
def declared_limits(case: Case) -> Finding:
    """Tell whether the requested state declared extra limits, perhaps before the day read; `no`: none was read."""
    day = day_of(case)
    fact = surest(each for each in case.facts if each.holds_to is None or day <= each.holds_to)
    about = named(case, "to")
    if fact is None:
        return Finding(Answer.NO, message("extradition.no-declaration", **about))
    limits = message("note.extradition-limits", effect=str(fact.value), **about)
    ask = message("ask.extradition-limits", effect=str(fact.value), **about)
    return Finding(
        Answer.CHECK, message("extradition.limits", **about), asks=(ask,), notes=(limits,)
    )


@rule("EX-4", "extradition: threshold, basis and declared limits together")
def extradition_conclusion(case: Case) -> Finding:
    """Join what extradition needs; without the treaty's own way another treaty may open one: `check`."""
    threshold, basis, limits, *_ = case.found
    notes = notes_of([threshold, limits, *([basis] if limits.answer is Answer.NO else [])])
    about = named(case, "from", "to")
    ask = message("ask.other-basis", on=day_of(case).isoformat(), need="extradition", **about)
    if threshold.answer is not Answer.YES:
        asks = merged([(ask,), threshold.asks])
        return Finding(Answer.CHECK, threshold.why, asks=asks, notes=notes)
    if basis.answer is not Answer.YES or limits.answer is not Answer.NO:
        weak = basis if basis.answer is not Answer.YES else limits
        return Finding(Answer.CHECK, weak.why, asks=weak.asks, notes=notes)
    return Finding(Answer.YES, threshold.why, notes=notes)
