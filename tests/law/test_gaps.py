"""The distance between a state and an instrument is measured obligation by obligation, never guessed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.law.building import ON, book_of, fact

from rempart.law import LawBook, measure_gaps, open_law
from rempart.law.questions.gaps import MEASURED_INSTRUMENTS
from rempart.law.records import answer_record, recompute
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer
from rempart.model.law_answers import LawAnswer

FR = Jurisdiction("FR")
BUDAPEST = "budapest.status.1"
POSSESSION = "possession"


def provision(number: int, paragraph: str, **fields: object) -> str:
    shape = {"article": "9", "paragraph": paragraph, "kind": "offence"}
    return fact(f"budapest.provision.{number}", "own words", **{**shape, **fields})


IN_FORCE = fact(BUDAPEST, "in force", valid_from=date(2004, 7, 1))
PARTY = (
    fact("FR.treaty.budapest.party.1", "ratification"),
    fact("FR.treaty.budapest.in-force.1", date(2006, 5, 1)),
)
NO_PARTY = (fact("FR.treaty.budapest.party.1", "not"),)
HAVING = provision(
    1, "1(e)", conducts=[POSSESSION], allowed_reservations="art. 9(4): in whole or in part"
)
GIVING = provision(2, "1(c)", conducts=["distribution"])
NONE_READ = fact("FR.treaty.budapest.reservations.1", "none on art. 9", none_on=["9"])


def reservation(**fields: object) -> str:
    shape: dict[str, object] = {"article": "9(4)", "applies_to": ["9(1)(e)"]}
    return fact("FR.treaty.budapest.reservation.1", "not applied", **{**shape, **fields})


def crime(value: str, conduct: str = POSSESSION, **fields: object) -> str:
    return fact(f"FR.crime.{conduct}.1", value, **fields)


def measured(*facts: str, on: date = ON) -> LawAnswer:
    return measure_gaps(book_of(IN_FORCE, *facts), FR, "budapest", on)


def rows(answer: LawAnswer) -> list[dict[str, Any]]:  # Any: JSON values
    obligations = answer.parts["obligations"]
    assert isinstance(obligations, list)
    return obligations


def status(answer: LawAnswer) -> tuple[str, str, Answer]:
    (row,) = rows(answer)
    return row["status"], row["answer"], answer.answer


@pytest.mark.parametrize(
    ("national", "treaty", "expected"),
    [
        ([crime("yes")], [*PARTY], ("met", "yes", Answer.YES)),
        ([crime("partly")], [*PARTY], ("partly", "partly", Answer.PARTLY)),
        ([crime("no")], [*PARTY, NONE_READ], ("not-met", "no", Answer.NO)),
        ([crime("no")], [*PARTY, reservation()], ("reserved", "partly", Answer.PARTLY)),
        ([], [*PARTY, NONE_READ], ("check", "check", Answer.CHECK)),
        ([crime("unknown", confidence="unknown")], [*PARTY], ("check", "check", Answer.CHECK)),
        ([crime("no", confidence="low")], [*PARTY, NONE_READ], ("check", "check", Answer.CHECK)),
    ],
    ids=["met", "partly", "not-met", "reserved", "no fact", "unknown", "low"],
)
def test_each_status_follows_from_national_law_and_reservations(
    national: list[str], treaty: list[str], expected: tuple[str, str, Answer]
) -> None:
    assert status(measured(HAVING, *national, *treaty)) == expected


def test_a_reservation_does_not_hide_that_national_law_punishes_today() -> None:
    assert status(measured(HAVING, crime("yes"), *PARTY, reservation()))[0] == "met"


def test_a_reservation_where_national_law_is_not_known_still_asks_a_lawyer() -> None:
    answer = measured(HAVING, *PARTY, reservation())

    assert status(answer) == ("reserved", "check", Answer.CHECK)
    assert [each.code for each in answer.last.finding.asks] == ["ask.crime"]


def test_a_reservation_for_some_persons_does_not_excuse_a_missing_offence() -> None:
    limited = reservation(child_from=14, consent=True)

    answer = measured(HAVING, crime("no"), *PARTY, limited)

    assert status(answer) == ("not-met", "no", Answer.NO)
    assert "ask.reservation-extent" in {each.code for each in answer.last.finding.asks}


def test_a_missing_offence_is_no_gap_yet_where_its_reservation_was_not_read() -> None:
    answer = measured(HAVING, crime("no"), *PARTY)

    assert status(answer) == ("check", "check", Answer.CHECK)
    assert rows(answer)[0]["why"].code == "gap.reservation-not-read"


def test_an_obligation_that_cannot_be_reserved_is_not_met_though_no_reservation_was_read() -> None:
    assert status(measured(GIVING, crime("no", "distribution"), *PARTY))[0] == "not-met"


@pytest.mark.parametrize("ended", [None, date(2021, 1, 1)])
def test_a_reservation_counts_only_while_it_is_in_force(ended: date | None) -> None:
    answer = measured(HAVING, crime("no"), *PARTY, NONE_READ, reservation(valid_to=ended))

    assert status(answer)[0] == ("reserved" if ended is None else "not-met")


def test_a_state_that_is_no_party_is_measured_too_and_its_reservation_does_not_count() -> None:
    answer = measured(HAVING, crime("no"), *NO_PARTY, reservation())

    assert status(answer) == ("not-met", "no", Answer.NO)
    party = answer.parts["party"]
    assert isinstance(party, dict)
    assert party["answer"] == "no"
    assert [each.code for each in answer.last.finding.notes] == ["gap.not-bound"]
    assert "note.reserved" not in {each.code for each in rows(answer)[0]["notes"]}


def test_a_reservation_that_is_not_sure_leaves_a_gap_open_though_the_treaty_names_none() -> None:
    unsure = reservation(article="9(1)(c)", applies_to=["9(1)(c)"], confidence="low")

    assert status(measured(GIVING, crime("no", "distribution"), *PARTY, unsure))[0] == "check"


def test_a_state_whose_treaty_status_is_not_known_is_measured_and_told() -> None:
    answer = measured(HAVING, crime("yes"))

    assert answer.answer is Answer.YES
    assert [each.code for each in answer.last.finding.notes] == ["gap.bound-unknown"]


@pytest.mark.parametrize("confidence", ["low", "unknown"])
def test_an_obligation_whose_text_was_not_read_is_never_met_or_missed(confidence: str) -> None:
    unread = provision(1, "1(e)", conducts=[POSSESSION], confidence=confidence)

    for value in ("yes", "no", "partly"):
        answer = measured(unread, crime(value), *PARTY, NONE_READ)

        assert status(answer) == ("check", "check", Answer.CHECK)
        assert rows(answer)[0]["why"].code == "gap.provision-not-read"


def test_one_gap_outweighs_what_is_to_check_and_what_is_met() -> None:
    obligations = [
        HAVING,
        GIVING,
        provision(3, "1(a)", conducts=["production"]),
    ]

    answer = measured(*obligations, crime("yes"), crime("no", "distribution"), *PARTY)

    assert answer.answer is Answer.NO
    assert [row["status"] for row in rows(answer)] == ["met", "not-met", "check"]
    assert answer.parts["counts"] == {
        "met": 1,
        "partly": 0,
        "reserved": 0,
        "not-met": 1,
        "check": 1,
    }


def test_classes_of_material_are_obligations_of_their_own() -> None:
    definition = provision(
        4, "2(b)", kind="definition", about=["def_apparent_minor"], allowed_reservations="art. 9(4)"
    )
    covered = fact("FR.material.apparent-minor.1", "no")

    answer = measured(
        definition, GIVING, crime("yes"), crime("yes", "distribution"), covered, *PARTY, NONE_READ
    )

    found = {
        (row["article"], row["conduct"], row["material"]): row["status"] for row in rows(answer)
    }
    assert found == {
        ("9(1)(c)", "distribution", "real-child"): "met",
        ("9(2)(b)", "distribution", "apparent-minor"): "not-met",
        ("9(2)(b)", "possession", "apparent-minor"): "not-met",
    }
    deciding = {row["fact"] for row in rows(answer) if row["status"] == "not-met"}
    assert deciding == {"FR.material.apparent-minor.1"}


def test_a_reservation_on_possession_covers_possession_of_every_class() -> None:
    definition = provision(
        4, "2(b)", kind="definition", about=["def_apparent_minor"], allowed_reservations="art. 9(4)"
    )
    answer = measured(
        definition, HAVING, GIVING, crime("no"), crime("no", "distribution"), *PARTY, reservation()
    )

    found = {(row["conduct"], row["material"]): row["status"] for row in rows(answer)}
    assert found["possession", "apparent-minor"] == "reserved"
    assert found["distribution", "apparent-minor"] != "reserved"


def test_no_simple_possession_offence_proves_no_gap_to_the_optional_protocol() -> None:
    narrower = fact(
        "opsc.provision.1",
        "possession for these purposes",
        article="3",
        paragraph="1(c)",
        kind="offence",
        conducts=[POSSESSION],
    )

    for value, expected in (("no", "check"), ("partly", "check"), ("yes", "met")):
        answer = measure_gaps(book_of(narrower, crime(value)), FR, "opsc", ON)

        assert rows(answer)[0]["status"] == expected


def test_offences_without_a_conduct_are_named_as_not_measured() -> None:
    answer = measured(GIVING, provision(9, "1(z)", about=["sexual_abuse"]), *PARTY)

    assert answer.parts["not_measured"] == ["9(1)(z)"]
    assert [each.id for each in answer.last.facts] == ["budapest.provision.9"]
    assert "gap.not-measured" in {each.code for each in answer.last.finding.notes}


@pytest.mark.parametrize("instrument", ["cets224", "dsa", "no-such-instrument"])
def test_where_the_data_hold_no_offence_nothing_is_called_met(instrument: str) -> None:
    answer = measure_gaps(book_of(IN_FORCE), FR, instrument, ON)

    assert (answer.answer, answer.parts["obligations"]) == (Answer.CHECK, [])


def test_a_provision_that_was_superseded_measures_only_its_own_days() -> None:
    later = provision(
        5, "1(c)", conducts=["sale"], supersedes="budapest.provision.2", valid_from=date(2023, 1, 1)
    )

    before = measured(GIVING, later, on=date(2022, 12, 31))
    after = measured(GIVING, later, on=date(2023, 1, 1))

    assert [row["conduct"] for row in rows(before)] == ["distribution"]
    assert [row["conduct"] for row in rows(after)] == ["sale"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([fact("FR.eu.member.1", "yes")], "yes"),
        ([fact("FR.eu.member.1", "no")], "no"),
        ([fact("FR.eu.member.1", "yes"), fact("FR.eu.bound.directive-2011-93.1", "no")], "no"),
        ([fact("FR.eu.member.1", "no"), fact("FR.eu.bound.directive-2011-93.1", "yes")], "yes"),
        (
            [
                fact("FR.eu.member.1", "yes"),
                fact("FR.eu.bound.directive-2011-93.1", "no", confidence="low"),
            ],
            "check",
        ),
        ([], "check"),
    ],
)
def test_an_act_of_the_union_binds_its_members_unless_they_stand_apart(
    facts: list[str], expected: str
) -> None:
    status_fact = fact("directive-2011-93.status.1", "in force")

    answer = measure_gaps(book_of(status_fact, *facts), FR, "directive-2011-93", ON)

    party = answer.parts["party"]
    assert isinstance(party, dict)
    assert party["answer"] == expected


def _ranking(answer: Answer) -> str:
    return "check" if answer is Answer.CHECK else answer.value


SURE = ("high", "medium")
CONFIDENCES = st.sampled_from(["high", "medium", "low", "unknown"])


@settings(max_examples=40, deadline=None)
@given(
    value=st.sampled_from(["yes", "no", "partly"]),
    is_limited=st.booleans(),
    place=st.integers(0, 4),
    confidence=CONFIDENCES,
)
def test_falling_confidence_never_gives_another_definite_answer(
    value: str,
    is_limited: bool,  # noqa: FBT001 - hypothesis gives it by name
    place: int,
    confidence: str,
) -> None:
    def facts(fallen: int | None) -> list[str]:
        sure = ["high" if each != fallen else confidence for each in range(5)]
        return [
            provision(1, "1(e)", conducts=[POSSESSION], confidence=sure[0]),
            crime(value, confidence=sure[1]),
            reservation(confidence=sure[2], child_from=14 if is_limited else None),
            fact("FR.treaty.budapest.party.1", "ratification", confidence=sure[3]),
            fact("FR.treaty.budapest.in-force.1", date(2006, 5, 1), confidence=sure[4]),
        ]

    sure_answer, fallen_answer = measured(*facts(None)), measured(*facts(place))

    assert _ranking(fallen_answer.answer) in {"check", sure_answer.answer.value}


@pytest.fixture(scope="module")
def shipped() -> LawBook:
    return LawBook(open_law().library())


@pytest.mark.parametrize("instrument", MEASURED_INSTRUMENTS)
def test_the_derivation_alone_leads_to_the_answer(shipped: LawBook, instrument: str) -> None:
    for state in ("JP", "DK", "VN"):
        answer = measure_gaps(shipped, Jurisdiction(state), instrument, ON)
        record = answer_record(answer, lambda text: text.code)

        assert recompute(record) is answer.answer
        assert len(record["obligations"]) >= 7


def test_the_convention_whose_text_was_not_read_is_all_to_check(shipped: LawBook) -> None:
    answer = measure_gaps(shipped, FR, "un-cybercrime", date(2026, 6, 1))

    assert {row["status"] for row in rows(answer)} == {"check"}


def test_japan_punishes_possession_though_it_reserved_it(shipped: LawBook) -> None:
    answer = measure_gaps(shipped, Jurisdiction("JP"), "budapest", ON)

    found = {
        (row["article"], row["material"]): row
        for row in rows(answer)
        if row["material"] == "real-child"
    }
    assert found["9(1)(e)", "real-child"]["status"] == "met"
    assert found["9(1)(d)", "real-child"]["status"] == "reserved"
    assert found["9(1)(e)", "real-child"]["confidence"] in SURE
