"""What one state may ask of another: powers need both, refusals weaken, and only a reservation may refuse."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import CHECK, NO, PARTLY, YES, a_fact, codes, find, found, told

from rempart.law.rules import cooperation as rules
from rempart.model.law import Answer, Confidence, Need
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

PAIR = {"from": "FR", "to": "JP", "need": "preservation", "instrument": "budapest"}
Told = tuple[str, str, list[str]]
LOW = Confidence.LOW


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, YES, YES, YES], ("yes", "dual.both", [])),
        ([YES, YES, NO, CHECK], ("yes", "dual.both", [])),
        ([YES, NO, YES, YES], ("no", "exercise.no", [])),
        ([YES, CHECK, YES, YES], ("check", "exercise.check", ["ask.before"])),
        ([CHECK, NO, YES, YES], ("no", "exercise.no", ["ask.before"])),
        ([PARTLY, YES, YES, YES], ("partly", "exercise.partly", [])),
    ],
)
def test_dc_1_the_conduct_must_be_a_crime_in_both(uses: list[Finding], expected: Told) -> None:
    got = find(rules.dual_criminality, PAIR, uses=uses)

    assert told(got) == expected
    assert got.values["both_parties"] is (uses[2] is uses[3] is YES)


def test_dc_1_notes_that_age_limits_differ() -> None:
    limits = [found(Answer.YES, age_limit=each) for each in (18, 16)]

    got = find(rules.dual_criminality, PAIR, uses=[*limits, YES, YES])

    assert codes(got.notes) == ["note.age-limits-differ"]


@pytest.mark.parametrize("rule", [rules.power_between, rules.second_protocol])
@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, YES], ("yes", "power.available", [])),
        ([YES, NO], ("no", "exercise.no", [])),
        ([CHECK, YES], ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_co_4_a_power_needs_both_states_bound(
    rule: Any, uses: list[Finding], expected: Told
) -> None:
    assert told(find(rule, PAIR, uses=uses)) == expected


@pytest.mark.parametrize(
    ("bound", "exception", "expected"),
    [
        (YES, NO, ("no", "exercise.no", [])),
        (YES, CHECK, ("check", "exercise.check", ["ask.before"])),
        (NO, NO, ("check", "exercise.no", [])),
        (CHECK, NO, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_dc_2_preservation_is_not_refused_but_for_the_exception(
    bound: Finding, exception: Finding, expected: Told
) -> None:
    rule = rules.preservation_without_dual_criminality

    assert told(find(rule, PAIR, uses=[bound, exception])) == expected


NAMED = found(Answer.CHECK, asks=["ask.reservation"], is_named=True)


@pytest.mark.parametrize(
    ("uses", "offence", "reservable", "why"),
    [
        ([NO, YES, YES], False, True, "refusal.no-29-4"),
        ([YES, CHECK, CHECK], True, False, "refusal.never-for-arts-2-11"),
        ([YES, NO, CHECK], True, True, "refusal.never-for-arts-2-11"),
        ([YES, YES, CHECK], True, True, "refusal.possible"),
        ([YES, CHECK, CHECK], True, True, "refusal.possible"),
        ([YES, NO, YES], True, True, "refusal.possible"),
        ([YES, NO, NAMED], True, True, "refusal.possible"),
        ([YES, NO, NO], False, False, "refusal.possible"),
        ([CHECK, YES, CHECK], True, True, "refusal.not-read"),
        ([CHECK, NO, CHECK], True, True, "refusal.never-for-arts-2-11"),
    ],
)
def test_dc_3_only_a_reservation_may_refuse_and_never_for_offences_accepted(
    uses: list[Finding], *, offence: bool, reservable: bool, why: str
) -> None:
    given = {**PAIR, "is_treaty_offence": offence, "can_be_reserved": reservable}

    got = find(rules.refusal_under_reservation, given, uses=uses)

    is_open = why in {"refusal.possible", "refusal.not-read"}
    assert (got.answer.value, got.why.code) == ("check" if is_open else "no", why)
    assert ("ask.refusal-29-4" in codes(got.asks)) is is_open


@pytest.mark.parametrize("reservation", [YES, NO, CHECK])
def test_dc_6_says_whether_the_reservation_was_made(reservation: Finding) -> None:
    assert find(rules.reservation_29_4, {}, uses=[reservation]) is reservation


def test_dc_4_other_grounds_are_for_persons() -> None:
    got = find(rules.other_grounds, PAIR)

    assert told(got) == ("check", "refusal.other-grounds", ["ask.other-grounds"])


@pytest.mark.parametrize(
    ("dual", "expected"),
    [
        (YES, ("no", "refusal.dual-criminality-met", [])),
        (NO, ("check", "refusal.dual-criminality-open", ["ask.dual-criminality-for-assistance"])),
        (
            CHECK,
            (
                "check",
                "refusal.dual-criminality-open",
                ["ask.dual-criminality-for-assistance", "ask.before"],
            ),
        ),
    ],
)
def test_dc_8_assistance_is_safe_only_where_the_deed_is_a_crime_in_both(
    dual: Finding, expected: Told
) -> None:
    assert told(find(rules.assistance_with_dual_criminality, PAIR, uses=[dual])) == expected


@pytest.mark.parametrize(
    ("rule", "why", "note", "otherwise"),
    [
        (rules.spontaneous_information, "power.spontaneous", "note.conditions-before-release", []),
        (rules.urgent_channel, "power.network-24-7", "note.use-24-7", ["note.use-interpol"]),
    ],
)
def test_co_1_and_3_need_both_bound(rule: Any, why: str, note: str, otherwise: list[str]) -> None:
    sure = find(rule, PAIR, uses=[YES])
    none, unsure = (find(rule, PAIR, uses=[each]) for each in (NO, CHECK))

    assert (told(sure), codes(sure.notes)) == (("yes", why, []), [note])
    assert (told(none), codes(none.notes)) == (("check", "exercise.no", []), otherwise)
    assert told(unsure) == ("check", "exercise.check", ["ask.before"])


def limit(amount: int, unit: str = "days", number: int = 1, **more: Any) -> Fact:
    return a_fact("deadline", "a limit", number=number, amount=amount, unit=unit, **more)


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ([limit(60), limit(90, number=2)], 60),
        ([limit(90), limit(8, "hours", 2)], 90),
        ([limit(60, confidence=LOW), limit(90, number=2)], 90),
        ([limit(60, since=date(2025, 1, 1))], None),
        ([], None),
    ],
)
def test_co_2_the_shortest_clock_that_stands_is_the_safe_one(
    facts: list[Fact], days: int | None
) -> None:
    got = find(rules.preservation_clock, PAIR, facts=facts)

    assert got.why.params.get("days") == days
    assert got.answer is (Answer.CHECK if days is None else Answer.YES)


SERIOUS, PETTY, OPEN = (found(Answer.YES, least_max_months=each) for each in (36, 35, None))


@pytest.mark.parametrize(
    ("uses", "serious", "expected"),
    [
        ([YES, YES, YES, YES, CHECK], False, ("yes", "power.european-order", [])),
        ([YES, YES, YES, YES, SERIOUS], True, ("yes", "power.european-order", [])),
        (
            [YES, YES, YES, YES, PETTY],
            True,
            ("check", "power.european-order-threshold", ["ask.e-evidence-offence"]),
        ),
        (
            [YES, YES, YES, YES, OPEN],
            True,
            ("check", "power.european-order-threshold", ["ask.e-evidence-offence"]),
        ),
        ([YES, NO, YES, YES, SERIOUS], True, ("no", "power.not-inside-the-union", [])),
        ([YES, YES, NO, YES, SERIOUS], False, ("no", "power.not-inside-the-union", [])),
        ([YES, CHECK, YES, YES, SERIOUS], False, ("check", "exercise.check", [])),
        (
            [YES, YES, YES, CHECK, SERIOUS],
            False,
            ("check", "power.european-order-offence", ["ask.offence-for-order", "ask.before"]),
        ),
    ],
)
def test_co_5_a_european_order_stays_inside_the_union(
    uses: list[Finding], *, serious: bool, expected: Told
) -> None:
    given = {**PAIR, "needs_serious_offence": serious}

    assert told(find(rules.order_inside_the_union, given, uses=uses)) == expected


def power(**more: Any) -> Fact:
    return a_fact("provision", "preserve", subject="us-federal", **more)


@pytest.mark.parametrize(
    ("uses", "facts", "expected"),
    [
        ([YES, YES], [power()], ("yes", "power.us-preservation", [])),
        (
            [YES, YES],
            [power(confidence=LOW)],
            ("check", "power.us-not-known", ["ask.us-preservation"]),
        ),
        (
            [YES, YES],
            [power(since=date(2026, 11, 22)), limit(90)],
            ("check", "power.us-not-known", ["ask.us-preservation"]),
        ),
        ([CHECK, YES], [power()], ("check", "exercise.check", ["ask.before"])),
        ([NO, YES], [power()], ("check", "exercise.no", [])),
    ],
)
def test_co_6_a_foreign_authority_asks_through_the_network(
    uses: list[Finding], facts: list[Fact], expected: Told
) -> None:
    assert told(find(rules.united_states_preservation, PAIR, facts=facts, uses=uses)) == expected


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, YES, YES, YES], ("yes", "power.removal-order", [])),
        ([NO, YES, YES, CHECK], ("yes", "power.notice", [])),
        ([YES, YES, YES, NO], ("check", "power.not-illegal-at-host", ["ask.illegal-at-host"])),
        ([YES, NO, YES, YES], ("check", "exercise.no", ["ask.takedown"])),
        ([YES, YES, CHECK, YES], ("check", "exercise.check", ["ask.takedown"])),
    ],
)
def test_co_7_an_order_inside_the_union_a_notice_by_anyone(
    uses: list[Finding], expected: Told
) -> None:
    assert told(find(rules.action_against_content, PAIR, uses=uses)) == expected


@pytest.mark.parametrize(
    ("powers", "refusals", "free", "expected"),
    [
        ([YES], [NO], False, ("yes", "channel.usable", [])),
        ([NO, YES], [], False, ("yes", "channel.usable", [])),
        ([YES], [CHECK], False, ("check", "exercise.check", ["ask.before"])),
        ([YES], [CHECK], True, ("yes", "channel.usable", [])),
        ([NO], [NO], False, ("check", "channel.no-treaty-power", ["ask.other-basis"])),
        (
            [CHECK],
            [NO],
            True,
            ("check", "channel.no-treaty-power", ["ask.other-basis", "ask.before"]),
        ),
        ([], [], False, ("check", "channel.no-treaty-power", ["ask.other-basis"])),
    ],
)
def test_co_8_one_power_is_enough_and_no_power_is_never_a_no(
    powers: list[Finding], refusals: list[Finding], *, free: bool, expected: Told
) -> None:
    given = {
        **PAIR,
        "powers": len(powers),
        "refusals": len(refusals),
        "is_free_of_refusal": free,
    }
    beside = found(Answer.CHECK, asks=["ask.beside"], notes=["note.beside"])

    got = find(rules.channel_conclusion, given, uses=[*powers, *refusals, beside])

    assert (told(got), codes(got.notes)) == (expected, ["note.beside"])


def test_some_needs_may_depend_on_dual_criminality_and_preservation_may_not() -> None:
    assert rules.needs_dual_criminality(Need.CONTENT)
    assert not rules.needs_dual_criminality(Need.PRESERVATION)
