"""What an organisation must report, to whom, and what else law asks or allows."""

from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, merged, notes_of
from rempart.law.rules.reading import day_of, holding, named, surest, text_of
from rempart.model.law import Answer, Conduct, DutyBearer, any_of, message
from rempart.model.law_answers import Finding

_CONDUCTS_WITH_MATERIAL: Final = frozenset(
    each.value
    for each in (
        Conduct.PRODUCTION,
        Conduct.OFFERING,
        Conduct.DISTRIBUTION,
        Conduct.PROCURING,
        Conduct.POSSESSION,
        Conduct.ACCESS,
        Conduct.SALE,
    )
)
"""Conducts that a duty to report material covers when its fact names none."""


@rule(
    "RP-1",
    "national law on reports of providers: the state of establishment first, then the user's",
)
def report_duty(case: Case) -> Finding:
    """Tell whether the law of a state binds the organisation to report.

    The law of the state of establishment binds; whether that of another state in the case reaches an
    organisation established elsewhere is a question for a lawyer; so is whether a duty about material of
    children covers another conduct or another class of material than its fact names.
    """
    (duty,) = case.found
    about = named(case, "state", "kind")
    if duty.answer is Answer.CHECK:
        return duty
    if duty.answer is Answer.NO:
        return Finding(Answer.NO, message("report.no-duty", **about), values=duty.values)
    if not _is_covered(case):
        ask = message(
            "ask.duty-covers",
            on=day_of(case).isoformat(),
            conduct=text_of(case, "conduct"),
            **about,
        )
        why = message("report.not-of-this-deed", conduct=text_of(case, "conduct"), **about)
        return Finding(Answer.CHECK, why, asks=(ask,), values=duty.values)
    if not case.given["is_established"]:
        ask = message("ask.duty-reaches", on=day_of(case).isoformat(), **about)
        why = message("report.other-state", **about)
        return Finding(Answer.CHECK, why, asks=(ask,), values=duty.values)
    why = message(f"report.{duty.answer.value}", **about)
    return Finding(duty.answer, why, values=duty.values)


def _is_covered(case: Case) -> bool:
    """Tell whether the fact on the duty speaks of the deed: of material of children, unless it names conducts."""
    fact = next(iter(holding(case.facts, day_of(case))), None)
    named_conducts = None if fact is None else fact.fields.get("conducts")
    conduct = text_of(case, "conduct")
    if named_conducts is None:
        return bool(case.given["is_of_child"]) and conduct in _CONDUCTS_WITH_MATERIAL
    return bool(case.given["is_of_child"]) and conduct in cast("tuple[str, ...]", named_conducts)


@rule("RP-2", "Regulation (EU) 2022/2065 (DSA) art. 18")
def threat_to_life(case: Case) -> Finding:
    """Tell whether a host must report a suspicion of a threat to life or safety: only then, so `partly`.

    The report goes to the member state concerned: where the offence, the suspect or the victim is; where it
    cannot be identified, to the state of establishment or of the legal representative, or to Europol, or both.
    """
    duty, applies = case.found
    about = named(case, "state")
    if duty.answer not in {Answer.YES, Answer.PARTLY}:
        return Finding(duty.answer, duty.why, asks=duty.asks, values=duty.values)
    if applies.answer is not Answer.YES:
        return Finding(Answer.CHECK, applies.why, asks=applies.asks)
    if not case.given["is_established"]:
        ask = message(
            "ask.duty-reaches", on=day_of(case).isoformat(), **named(case, "state", "kind")
        )
        return Finding(
            Answer.CHECK, message("report.other-state", **named(case, "state", "kind")), asks=(ask,)
        )
    note = message("note.dsa-recipient", **about)
    ask = message("ask.threat-to-life", **about)
    return Finding(
        Answer.PARTLY,
        message("report.threat-to-life", **about),
        asks=(ask,),
        notes=(note,),
        values=duty.values,
    )


@rule("RP-3", "Regulation (EU) 2022/2065 (DSA) art. 9(2)")
def removal_order_content(case: Case) -> Finding:
    """Tell what a removal order must hold; an order that lacks a part is not to be sent."""
    fact = surest(each for each in holding(case.facts, day_of(case)) if "attach" in each.fields)
    if fact is None or not fact.confidence.is_usable:
        return Finding(Answer.CHECK, message("order.content-not-known"))
    parts = cast("tuple[str, ...]", fact.fields["attach"])
    return Finding(Answer.YES, message("order.content"), values={"parts": parts})


@rule("RP-4", "what the organisation must do")
def duties_conclusion(case: Case) -> Finding:
    """Join the duties to report: one is enough; a sure duty only in some cases gives `partly`.

    The first findings are the duties to report under the law that binds surely, the next ones those of other
    states: these never make a `no` at home a `no` altogether. The rest brings questions.
    """
    count = cast("int", case.given["duties"])
    elsewhere = cast("int", case.given["elsewhere"])
    duties, others = case.found[:count], case.found[count:]
    about = named(case, "kind")
    asks = merged([asks_of(duties), asks_of(others)])
    notes = notes_of(case.found)
    if not duties:
        ask = message("ask.report-duty", on=day_of(case).isoformat(), **about)
        why = message("report.establishment-not-given", **about)
        return Finding(Answer.CHECK, why, asks=merged([(ask,), asks]), notes=notes)
    answer = any_of(each.answer for each in duties)
    best = next(each for each in duties if each.answer is answer)
    reaching = [each for each in others[:elsewhere] if "value" in each.values]
    if answer is Answer.NO and reaching:
        return Finding(Answer.CHECK, reaching[0].why, asks=asks, notes=notes)
    return Finding(answer, best.why, asks=asks, notes=notes)


@rule("RP-5", "duties of several states that cannot both be met")
def conflicting_duties(case: Case) -> Finding:
    """Ask, where one state wants data kept and another wants them erased."""
    keeping = cast("tuple[str, ...]", case.given["preserve"])
    erasing = cast("tuple[str, ...]", case.given["erase"])
    pairs = [(keep, erase) for keep in keeping for erase in erasing if keep != erase]
    if not pairs:
        return Finding(Answer.NO, message("conflict.none"))
    keep, erase = pairs[0]
    why = message("conflict.keep-and-erase", state=keep, other=erase)
    return Finding(Answer.CHECK, why, asks=(message("ask.conflict", state=keep, other=erase),))


@rule("VD-1", "Regulation (EU) 2021/1232")
def voluntary_detection(case: Case) -> Finding:
    """Tell whether a provider may scan private messages in the Union on its own decision.

    Never `no`: after the end of the regulation a successor or other law may allow it. Content that is hosted,
    not sent between persons, is not touched by this rule.
    """
    interim, successor = case.found
    about = named(case, "state")
    on = day_of(case).isoformat()
    if interim.answer is Answer.YES:
        return Finding(
            Answer.YES,
            message("detection.interim", **about),
            notes=(message("note.detection-conditions", **about),),
        )
    if successor.answer is Answer.YES:
        return Finding(Answer.YES, message("detection.successor", **about))
    ask = message("ask.voluntary-detection", on=on, **about)
    return Finding(Answer.CHECK, message("detection.no-derogation", on=on, **about), asks=(ask,))


@rule("RP-6", "Budapest art. 16")
def police_powers(case: Case) -> Finding:
    """Tell whether the police can have data preserved by an order, and whether it is kept confidential."""
    (bound,) = case.found
    about = named(case, "state")
    if text_of(case, "kind") != DutyBearer.POLICE.value or bound.answer is not Answer.YES:
        return Finding(Answer.CHECK, bound.why, asks=bound.asks)
    return Finding(Answer.YES, message("power.preservation-order", **about))
