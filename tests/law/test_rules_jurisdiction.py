"""Who can claim a case: grounds of treaties, what switches them off, and when states must consult."""

from typing import Any

import pytest
from tests.law.cases import CHECK, NO, PARTLY, YES, codes, find, found, told

from rempart.law.rules import jurisdiction as rules
from rempart.model.law import Answer
from rempart.model.law_answers import Finding

ABOUT = {"state": "FR", "role": "host", "conduct": "distribution", "ground": "22(1)(d)"}
Told = tuple[str, str, list[str]]
NAMED = found(Answer.CHECK, asks=["ask.reservation"], is_named=True)
UNREAD = found(Answer.CHECK, asks=["ask.reservation"], is_named=False)


@pytest.mark.parametrize(
    ("bound", "reservation", "expected"),
    [
        (YES, NO, ("yes", "exercise.yes", [])),
        (YES, UNREAD, ("yes", "exercise.yes", [])),
        (YES, NAMED, ("check", "exercise.check", ["ask.ground-despite-reservation"])),
        (YES, YES, ("check", "exercise.yes", ["ask.ground-despite-reservation"])),
        (YES, found(Answer.YES, child_from=15), ("yes", "exercise.yes", [])),
        (NO, YES, ("no", "exercise.no", [])),
        (CHECK, YES, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_ju_0_a_part_wholly_reserved_is_not_accepted(
    bound: Finding, reservation: Finding, expected: Told
) -> None:
    given = {**ABOUT, "can_be_reserved": False}

    assert told(find(rules.offence_accepted, given, uses=[bound, reservation])) == expected


def test_ju_0_a_part_that_may_be_reserved_is_a_question_until_it_was_read() -> None:
    given = {**ABOUT, "can_be_reserved": True}

    unread, none = (
        find(rules.offence_accepted, given, uses=[YES, reservation]) for reservation in (UNREAD, NO)
    )

    assert told(unread) == ("check", "exercise.check", ["ask.ground-despite-reservation"])
    assert none is YES


@pytest.mark.parametrize(
    ("rule", "code"),
    [(rules.territory, "ground.territory"), (rules.flag_or_registration, "ground.flag")],
)
@pytest.mark.parametrize(
    ("uses", "answer", "why"),
    [
        ([NO, YES], "yes", None),
        ([NO, CHECK], "check", "exercise.check"),
        ([NO, NO], "check", "exercise.no"),
        ([], "check", "ground.no-treaty-covers"),
    ],
)
def test_ju_1_and_2_one_treaty_is_enough_and_none_leaves_it_to_national_law(
    rule: Any, code: str, uses: list[Finding], answer: str, why: str | None
) -> None:
    asks = [] if answer == "yes" else ["ask.jurisdiction"]

    assert told(find(rule, ABOUT, uses=uses)) == (answer, why or code, asks)


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, YES], ("yes", "ground.nationality", [])),
        ([YES, YES, NO, YES], ("yes", "ground.nationality", [])),
        (
            [YES, YES, CHECK],
            ("check", "ground.not-punishable-where-committed", ["ask.punishable-where-committed"]),
        ),
        ([YES, CHECK, YES], ("check", "exercise.check", ["ask.before"])),
        ([NO, YES], ("check", "exercise.no", ["ask.jurisdiction"])),
        ([CHECK, YES], ("check", "exercise.check", ["ask.jurisdiction"])),
    ],
)
def test_ju_3_nationality_needs_the_treaty_no_reservation_and_a_crime_there(
    uses: list[Finding], expected: Told
) -> None:
    assert told(find(rules.active_nationality, ABOUT, uses=uses)) == expected


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([YES, NO, CHECK], ("yes", "ground.national-or-resident", [])),
        ([YES, NO, CHECK, YES], ("yes", "ground.national-or-resident", [])),
        ([YES, NO, YES, NO], ("yes", "ground.national-or-resident", [])),
        ([YES, NO, CHECK, NO], ("check", "exercise.check", ["ask.before"])),
        (
            [YES, CHECK, YES],
            ("check", "exercise.check", ["ask.national-or-resident", "ask.before"]),
        ),
        ([YES, YES, YES], ("check", "exercise.yes", ["ask.national-or-resident"])),
        ([NO, NO, YES], ("check", "exercise.no", ["ask.jurisdiction"])),
    ],
)
def test_ju_4_nationality_or_residence(uses: list[Finding], expected: Told) -> None:
    assert told(find(rules.nationals_and_residents, ABOUT, uses=uses)) == expected


@pytest.mark.parametrize(
    ("conduct", "bound", "expected"),
    [
        ("production", YES, ("yes", "abroad.by-treaty", [])),
        ("performance-recruiting", YES, ("yes", "abroad.by-treaty", [])),
        (
            "distribution",
            YES,
            ("check", "abroad.national-law-decides", ["ask.dual-criminality-for-nationals"]),
        ),
        ("production", NO, ("check", "exercise.no", [])),
        ("production", CHECK, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_dc_5_a_national_abroad(conduct: str, bound: Finding, expected: Told) -> None:
    given = {**ABOUT, "conduct": conduct}

    assert told(find(rules.own_national_without_dual_criminality, given, uses=[bound])) == expected


def test_ju_5_the_childs_side_is_always_a_question() -> None:
    got = find(rules.passive_personality, ABOUT)

    assert told(got) == ("check", "ground.child", ["ask.place-or-nationality-of-child"])


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([NO, YES], ("yes", "ground.prosecute-or-extradite", [])),
        ([NO, CHECK], ("check", "exercise.check", ["ask.before"])),
        ([], ("check", "ground.no-treaty-covers", [])),
    ],
)
def test_ju_6_prosecute_or_extradite(uses: list[Finding], expected: Told) -> None:
    got = find(rules.prosecute_or_extradite, ABOUT, uses=uses)

    assert told(got) == expected
    assert codes(got.notes) == (["note.prosecute-or-extradite"] if YES in uses else [])


@pytest.mark.parametrize(
    ("uses", "answer", "why"),
    [
        ([YES, YES], "yes", "consultation.needed"),
        ([YES, PARTLY], "yes", "consultation.needed"),
        ([YES, CHECK], "check", "consultation.perhaps"),
        ([CHECK, CHECK], "check", "consultation.perhaps"),
        ([YES, NO], "no", "consultation.not-needed"),
        ([CHECK, NO], "no", "consultation.not-needed"),
    ],
)
def test_ju_7_two_claims_need_a_consultation(uses: list[Finding], answer: str, why: str) -> None:
    got = find(rules.several_claims, {"states": ("FR", "DE")}, uses=uses)

    assert told(got) == (answer, why, [])


@pytest.mark.parametrize(
    ("reservation", "expected"),
    [
        (NO, ("yes", "ground.stands", [])),
        (YES, ("check", "ground.switched-off", ["ask.ground-under-national-law"])),
        (CHECK, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_ju_8_a_reservation_leaves_the_ground_to_national_law(
    reservation: Finding, expected: Told
) -> None:
    assert told(find(rules.ground_not_switched_off, ABOUT, uses=[reservation])) == expected


@pytest.mark.parametrize(
    ("uses", "grounds", "expected"),
    [
        ([CHECK, YES], 2, ("yes", "exercise.yes", [])),
        ([NO, CHECK], 2, ("check", "exercise.check", ["ask.before"])),
        ([CHECK, YES], 1, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_ju_9_one_ground_is_enough_and_what_stands_besides_gives_no_claim(
    uses: list[Finding], grounds: int, expected: Told
) -> None:
    assert told(find(rules.candidate, {**ABOUT, "grounds": grounds}, uses=uses)) == expected


@pytest.mark.parametrize(
    ("uses", "answer", "why"),
    [
        ([YES, CHECK, NO], "yes", "jurisdiction.sure"),
        ([CHECK, CHECK, CHECK], "check", "jurisdiction.none-sure"),
        ([NO, NO, NO], "check", "jurisdiction.none-sure"),
    ],
)
def test_ju_10_no_sure_claim_is_never_a_no(uses: list[Finding], answer: str, why: str) -> None:
    got = find(rules.claims, {"states": ("FR", "DE")}, uses=uses)

    assert (got.answer.value, got.why.code) == (answer, why)
