"""Facts are read on a day, conditions joined, and labels taken to a class, without ever guessing."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import CHECK, NO, ON, PARTLY, YES, a_fact, codes, find, found, told

from rempart.law.rules.joining import all_conditions
from rempart.law.rules.labels import class_of_labels
from rempart.law.rules.reading import fact_on_the_day
from rempart.model.law import Answer, Confidence
from rempart.model.law_answers import Finding
from rempart.model.law_facts import Fact

READ = {"family": "crime", "state": "FR", "topic": "crime.possession"}


def crime(value: str, number: int = 1, **more: Any) -> Fact:  # Any: what makes it differ
    return a_fact("crime.possession", value, number=number, **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([crime("yes")], ("yes", "fact.read", [])),
        ([crime("no")], ("no", "fact.read", [])),
        ([crime("partly")], ("partly", "fact.read", ["ask.in-part"])),
        ([], ("check", "fact.none", ["ask.crime"])),
        ([crime("yes", since=date(2025, 1, 1))], ("check", "fact.out-of-reach", ["ask.crime"])),
        ([crime("yes", until=date(2024, 5, 31))], ("check", "fact.out-of-reach", ["ask.crime"])),
        ([crime("yes", since=None)], ("check", "fact.out-of-reach", ["ask.crime"])),
        ([crime("yes", since=ON, until=ON)], ("yes", "fact.read", [])),
        ([crime("unknown")], ("check", "fact.unknown", ["ask.crime"])),
        (
            [crime("yes", confidence=Confidence.UNKNOWN)],
            ("check", "fact.unknown", ["ask.crime"]),
        ),
        ([crime("yes", confidence=Confidence.LOW)], ("check", "fact.unsure", ["ask.crime"])),
        ([crime("yes", confidence=Confidence.MEDIUM)], ("yes", "fact.read", [])),
        ([crime("yes"), crime("no", 2)], ("check", "fact.disagree", ["ask.crime"])),
        (
            [crime("yes"), crime("no", 2, confidence=Confidence.LOW)],
            ("check", "fact.disagree", ["ask.crime"]),
        ),
        ([crime("yes"), crime("yes", 2, confidence=Confidence.LOW)], ("yes", "fact.read", [])),
    ],
)
def test_a_fact_decides_only_where_it_may(
    facts: list[Fact], expected: tuple[str, str, list[str]]
) -> None:
    assert told(find(fact_on_the_day, READ, facts=facts)) == expected


def test_another_value_that_may_decide_is_a_yes_with_the_value() -> None:
    got = find(fact_on_the_day, READ, facts=[a_fact("age-of-child", 16)])

    assert (got.answer, got.values["value"]) == (Answer.YES, 16)


def test_the_surest_fact_is_the_one_that_is_named() -> None:
    facts = [crime("yes", 1, confidence=Confidence.MEDIUM), crime("yes", 2)]

    assert find(fact_on_the_day, READ, facts=facts).values["fact"] == "FR.crime.possession.2"


@pytest.mark.parametrize(
    "facts",
    [
        [crime("no", confidence=Confidence.LOW)],
        [crime("no", confidence=Confidence.UNKNOWN)],
        [crime("yes"), crime("no", 2, confidence=Confidence.LOW)],
        [crime("unknown"), crime("no", 2)],
    ],
)
def test_an_unsure_denial_is_kept(facts: list[Fact]) -> None:
    assert find(fact_on_the_day, READ, facts=facts).values["unsure"] == "no"


@pytest.mark.parametrize(
    ("uses", "answer"),
    [
        ([YES, YES], Answer.YES),
        ([YES, PARTLY], Answer.PARTLY),
        ([YES, PARTLY, CHECK], Answer.CHECK),
        ([PARTLY, CHECK, NO, YES], Answer.NO),
    ],
)
def test_all_conditions_must_hold(uses: list[Finding], answer: Answer) -> None:
    got = find(all_conditions, {}, uses=uses)

    assert (got.answer, got.why.code) == (answer, f"exercise.{answer.value}")
    assert codes(got.asks) == (["ask.before"] if CHECK in uses else [])


def test_values_of_an_earlier_condition_go_first() -> None:
    uses = [found(Answer.YES, one=1, two=1), found(Answer.YES, two=2, three=2)]

    assert dict(find(all_conditions, {}, uses=uses).values) == {"one": 1, "two": 1, "three": 2}


def label(value: str, number: int = 1, confidence: Confidence = Confidence.HIGH) -> Fact:
    return a_fact(
        "label",
        value,
        subject="labels",
        number=number,
        confidence=confidence,
        scheme="exercise",
        label=str(number),
    )


@pytest.mark.parametrize(
    ("labels", "facts", "answer", "code"),
    [
        ((), [], "check", "label.none"),
        (("exercise: Z",), [], "check", "label.unmapped"),
        (("exercise: 1",), [label("unknown")], "check", "label.class-unknown"),
        (
            ("exercise: 1",),
            [label("real-child", confidence=Confidence.LOW)],
            "check",
            "label.class-unknown",
        ),
        (
            ("exercise: 1", "exercise: 2"),
            [label("real-child"), label("text-audio", 2)],
            "check",
            "label.disagree",
        ),
        (
            ("exercise: 1", "exercise: 2"),
            [label("real-child"), label("text-audio", 2, Confidence.LOW)],
            "check",
            "label.disagree",
        ),
        (("exercise: 1",), [label("real-child")], "yes", "label.mapped"),
        (
            ("exercise: 1", "exercise: 2"),
            [label("real-child"), label("unknown", 2)],
            "yes",
            "label.mapped",
        ),
        (
            ("exercise: 1", "exercise: 2"),
            [label("real-child"), label("real-child", 2)],
            "yes",
            "label.mapped",
        ),
    ],
)
def test_labels_name_a_class_only_through_the_map(
    labels: tuple[str, ...], facts: list[Fact], answer: str, code: str
) -> None:
    got = find(class_of_labels, {"labels": labels}, facts=facts)

    asks = [] if answer == "yes" else ["ask.class-of-material"]
    assert told(got) == (answer, code, asks)
    assert got.values.get("material") == ("real-child" if answer == "yes" else None)
