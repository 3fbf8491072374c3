"""Who is bound by which treaty on a day, and what was reserved: by dates and lists, never by absence alone."""

from datetime import date
from typing import Any

import pytest
from tests.law.cases import a_fact, codes, find, told

from rempart.law.rules.treaties import part_bound, reserved, state_bound, treaty_in_force
from rempart.model.law import Answer, Confidence
from rempart.model.law_facts import Fact

ABOUT = {"state": "FR", "treaty": "budapest"}
LOW = Confidence.LOW
LATER = date(2025, 1, 1)


def status(value: str, **more: Any) -> Fact:
    return a_fact("status", value, subject="budapest", **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([status("in force")], ("yes", "treaty.in-force", [])),
        ([status("applies")], ("yes", "treaty.in-force", [])),
        ([status("not in force")], ("no", "treaty.not-in-force", [])),
        ([status("expired")], ("no", "treaty.not-in-force", [])),
        ([status("in force", since=LATER)], ("no", "treaty.not-yet-in-force", [])),
        ([status("in force", confidence=LOW)], ("check", "treaty.state-unknown", ["ask"])),
        (
            [status("in force", since=LATER, confidence=LOW)],
            ("check", "treaty.state-unknown", ["ask"]),
        ),
        (
            [status("in force"), status("expired", number=2)],
            ("check", "treaty.state-unknown", ["ask"]),
        ),
        ([status("something else")], ("check", "treaty.state-unknown", ["ask"])),
        ([], ("check", "treaty.state-unknown", ["ask"])),
    ],
)
def test_tr_1_the_treaty_itself(facts: list[Fact], expected: tuple[str, str, list[str]]) -> None:
    answer, why, asks = expected

    got = find(treaty_in_force, {"treaty": "budapest"}, facts=facts)

    assert told(got) == (answer, why, ["ask.treaty-in-force"] if asks else [])


def party(value: str, **more: Any) -> Fact:
    return a_fact("treaty.budapest.party", value, **more)


def entry(day: date, number: int = 1, **more: Any) -> Fact:
    return a_fact("treaty.budapest.in-force", day, number=number, **more)


BOUND = party("ratification")
DAY = date(2024, 6, 1)


@pytest.mark.parametrize(
    ("facts", "answer", "why"),
    [
        ([BOUND, entry(date(2012, 10, 1))], "yes", "party.since"),
        ([BOUND, entry(DAY)], "yes", "party.since"),
        ([BOUND, entry(date(2024, 6, 2))], "no", "party.not-yet"),
        ([BOUND, entry(date(2012, 10, 1), until=date(2024, 5, 31))], "no", "party.no-longer"),
        ([BOUND, entry(date(2024, 5, 1), alternative=LATER)], "check", "party.sources-disagree"),
        ([BOUND, entry(LATER, alternative=date(2024, 5, 1))], "check", "party.sources-disagree"),
        ([BOUND, entry(date(2012, 1, 1), alternative=DAY)], "yes", "party.since"),
        ([BOUND, entry(date(2012, 1, 1)), entry(LATER, 2)], "check", "party.sources-disagree"),
        (
            [BOUND, entry(date(2012, 1, 1)), entry(LATER, 2, confidence=LOW)],
            "check",
            "party.sources-disagree",
        ),
        (
            [BOUND, entry(date(2012, 1, 1), until=date(2023, 1, 1)), entry(date(2012, 2, 1), 2)],
            "yes",
            "party.since",
        ),
        ([party("accession", since=LATER), entry(date(2012, 10, 1))], "yes", "party.since"),
        ([BOUND], "yes", "party.by-status"),
        ([BOUND, entry(date(2012, 1, 1), confidence=LOW)], "yes", "party.by-status"),
        ([BOUND, entry(LATER, confidence=LOW)], "check", "party.dates-unsure"),
        ([party("ratification", since=LATER)], "check", "party.dates-unsure"),
        ([party("not")], "no", "party.not"),
        ([party("not", since=LATER)], "no", "party.not"),
        ([party("not", confidence=LOW)], "check", "party.status-unknown"),
        ([party("unknown")], "check", "party.status-unknown"),
        ([BOUND, party("not", number=2)], "check", "party.status-unknown"),
        (
            [party("not"), party("unknown", number=2, confidence=LOW)],
            "check",
            "party.status-unknown",
        ),
        ([entry(date(2012, 1, 1))], "check", "party.status-unknown"),
        ([], "check", "party.status-unknown"),
    ],
)
def test_pa_1_a_state_is_bound_by_its_own_entry_into_force(
    facts: list[Fact], answer: str, why: str
) -> None:
    got = find(state_bound, ABOUT, facts=facts)

    assert told(got) == (answer, why, ["ask.party"] if answer == "check" else [])


def test_pa_1_tells_the_dates_that_it_knows() -> None:
    dated = entry(date(2012, 10, 1), signed=date(2001, 11, 23), ratified=date(2012, 7, 3))

    got = find(state_bound, ABOUT, facts=[BOUND, dated])

    assert dict(got.values) == {
        "in_force": "2012-10-01",
        "signed": "2001-11-23",
        "ratified": "2012-07-03",
    }


def territory(**more: Any) -> Fact:
    return a_fact("treaty.budapest.territory", "exercise scope", subject="NL", **more)


WITHIN, WITHOUT = {"applies_in": ("NL-X",)}, {"not_in": ("NL-X",)}


@pytest.mark.parametrize(
    ("facts", "own_law", "expected"),
    [
        ([territory(**WITHIN)], True, ("yes", "territory.applies")),
        ([territory(**WITHOUT)], False, ("no", "territory.not")),
        (
            [territory(**WITHIN), territory(number=2, **WITHOUT)],
            False,
            ("check", "territory.unknown"),
        ),
        ([territory(confidence=LOW, **WITHOUT)], False, ("check", "territory.unknown")),
        ([territory(since=LATER, **WITHIN)], True, ("check", "territory.unknown")),
        ([territory(applies_in=("NL-Y",))], False, ("yes", "territory.part-of-state")),
        ([], False, ("yes", "territory.part-of-state")),
        ([], True, ("check", "territory.unknown")),
    ],
)
def test_pa_2_a_part_of_a_state(
    facts: list[Fact], *, own_law: bool, expected: tuple[str, str]
) -> None:
    got = find(
        part_bound, {"treaty": "budapest", "code": "NL-X", "has_own_law": own_law}, facts=facts
    )

    assert told(got) == (*expected, ["ask.territory"] if expected[0] == "check" else [])


def reservation(article: str = "9(4)", *parts: str, **more: Any) -> Fact:
    fields = {"article": article, "applies_to": parts or ("9(1)(e)",), **more}
    return a_fact("treaty.budapest.reservation", "not applied", **fields)


def read(*none_on: str, **more: Any) -> Fact:
    return a_fact("treaty.budapest.reservations", "exercise text", none_on=none_on, **more)


@pytest.mark.parametrize(
    ("facts", "age", "expected"),
    [
        ([reservation()], None, ("yes", "reservation.in-force")),
        ([reservation("9(4)", "9")], None, ("yes", "reservation.in-force")),
        ([reservation("9(1)(e)")], None, ("yes", "reservation.in-force")),
        ([reservation(child_from=15)], 16, ("yes", "reservation.in-force")),
        ([reservation(child_from=15)], None, ("yes", "reservation.in-force")),
        ([reservation(child_from=15)], 14, ("no", "reservation.none")),
        ([reservation("9(4)", "9(2)(b)")], None, ("no", "reservation.none")),
        (
            [reservation(until=date(2019, 7, 5), since=date(2010, 1, 1))],
            None,
            ("no", "reservation.none"),
        ),
        ([reservation("22(2)", "22(1)(d)")], None, ("check", "reservation.not-read")),
        ([reservation(confidence=LOW)], None, ("check", "reservation.not-read")),
        ([reservation(since=LATER)], None, ("check", "reservation.not-read")),
        ([reservation(confidence=LOW), read("*")], None, ("check", "reservation.not-read")),
        ([read("*")], None, ("no", "reservation.none")),
        ([read("9")], None, ("no", "reservation.none")),
        ([read("9(4)")], None, ("no", "reservation.none")),
        ([read("29(4)")], None, ("check", "reservation.not-read")),
        ([read("*", since=LATER)], None, ("check", "reservation.not-read")),
        ([read("*", confidence=LOW)], None, ("check", "reservation.not-read")),
        ([], None, ("check", "reservation.not-read")),
    ],
)
def test_rs_1_absence_counts_only_where_it_was_read(
    facts: list[Fact], age: int | None, expected: tuple[str, str]
) -> None:
    given = {**ABOUT, "allowed_by": "9(4)", "provisions": ("9(1)(e)",), "age": age}

    got = find(reserved, given, facts=facts)

    assert told(got) == (*expected, ["ask.reservation"] if expected[0] == "check" else [])
    assert codes(got.notes) == (["note.reserved"] if got.answer is Answer.YES else [])


@pytest.mark.parametrize(
    ("facts", "is_named"),
    [([], False), ([reservation(confidence=LOW)], True), ([reservation(since=LATER)], True)],
)
def test_rs_1_says_whether_one_is_named_that_may_not_decide(
    facts: list[Fact], *, is_named: bool
) -> None:
    given = {**ABOUT, "allowed_by": "9(4)", "provisions": ("9(1)(e)",), "age": None}

    assert find(reserved, given, facts=facts).values["is_named"] is is_named


@pytest.mark.parametrize(
    ("facts", "for_some"),
    [
        ([reservation()], False),
        ([reservation(child_from=14)], True),
        ([reservation(consent=True)], True),
        ([reservation(consent=True), reservation(number=2)], False),
    ],
)
def test_rs_1_says_whether_it_speaks_of_some_persons_only(
    facts: list[Fact], *, for_some: bool
) -> None:
    given = {**ABOUT, "allowed_by": "9(4)", "provisions": ("9(1)(e)",), "age": None}

    assert find(reserved, given, facts=facts).values["for_some_only"] is for_some
