"""Extradition needs a treaty offence, a crime in both states, a year's maximum, a basis, and no declared limit."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import CHECK, NO, YES, a_fact, codes, find, found, told

from rempart.law.rules import extradition as rules
from rempart.model.law import Answer, Confidence
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

PAIR = {"from": "FR", "to": "PT", "conduct": "distribution", "is_treaty_offence": True}
Told = tuple[str, str, list[str]]


def most(months: int | None, *asks: str) -> Finding:
    return found(Answer.YES, asks=asks, least_max_months=months)


@pytest.mark.parametrize(
    ("uses", "more", "expected"),
    [
        ([YES, YES, most(12), most(60)], {}, ("yes", "extradition.threshold-met", [])),
        (
            [YES, YES, most(11), most(None)],
            {},
            ("no", "extradition.below-one-year", ["ask.other-threshold"]),
        ),
        (
            [YES, YES, most(12), most(None, "ask.penalty")],
            {},
            ("check", "extradition.penalty-not-known", ["ask.penalty", "ask.maximum-penalty"]),
        ),
        ([YES, NO, most(12), most(12)], {}, ("no", "exercise.no", [])),
        ([YES, CHECK, most(12), most(12)], {}, ("check", "exercise.check", ["ask.before"])),
        ([NO, YES, most(12), most(12)], {}, ("no", "exercise.no", [])),
        (
            [YES, YES, most(12), most(12)],
            {"is_treaty_offence": False},
            ("no", "extradition.not-arts-2-11", []),
        ),
    ],
)
def test_ex_1_the_threshold(uses: list[Finding], more: dict[str, object], expected: Told) -> None:
    assert told(find(rules.extraditable, {**PAIR, **more}, uses=uses)) == expected


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([NO, YES], ("yes", "extradition.basis", [])),
        ([NO, CHECK], ("check", "extradition.no-basis", ["ask.extradition-basis"])),
        ([NO, NO], ("check", "extradition.no-basis", ["ask.extradition-basis"])),
    ],
)
def test_ex_2_a_multilateral_treaty_may_be_the_basis(uses: list[Finding], expected: Told) -> None:
    assert told(find(rules.multilateral_basis, PAIR, uses=uses)) == expected


def declared(**more: Any) -> Fact:
    fields = {"article": "24(5) declaration", "applies_to": ("24",), **more}
    return a_fact("treaty.budapest.reservation", "no own nationals", subject="PT", **fields)


@pytest.mark.parametrize(
    ("facts", "is_limited"),
    [
        ([], False),
        ([declared()], True),
        ([declared(confidence=Confidence.LOW)], True),
        ([declared(since=date(2025, 1, 1))], True),
        ([declared(until=date(2023, 1, 1))], False),
    ],
)
def test_ex_3_a_declared_limit_is_a_question_also_before_the_day_it_was_read(
    facts: list[Fact], *, is_limited: bool
) -> None:
    got = find(rules.declared_limits, PAIR, facts=facts)

    limited: Told = ("check", "extradition.limits", ["ask.extradition-limits"])
    assert told(got) == (limited if is_limited else ("no", "extradition.no-declaration", []))
    assert codes(got.notes) == (["note.extradition-limits"] if is_limited else [])


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, YES, NO], ("yes", "exercise.yes", [])),
        ([NO, YES, NO], ("check", "exercise.no", ["ask.other-basis"])),
        ([CHECK, YES, NO], ("check", "exercise.check", ["ask.other-basis", "ask.before"])),
        ([YES, CHECK, NO], ("check", "exercise.check", ["ask.before"])),
        ([YES, YES, CHECK], ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_ex_4_without_the_treatys_own_way_another_may_open_one(
    uses: list[Finding], expected: Told
) -> None:
    assert told(find(rules.extradition_conclusion, PAIR, uses=uses)) == expected
