"""Whether a deed is a crime follows from national law: offence, age, material, exemption and penalty."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import CHECK, NO, PARTLY, YES, a_fact, codes, find, found, told

from rempart.law.rules import criminality as rules
from rempart.model.law import Answer, Confidence
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

ABOUT = {"state": "FR", "conduct": "possession", "material": "realistic-image"}
LOW = Confidence.LOW
READ_YES = found(Answer.YES, basis="Exercise Act 1", fact="FR.crime.possession.1")
READ_NO = found(Answer.NO, basis="Exercise Act 1")
READ_PARTLY = found(Answer.PARTLY, asks=["ask.in-part"], basis="Exercise Act 1")
UNSURE_NO = found(Answer.CHECK, asks=["ask.crime"], unsure="no")
UNSURE_PART = found(Answer.CHECK, asks=["ask.crime"], unsure="partly")
PROOF = found(Answer.YES, basis="Exercise Act 2")


def penalty(number: int = 1, confidence: Confidence = Confidence.HIGH, **fields: Any) -> Fact:
    return a_fact("penalty.possession", "a range", number=number, confidence=confidence, **fields)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ([penalty(max_months=12)], "yes"),
        ([penalty(min_months=1)], "yes"),
        ([penalty(max_months=12, since=date(2025, 1, 1))], "check"),
        ([penalty(max_months=12, confidence=LOW)], "check"),
        ([penalty(max_months=0)], "check"),
        ([penalty(fine_only=True)], "check"),
        ([], "check"),
    ],
)
def test_nl_1_a_sure_penalty_above_zero_proves_the_offence(facts: list[Fact], answer: str) -> None:
    got = find(rules.penalty_proves_offence, ABOUT, facts=facts)

    code = "crime.penalty-proves" if answer == "yes" else "crime.no-sure-penalty"
    assert told(got) == (answer, code, [])


@pytest.mark.parametrize(
    ("fact", "proof", "expected"),
    [
        (READ_YES, CHECK, ("yes", "crime.yes", [])),
        (READ_NO, CHECK, ("no", "crime.no", [])),
        (READ_PARTLY, PROOF, ("partly", "crime.partly", ["ask.in-part"])),
        (READ_NO, PROOF, ("check", "crime.fact-and-penalty-disagree", ["ask.crime"])),
        (UNSURE_NO, PROOF, ("check", "crime.fact-and-penalty-disagree", ["ask.crime"])),
        (CHECK, PROOF, ("yes", "exercise.yes", [])),
        (UNSURE_PART, PROOF, ("check", "exercise.check", ["ask.crime"])),
        (CHECK, CHECK, ("check", "exercise.check", ["ask.before"])),
    ],
)
def test_nl_2_the_fact_goes_before_the_penalty_and_a_denial_is_never_overruled(
    fact: Finding, proof: Finding, expected: tuple[str, str, list[str]]
) -> None:
    assert told(find(rules.national_offence, ABOUT, uses=[fact, proof])) == expected


@pytest.mark.parametrize(
    ("limit", "age", "more", "expected"),
    [
        (18, None, {}, ("yes", "age.limit", [])),
        (16, None, {}, ("partly", "age.limit-below-18", ["ask.age-of-person"])),
        (18, 17, {}, ("yes", "age.below-limit", [])),
        (18, 18, {}, ("no", "age.at-or-above-limit", [])),
        (
            18,
            18,
            {"older_if": "helpless"},
            ("check", "age.above-limit-open", ["ask.above-age-limit"]),
        ),
        (
            18,
            18,
            {"is_appearance": True},
            ("check", "age.above-limit-open", ["ask.above-age-limit"]),
        ),
        (16, 17, {}, ("check", "age.above-limit-open", ["ask.above-age-limit"])),
        (16, 15, {}, ("yes", "age.below-limit", [])),
    ],
)
def test_nl_3_the_age_is_compared_with_the_limit(
    limit: int, age: int | None, more: dict[str, object], expected: tuple[str, str, list[str]]
) -> None:
    given = {"state": "FR", "age": age, "older_if": None, "is_appearance": False, **more}

    assert told(find(rules.age_limit, given, uses=[found(Answer.YES, value=limit)])) == expected


@pytest.mark.parametrize("rule", [rules.age_limit, rules.protected_age])
def test_an_age_limit_that_is_not_known_stays_a_question(rule: Any) -> None:
    given = {**ABOUT, "age": 12, "older_if": None, "is_appearance": False}

    assert find(rule, given, uses=[CHECK]) is CHECK


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (None, ("yes", "age.offence-protects-below", [])),
        (15, ("yes", "age.offence-protects", [])),
        (16, ("check", "age.above-protected", ["ask.other-provision"])),
    ],
)
def test_nl_4_the_offence_protects_below_its_own_age(
    age: int | None, expected: tuple[str, str, list[str]]
) -> None:
    got = find(rules.protected_age, {**ABOUT, "age": age}, uses=[found(Answer.YES, value=16)])

    assert told(got) == expected


def exemption(**more: Any) -> Fact:
    fields = {"child_from": 15, **more}
    return a_fact("material.self-made-consensual", "partly", **fields)


@pytest.mark.parametrize(
    ("facts", "age", "expected"),
    [
        ([exemption()], 14, ("yes", "exemption.none", [])),
        ([exemption()], 15, ("partly", "exemption.may-apply", ["ask.exemption"])),
        ([exemption(confidence=LOW)], 15, ("check", "exemption.unsure", ["ask.exemption"])),
        ([exemption(since=date(2025, 1, 1))], 15, ("check", "exemption.unsure", ["ask.exemption"])),
        ([a_fact("material.self-made-consensual", "partly")], 15, ("yes", "exemption.none", [])),
    ],
)
def test_nl_5_an_exemption_of_older_children_asks_for_its_conditions(
    facts: list[Fact], age: int, expected: tuple[str, str, list[str]]
) -> None:
    assert told(find(rules.consent_exemption, {**ABOUT, "age": age}, facts=facts)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (rules.unknown_age, ("check", "age.unknown", ["ask.age-of-person"])),
        (
            rules.conduct_without_material,
            ("check", "material.not-of-this-conduct", ["ask.material"]),
        ),
        (
            rules.protected_age_not_known,
            ("check", "age.protected-not-known", ["ask.protected-age"]),
        ),
    ],
)
def test_nl_6_7_and_10_always_ask(rule: Any, expected: tuple[str, str, list[str]]) -> None:
    assert told(find(rule, {**ABOUT, "age": 12})) == expected


@pytest.mark.parametrize(
    ("facts", "age", "values"),
    [
        ([penalty(min_months=6, max_months=24)], None, (6, 24, 24, None)),
        ([penalty(max_months=24, fine_only=True)], None, (None, 24, 24, True)),
        ([penalty(max_months=24), penalty(2, max_months=60)], None, (None, 60, 24, None)),
        (
            [penalty(max_months=24, child_below=14), penalty(2, max_months=60)],
            15,
            (None, 60, 60, None),
        ),
        (
            [penalty(max_months=24, child_below=14), penalty(2, max_months=60, child_from=14)],
            13,
            (None, 24, 24, None),
        ),
        ([penalty(min_months=12)], None, (12, None, 12, None)),
        ([penalty(max_months=60), penalty(2, LOW, max_months=6)], None, (None, 60, None, None)),
    ],
)
def test_nl_8_the_range_of_the_tiers_for_the_age(
    facts: list[Fact], age: int | None, values: tuple[object, ...]
) -> None:
    got = find(rules.penalty_range, {**ABOUT, "age": age, "is_of_child": True}, facts=facts)

    assert told(got) == ("yes", "penalty.known", [])
    assert (
        tuple(
            got.values[name]
            for name in ("min_months", "max_months", "least_max_months", "fine_only")
        )
        == values
    )


@pytest.mark.parametrize(
    ("facts", "is_of_child"),
    [
        ([], True),
        ([penalty(confidence=LOW, max_months=6)], True),
        ([penalty(max_months=6, real_only=True)], False),
    ],
)
def test_nl_8_without_a_sure_range_for_the_material_it_asks(
    facts: list[Fact], *, is_of_child: bool
) -> None:
    given = {**ABOUT, "age": None, "is_of_child": is_of_child}

    got = find(rules.penalty_range, given, facts=facts)

    assert told(got) == ("check", "penalty.not-known", ["ask.penalty"])


@pytest.mark.parametrize(
    ("fields", "age", "expected"),
    [
        ({}, None, ("yes", "exercise.yes", [])),
        ({"child_from": 14}, None, ("partly", "material.for-some-ages", ["ask.age-of-person"])),
        ({"child_from": 14}, 14, ("yes", "exercise.yes", [])),
        ({"child_below": 14}, 14, ("check", "material.not-for-this-age", ["ask.material-at-age"])),
    ],
)
def test_nl_11_a_class_for_some_ages_is_weaker(
    fields: dict[str, Any], age: int | None, expected: tuple[str, str, list[str]]
) -> None:
    fact = a_fact("material.realistic-image", "yes", **fields)
    covered = found(Answer.YES, fact=fact.id)

    got = find(rules.class_for_age, {**ABOUT, "age": age}, facts=[fact], uses=[covered])

    assert told(got) == expected


@pytest.mark.parametrize("covered", [PARTLY, CHECK])
def test_nl_11_leaves_any_other_answer_as_it_is(covered: Finding) -> None:
    assert find(rules.class_for_age, {**ABOUT, "age": 12}, uses=[covered]) is covered


def test_nl_11_says_that_a_no_speaks_of_the_law_on_csam_only() -> None:
    got = find(rules.class_for_age, {**ABOUT, "age": 12}, uses=[NO])

    assert (got.answer, codes(got.notes)) == (Answer.NO, ["note.law-on-csam-only"])


@pytest.mark.parametrize("bound", [YES, NO, CHECK])
def test_to_1_an_obligation_follows_the_treaty(bound: Finding) -> None:
    got = find(rules.obligation_to_punish, {**ABOUT, "treaty": "budapest"}, uses=[bound])

    assert got.answer is bound.answer
    assert (got.why.code == "obligation.bound") is (bound is YES)


@pytest.mark.parametrize("reservation", [YES, NO, CHECK])
@pytest.mark.parametrize("offence", [YES, NO, PARTLY, CHECK])
def test_dc_7_a_reservation_is_a_note_and_never_changes_national_law(
    offence: Finding, reservation: Finding
) -> None:
    noted = found(reservation.answer, notes=["note.reserved"])

    got = find(rules.reserved_in_the_treaty, {}, uses=[offence, noted])

    assert (got.answer, got.why) == (offence.answer, offence.why)
    assert codes(got.notes) == (["note.reserved"] if reservation is YES else [])


@pytest.mark.parametrize(
    ("conditions", "answer"),
    [
        ([READ_YES, YES], Answer.YES),
        ([READ_YES, PARTLY], Answer.PARTLY),
        ([READ_YES, CHECK, PARTLY], Answer.CHECK),
        ([READ_YES, CHECK, NO], Answer.NO),
    ],
)
def test_nl_9_only_the_conditions_decide(conditions: list[Finding], answer: Answer) -> None:
    beside = found(Answer.NO, asks=["ask.beside"], notes=["note.beside"])

    got = find(
        rules.crime_conclusion, {**ABOUT, "conditions": len(conditions)}, uses=[*conditions, beside]
    )

    assert (got.answer, got.values["provision"]) == (answer, "Exercise Act 1")
    assert codes(got.asks) == (["ask.before"] if CHECK in conditions else [])
    assert codes(got.notes) == ["note.beside"]
