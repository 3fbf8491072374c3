"""How far a state is from an instrument: each obligation against national law, reservations and status."""

from collections import Counter
from enum import StrEnum
from typing import Final, NamedTuple, cast

from rempart.law.derivation import Case, rule
from rempart.law.rules.joining import asks_of, merged
from rempart.law.rules.reading import day_of, named, text_of
from rempart.model.law import Answer, Message, Parameter, all_of, message
from rempart.model.law_answers import Finding


class GapStatus(StrEnum):
    """Where a state stands with one obligation.

    As an answer: `met` is yes, `partly` is partly, `not-met` is no, `check` is check. `reserved` is partly
    where national law is known not to punish: the state keeps what it accepted, not the whole. It is
    check where national law is not known, or where the reservation leaves cases open.
    """

    MET = "met"
    PARTLY = "partly"
    RESERVED = "reserved"
    NOT_MET = "not-met"
    CHECK = "check"


_NARROWER: Final = frozenset({("opsc", "possession")})
"""Obligations narrower than the facts: OPSC art. 3(1)(c) asks for possession for the purposes that it names."""


class _Measured(NamedTuple):
    status: GapStatus
    answer: Answer
    why: Message
    asks: tuple[Message, ...] = ()


@rule("GAP-1", "an obligation to punish, against national law and reservations")
def obligation_met(case: Case) -> Finding:
    """Measure one obligation: national law first, then what the state reserved.

    Given whether the obligation `can_be_reserved`: where it can and nothing was read, a missing offence is
    not known to be a gap. A reservation of a state that is no party does not count.
    """
    measured = _measured(case)
    crime, party, *reservations = case.found
    notes = [] if party.answer is Answer.NO else [each.notes for each in reservations]
    return Finding(
        measured.answer,
        measured.why,
        asks=merged([measured.asks]),
        notes=merged([crime.notes, *notes]),
        values={"status": measured.status.value},
    )


def _measured(case: Case) -> _Measured:
    crime = case.found[0]
    about = _about(case)
    if not case.facts[0].confidence.is_usable:
        ask = message("ask.provision-text", **about)
        why = message("gap.provision-not-read", **about)
        return _Measured(GapStatus.CHECK, Answer.CHECK, why, (ask,))
    if crime.answer is Answer.YES:
        return _Measured(GapStatus.MET, Answer.YES, crime.why)
    if (text_of(case, "instrument"), text_of(case, "conduct")) in _NARROWER:
        ask = message("ask.possession-for-purposes", **about)
        why = message("gap.obligation-is-narrower", **about)
        return _Measured(GapStatus.CHECK, Answer.CHECK, why, (*crime.asks, ask))
    if crime.answer is Answer.PARTLY:
        return _Measured(GapStatus.PARTLY, Answer.PARTLY, crime.why, crime.asks)
    return _with_reservation(case)


def _with_reservation(case: Case) -> _Measured:
    """Measure an obligation that national law is not known to fulfil."""
    crime, party, *reservations = case.found
    reservation = reservations[0] if reservations and party.answer is not Answer.NO else None
    is_known = crime.answer is Answer.NO
    if reservation is not None and reservation.answer is Answer.YES:
        if party.answer is not Answer.YES:
            # Whether the reservation counts at all depends on whether the treaty binds the state.
            return _Measured(GapStatus.CHECK, Answer.CHECK, party.why, (*crime.asks, *party.asks))
        return _reserved(case, reservation)
    is_open = reservation is not None and reservation.answer is Answer.CHECK
    if is_known and is_open and case.given["can_be_reserved"]:
        why = message("gap.reservation-not-read", **_about(case))
        asks = cast("Finding", reservation).asks
        return _Measured(GapStatus.CHECK, Answer.CHECK, why, asks)
    if is_known:
        return _Measured(GapStatus.NOT_MET, Answer.NO, crime.why)
    return _Measured(GapStatus.CHECK, Answer.CHECK, crime.why, crime.asks)


def _reserved(case: Case, reservation: Finding) -> _Measured:
    """Measure an obligation with a reservation in force; one for some persons only leaves the others open."""
    crime, about = case.found[0], _about(case)
    why = message("gap.reserved", **about)
    ask = message("ask.reservation-extent", **about)
    asks = (*crime.asks, ask) if reservation.values["for_some_only"] else crime.asks
    if crime.answer is Answer.CHECK:
        return _Measured(GapStatus.RESERVED, Answer.CHECK, why, asks)
    if reservation.values["for_some_only"]:
        return _Measured(GapStatus.NOT_MET, Answer.NO, crime.why, asks)
    return _Measured(GapStatus.RESERVED, Answer.PARTLY, why)


def _about(case: Case) -> dict[str, Parameter]:
    on = day_of(case).isoformat()
    return named(case, "state", "instrument", "article", "conduct", "material", on=on)


@rule("GAP-2", "every obligation of the instrument")
def distance(case: Case) -> Finding:
    """Join the obligations: any not met gives no, else any to check gives check, all met gives yes.

    The text of the reason is `gap.overall-` with the answer.
    The first finding is whether the state is bound; it never changes the measure, since coherent law is
    the aim everywhere. Given are the offences of the instrument that were `not_measured`.
    """
    party, *obligations = case.found
    about = named(case, "state", "instrument")
    notes = _party_notes(party, about)
    if beyond := tuple(cast("tuple[str, ...]", case.given["not_measured"])):
        notes.append(message("gap.not-measured", articles=beyond, **about))
    counts = Counter(text for each in obligations if isinstance(text := each.values["status"], str))
    values = {"counts": {each.value: counts[each.value] for each in GapStatus}}
    if not obligations:
        ask = message("ask.obligations", on=day_of(case).isoformat(), **about)
        why = message("gap.nothing-to-measure", **about)
        return Finding(Answer.CHECK, why, asks=(ask,), notes=tuple(notes), values=values)
    answer = all_of(each.answer for each in obligations)
    found = sum(each.answer is answer for each in obligations)
    why = message(f"gap.overall-{answer.value}", count=found, total=len(obligations), **about)
    return Finding(answer, why, asks=asks_of(obligations), notes=tuple(notes), values=values)


def _party_notes(party: Finding, about: dict[str, Parameter]) -> list[Message]:
    if party.answer is Answer.NO:
        return [message("gap.not-bound", **about)]
    if party.answer is Answer.CHECK:
        return [message("gap.bound-unknown", **about)]
    return []


@rule("EU-M", "TFEU art. 288 with Protocols 21 and 22: acts of the Union bind its members")
def bound_as_member(case: Case) -> Finding:
    """Tell whether an act of the Union binds a state: its own position on the act, else its membership."""
    membership, *positions = case.found
    deciding = positions[0] if positions else membership
    about = named(case, "state", "instrument")
    if deciding.answer is Answer.CHECK:
        return deciding
    code = "gap.bound-by-union-act" if deciding.answer is Answer.YES else "gap.free-of-union-act"
    return Finding(deciding.answer, message(code, **about), values=deciding.values)
