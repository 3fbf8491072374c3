"""Co-operation between two states: dual criminality, powers, and grounds of refusal."""

from typing import Final, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, merged, notes_of
from rempart.law.rules.reading import day_of, holding, named, surest
from rempart.law.rules.treaties import may_be_reserved
from rempart.model.law import Answer, Need, all_of, any_of, message
from rempart.model.law_answers import Finding

_SERIOUS_MONTHS: Final = 36
"""e-Evidence art. 5(4): traffic and content data for offences with a maximum of at least three years."""


@rule("DC-1", "Budapest art. 25(5)")
def dual_criminality(case: Case) -> Finding:
    """Join the answers of both states: the conduct counts, not its name or category."""
    *crimes, first_party, second_party = case.found
    answer = all_of(each.answer for each in crimes)
    is_treaty = {first_party.answer, second_party.answer} == {Answer.YES}
    limits = {each.values["age_limit"] for each in crimes if "age_limit" in each.values}
    notes = notes_of(crimes)
    pair = named(case, "from", "to")
    if len(limits) > 1:
        notes = merged([notes, (message("note.age-limits-differ", **pair),)])
    weakest = next(each for each in crimes if each.answer is answer)
    why = message("dual.both", **pair) if answer is Answer.YES else weakest.why
    return Finding(
        answer, why, asks=asks_of(crimes), notes=notes, values={"both_parties": is_treaty}
    )


@rule("CO-P", "a power under an instrument needs both states bound by it")
def power_between(case: Case) -> Finding:
    """Tell whether an instrument gives a power between two states on the day."""
    about = named(case, "from", "to", "instrument")
    answer = all_of(each.answer for each in case.found)
    if answer is Answer.YES:
        return Finding(answer, message("power.available", **about))
    weakest = next(each for each in case.found if each.answer is answer)
    return Finding(answer, weakest.why, asks=asks_of(case.found))


@rule("CO-4", "CETS 224 arts 7-10, 12")
def second_protocol(case: Case) -> Finding:
    """Tell whether the Second Protocol gives a power between two states: only once in force for both."""
    return power_between.find(case)


@rule("DC-2", "Budapest art. 29(3)")
def preservation_without_dual_criminality(case: Case) -> Finding:
    """Tell whether the requested state may refuse preservation for want of dual criminality: not as a rule."""
    bound, exception = case.found
    if bound.answer is not Answer.YES:
        return Finding(Answer.CHECK, bound.why, asks=bound.asks)
    return Finding(exception.answer, exception.why, asks=exception.asks, notes=exception.notes)


@rule("DC-3", "Budapest art. 29(4)")
def refusal_under_reservation(case: Case) -> Finding:
    """Tell whether a reservation under art. 29(4) lets the requested state refuse.

    Never for offences of arts 2 to 11 as that state accepted them; a part that it reserved is not established
    in accordance with art. 9, and gives `check`. Offences outside arts 2 to 11 leave the reservation its force.
    """
    reservation, limits, lower_age = case.found
    about = named(case, "to")
    if reservation.answer is Answer.NO:
        return Finding(Answer.NO, message("refusal.no-29-4", **about))
    is_accepted = (
        bool(case.given["is_treaty_offence"])
        and (limits.answer is Answer.NO or not case.given["can_be_reserved"])
        and not may_be_reserved(lower_age)
    )
    if is_accepted:
        return Finding(Answer.NO, message("refusal.never-for-arts-2-11", **about))
    code = "refusal.possible" if reservation.answer is Answer.YES else "refusal.not-read"
    ask = message("ask.refusal-29-4", on=day_of(case).isoformat(), **about)
    asks = merged([(ask,), reservation.asks, limits.asks])
    notes = notes_of([reservation, limits, lower_age])
    return Finding(Answer.CHECK, message(code, **about), asks=asks, notes=notes)


@rule("DC-6", "Budapest art. 29(4): which states made the reservation")
def reservation_29_4(case: Case) -> Finding:
    """Tell whether a state reserved refusal for want of dual criminality, however wide it worded it."""
    (reservation,) = case.found
    return reservation


@rule("CO-2", "Budapest arts 16(2), 29(7) and the time limits of other instruments")
def preservation_clock(case: Case) -> Finding:
    """Return the time limits of the powers that stand; where more than one applies, the shortest is the safe one."""
    standing = [
        fact
        for fact in holding(case.facts, day_of(case))
        if fact.confidence.is_usable and fact.fields.get("unit") == "days"
    ]
    if not standing:
        return Finding(Answer.CHECK, message("clock.not-known"))
    days = min(cast("int", fact.fields["amount"]) for fact in standing)
    note = message("note.shortest-clock", days=days)
    return Finding(Answer.YES, message("clock.shortest", days=days), notes=(note,))


@rule("DC-4", "Budapest arts 25(4), 27(4), 29(5), 30(2)")
def other_grounds(case: Case) -> Finding:
    """Leave political offences, sovereignty, security, ordre public and other essential interests to persons."""
    about = named(case, "to")
    ask = message("ask.other-grounds", **about)
    return Finding(Answer.CHECK, message("refusal.other-grounds", **about), asks=(ask,))


@rule("DC-8", "Budapest arts 25(4)-(5)")
def assistance_with_dual_criminality(case: Case) -> Finding:
    """Tell whether want of dual criminality may stand against assistance: no where it is met, else `check`."""
    (dual,) = case.found
    about = named(case, "to")
    if dual.answer is Answer.YES:
        return Finding(Answer.NO, message("refusal.dual-criminality-met", **about))
    ask = message("ask.dual-criminality-for-assistance", **about)
    asks = merged([(ask,), dual.asks])
    return Finding(Answer.CHECK, message("refusal.dual-criminality-open", **about), asks=asks)


@rule("CO-1", "Budapest art. 26")
def spontaneous_information(case: Case) -> Finding:
    """Tell whether information may be sent without a request; conditions are agreed before it is released."""
    (bound,) = case.found
    if bound.answer is not Answer.YES:
        return Finding(Answer.CHECK, bound.why, asks=bound.asks)
    note = message("note.conditions-before-release", **named(case, "from", "to"))
    return Finding(Answer.YES, message("power.spontaneous", **named(case, "from")), notes=(note,))


@rule("CO-3", "Budapest art. 35")
def urgent_channel(case: Case) -> Finding:
    """Tell whether the points of contact of the 24/7 network can be used; else Interpol or police."""
    (bound,) = case.found
    about = named(case, "from", "to")
    if bound.answer is Answer.YES:
        return Finding(
            Answer.YES,
            message("power.network-24-7", **about),
            notes=(message("note.use-24-7", **about),),
        )
    return Finding(
        Answer.CHECK, bound.why, asks=bound.asks, notes=(message("note.use-interpol", **about),)
    )


@rule("CO-5", "Regulation (EU) 2023/1543")
def order_inside_the_union(case: Case) -> Finding:
    """Tell whether a European order can go from one member state to a provider in another.

    It is given for an offence of the issuing state; for traffic and content data for a serious one.
    """
    *members, applies, crime, penalty = case.found
    about = named(case, "from", "to")
    answer = all_of(each.answer for each in (*members, applies))
    if answer is not Answer.YES:
        weakest = next(each for each in (*members, applies) if each.answer is answer)
        why = (
            weakest.why
            if answer is Answer.CHECK
            else message("power.not-inside-the-union", **about)
        )
        return Finding(answer, why)
    if crime.answer is not Answer.YES:
        ask = message("ask.offence-for-order", **named(case, "from"))
        why = message("power.european-order-offence", **about)
        return Finding(Answer.CHECK, why, asks=merged([(ask,), crime.asks]))
    if not case.given["needs_serious_offence"] or _is_serious(penalty):
        return Finding(Answer.YES, message("power.european-order", **about))
    ask = message("ask.e-evidence-offence", **named(case, "from"))
    why = message("power.european-order-threshold", **about)
    return Finding(Answer.CHECK, why, asks=(ask,))


@rule("CO-6", "18 U.S.C. 2703(f)")
def united_states_preservation(case: Case) -> Finding:
    """Tell that an authority of the United States may ask its provider; a foreign one asks through the 24/7 point."""
    network = all_of(each.answer for each in case.found)
    if network is not Answer.YES:
        weakest = next(each for each in case.found if each.answer is network)
        return Finding(Answer.CHECK, weakest.why, asks=asks_of(case.found))
    powers = [fact for fact in case.facts if fact.topic == "provision"]
    fact = surest(holding(powers, day_of(case)))
    if fact is None or not fact.confidence.is_usable:
        ask = message("ask.us-preservation", on=day_of(case).isoformat())
        return Finding(Answer.CHECK, message("power.us-not-known"), asks=(ask,))
    return Finding(
        Answer.YES, message("power.us-preservation"), notes=(message("note.us-through-24-7"),)
    )


@rule("CO-7", "Regulation (EU) 2022/2065 (DSA) arts 9, 16")
def action_against_content(case: Case) -> Finding:
    """Tell whether the host's state lets content be acted against: an order inside the Union, a notice by anyone.

    Both speak of illegal content: where the host's law surely does not punish the deed, it is a question.
    """
    sender, host, applies, crime = case.found
    about = named(case, "from", "to")
    answer = all_of((host.answer, applies.answer))
    if answer is Answer.YES and crime.answer is Answer.NO:
        ask = message("ask.illegal-at-host", on=day_of(case).isoformat(), **about)
        return Finding(Answer.CHECK, message("power.not-illegal-at-host", **about), asks=(ask,))
    if answer is Answer.YES:
        is_order = sender.answer is Answer.YES
        code = "power.removal-order" if is_order else "power.notice"
        return Finding(Answer.YES, message(code, **about))
    ask = message("ask.takedown", on=day_of(case).isoformat(), **about)
    weakest = next(each for each in (host, applies) if each.answer is answer)
    return Finding(Answer.CHECK, weakest.why, asks=(ask,))


@rule("CO-8", "one power is enough; a ground of refusal weakens it")
def channel_conclusion(case: Case) -> Finding:
    """Join powers and refusal: usable where one power stands and nothing may be refused, else `check`.

    What follows the powers and the grounds of refusal brings notes only.
    Without a treaty power the answer is never `no`: a bilateral treaty or national law may give one.
    """
    count = cast("int", case.given["powers"])
    last = count + cast("int", case.given["refusals"])
    powers, refusals = case.found[:count], case.found[count:last]
    about = named(case, "from", "to", "need")
    notes = notes_of(case.found)
    power = any_of(each.answer for each in powers)
    if power in {Answer.NO, Answer.CHECK}:
        ask = message("ask.other-basis", on=day_of(case).isoformat(), **about)
        asks = merged([(ask,), asks_of([each for each in powers if each.answer is Answer.CHECK])])
        return Finding(
            Answer.CHECK, message("channel.no-treaty-power", **about), asks=asks, notes=notes
        )
    open_grounds = [each for each in refusals if each.answer is not Answer.NO]
    if open_grounds and not case.given["is_free_of_refusal"]:
        return Finding(Answer.CHECK, open_grounds[0].why, asks=asks_of(open_grounds), notes=notes)
    return Finding(power, message("channel.usable", **about), notes=notes)


def _is_serious(penalty: Finding) -> bool:
    months = penalty.values.get("least_max_months")
    return isinstance(months, int) and months >= _SERIOUS_MONTHS


def needs_dual_criminality(need: Need) -> bool:
    """Tell whether assistance of this kind may be made to depend on dual criminality."""
    return need in _WITH_DUAL_CRIMINALITY


_WITH_DUAL_CRIMINALITY: Final = frozenset(
    {Need.SUBSCRIBER, Need.TRAFFIC, Need.CONTENT, Need.MLA, Need.EXTRADITION}
)
