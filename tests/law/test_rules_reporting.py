"""What an organisation must do follows from the law of its own state; another state's law is a question."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import CHECK, NO, PARTLY, YES, a_fact, codes, find, found, told

from rempart.law.rules import reporting as rules
from rempart.model.law import Answer, Confidence
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

ABOUT = {
    "state": "FR",
    "kind": "platform",
    "is_established": True,
    "conduct": "distribution",
    "is_of_child": True,
}
ABROAD = {**ABOUT, "is_established": False}
Told = tuple[str, str, list[str]]


@pytest.mark.parametrize(
    ("duty", "given", "expected"),
    [
        (YES, ABOUT, ("yes", "report.yes", [])),
        (PARTLY, ABOUT, ("partly", "report.partly", [])),
        (NO, ABOUT, ("no", "report.no-duty", [])),
        (CHECK, ABOUT, ("check", "exercise.check", ["ask.before"])),
        (YES, ABROAD, ("check", "report.other-state", ["ask.duty-reaches"])),
        (PARTLY, ABROAD, ("check", "report.other-state", ["ask.duty-reaches"])),
        (NO, ABROAD, ("no", "report.no-duty", [])),
    ],
)
def test_rp_1_the_state_of_establishment_binds(
    duty: Finding, given: dict[str, object], expected: Told
) -> None:
    assert told(find(rules.report_duty, given, uses=[duty])) == expected


@pytest.mark.parametrize(
    ("uses", "given", "expected"),
    [
        ([YES, YES], ABOUT, ("partly", "report.threat-to-life", ["ask.threat-to-life"])),
        ([PARTLY, YES], ABOUT, ("partly", "report.threat-to-life", ["ask.threat-to-life"])),
        ([YES, YES], ABROAD, ("check", "report.other-state", ["ask.duty-reaches"])),
        ([YES, CHECK], ABOUT, ("check", "exercise.check", ["ask.before"])),
        ([NO, YES], ABOUT, ("no", "exercise.no", [])),
        ([CHECK, YES], ABOUT, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_rp_2_a_threat_to_life_is_a_part(
    uses: list[Finding], given: dict[str, object], expected: Told
) -> None:
    got = find(rules.threat_to_life, given, uses=uses)

    assert told(got) == expected
    assert codes(got.notes) == (["note.dsa-recipient"] if got.answer is Answer.PARTLY else [])


def order(**more: Any) -> Fact:
    return a_fact("provision", "an order", subject="dsa", attach=("reasons", "location"), **more)


@pytest.mark.parametrize(
    ("facts", "is_known"),
    [
        ([order()], True),
        ([order(confidence=Confidence.LOW)], False),
        ([order(since=date(2025, 1, 1))], False),
        ([a_fact("provision", "another", subject="dsa")], False),
        ([], False),
    ],
)
def test_rp_3_an_order_names_its_parts(facts: list[Fact], *, is_known: bool) -> None:
    got = find(rules.removal_order_content, ABOUT, facts=facts)

    assert (got.answer is Answer.YES) is is_known
    assert got.values.get("parts") == (("reasons", "location") if is_known else None)


@pytest.mark.parametrize(
    ("duties", "others", "expected"),
    [
        ([YES, CHECK], [], ("yes", "exercise.yes", ["ask.before"])),
        ([NO, PARTLY], [], ("partly", "exercise.partly", [])),
        ([PARTLY, CHECK], [], ("check", "exercise.check", ["ask.before"])),
        ([NO], [YES], ("no", "exercise.no", [])),
        ([NO], [CHECK], ("no", "exercise.no", ["ask.before"])),
        ([], [YES], ("check", "report.establishment-not-given", ["ask.report-duty"])),
    ],
)
def test_rp_4_one_duty_that_binds_is_enough(
    duties: list[Finding], others: list[Finding], expected: Told
) -> None:
    given = {**ABOUT, "duties": len(duties), "elsewhere": 0}

    assert told(find(rules.duties_conclusion, given, uses=[*duties, *others])) == expected


def test_rp_4_a_duty_elsewhere_keeps_a_no_at_home_open() -> None:
    reaching = found(Answer.CHECK, asks=["ask.duty-reaches"], value="yes")
    given = {**ABOUT, "duties": 1, "elsewhere": 1}

    got = find(rules.duties_conclusion, given, uses=[NO, reaching])

    assert told(got) == ("check", "exercise.check", ["ask.duty-reaches"])


@pytest.mark.parametrize(
    ("more", "fields", "answer"),
    [
        ({"conduct": "solicitation"}, {}, "check"),
        ({"is_of_child": False}, {}, "check"),
        ({"conduct": "solicitation"}, {"conducts": ("solicitation",)}, "yes"),
        ({}, {"conducts": ("solicitation",)}, "check"),
    ],
)
def test_rp_1_a_duty_covers_the_deeds_that_its_fact_names(
    more: dict[str, object], fields: dict[str, Any], answer: str
) -> None:
    fact = a_fact("report.duty", "yes", **fields)

    got = find(rules.report_duty, {**ABOUT, **more}, facts=[fact], uses=[YES])

    assert got.answer.value == answer
    assert codes(got.asks) == (["ask.duty-covers"] if answer == "check" else [])


@pytest.mark.parametrize(
    ("keeping", "erasing", "is_conflict"),
    [
        (("FR",), ("DE",), True),
        (("FR", "DE"), ("FR",), True),
        (("FR",), ("FR",), False),
        (("FR",), (), False),
        ((), ("DE",), False),
    ],
)
def test_rp_5_keeping_here_and_erasing_there_is_a_conflict(
    keeping: tuple[str, ...], erasing: tuple[str, ...], *, is_conflict: bool
) -> None:
    got = find(rules.conflicting_duties, {"preserve": keeping, "erase": erasing})

    conflict: Told = ("check", "conflict.keep-and-erase", ["ask.conflict"])
    assert told(got) == (conflict if is_conflict else ("no", "conflict.none", []))


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, NO], ("yes", "detection.interim", [])),
        ([NO, YES], ("yes", "detection.successor", [])),
        ([NO, NO], ("check", "detection.no-derogation", ["ask.voluntary-detection"])),
        ([CHECK, CHECK], ("check", "detection.no-derogation", ["ask.voluntary-detection"])),
    ],
)
def test_vd_1_scanning_without_a_derogation_is_a_question(
    uses: list[Finding], expected: Told
) -> None:
    assert told(find(rules.voluntary_detection, ABOUT, uses=uses)) == expected


@pytest.mark.parametrize(
    ("kind", "bound", "expected"),
    [
        ("police", YES, ("yes", "power.preservation-order", [])),
        ("police", CHECK, ("check", "exercise.check", ["ask.before"])),
        ("police", NO, ("check", "exercise.no", [])),
        ("hotline", YES, ("check", "exercise.yes", [])),
    ],
)
def test_rp_6_only_the_police_order_preservation(kind: str, bound: Finding, expected: Told) -> None:
    assert told(find(rules.police_powers, {**ABOUT, "kind": kind}, uses=[bound])) == expected


def test_a_duty_keeps_what_the_fact_says() -> None:
    duty = found(Answer.YES, value="yes", fact="FR.report.duty.1")

    assert find(rules.report_duty, ABOUT, uses=[duty]).values == duty.values
