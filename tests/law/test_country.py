"""A state's profile shows every topic: what is known with its source, and what is not with its question."""

from datetime import date
from typing import Any

import pytest
from tests.law.building import ON, book_of, fact

from rempart.law import LawBook, open_law, profile
from rempart.law.records import answer_record, recompute
from rempart.law.state_topics import EXPECTED_TOPICS
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer, Treaty
from rempart.model.law_answers import LawAnswer

FR = Jurisdiction("FR")


def rows(answer: LawAnswer, part: str = "topics") -> list[dict[str, Any]]:  # Any: JSON values
    found = answer.parts[part]
    assert isinstance(found, list)
    return found


def topic(answer: LawAnswer, name: str) -> list[dict[str, Any]]:  # Any: JSON values
    return [row for row in rows(answer) if row["topic"] == name]


def test_a_state_of_which_nothing_is_known_is_all_questions() -> None:
    answer = profile(book_of(fact("DE.statute.1", "Code")), FR, ON)

    assert answer.answer is Answer.CHECK
    asked = [*rows(answer), *rows(answer, "contacts"), *rows(answer, "treaties")]
    assert all(row["asks"] for row in asked)
    shown = {row["topic"] for row in [*rows(answer), *rows(answer, "contacts")]}
    expected = {each for each in EXPECTED_TOPICS if not each.endswith(".party")}
    assert shown == expected
    assert [row["instrument"] for row in rows(answer, "treaties")] == [*Treaty]


def test_one_known_topic_makes_the_profile_partly_known() -> None:
    answer = profile(book_of(fact("FR.statute.1", "Code", detail="the Code's own words")), FR, ON)

    assert answer.answer is Answer.PARTLY
    counts = answer.parts["counts"]
    assert isinstance(counts, dict)
    assert counts["answered"] == 1
    (row,) = topic(answer, "statute")
    assert (row["value"], row["answer"], row["detail"]) == ("Code", "yes", "the Code's own words")
    assert row["source"] == "https://example.org/exercise"


def _everything_known() -> list[str]:
    facts = [
        fact(f"FR.{name}.1", 18 if name == "age-of-child" else "yes")
        for name in EXPECTED_TOPICS
        if not name.endswith(".party")
    ]
    facts += [fact(f"FR.treaty.{each.value}.party.1", "not") for each in Treaty]
    return facts


def test_only_a_profile_without_a_question_is_fully_known() -> None:
    everything = _everything_known()

    assert profile(book_of(*everything), FR, ON).answer is Answer.YES
    for place in range(0, len(everything), 7):
        fewer = everything[:place] + everything[place + 1 :]
        assert profile(book_of(*fewer), FR, ON).answer is Answer.PARTLY


def test_tiers_of_one_penalty_stand_in_rows_of_their_own() -> None:
    tiers = [
        fact("FR.penalty.possession.1", "3 y", max_months=36, child_below=14),
        fact("FR.penalty.possession.2", "2 y", max_months=24, child_from=14),
        fact("FR.penalty.possession.3", "1 y", max_months=12, valid_to=date(2021, 1, 1)),
    ]

    found = topic(profile(book_of(*tiers), FR, ON), "penalty.possession")

    assert [row["value"] for row in found] == ["3 y", "2 y"]
    assert [row["fields"].get("child_below") for row in found] == [14, None]


def test_a_scope_that_has_ended_leaves_no_row_beside_one_that_holds() -> None:
    facts = [
        fact("FR.material.text-audio.1", "no", valid_to=date(2021, 1, 1), conducts=["sale"]),
        fact("FR.material.text-audio.2", "yes"),
    ]

    now = topic(profile(book_of(*facts), FR, ON), "material.text-audio")
    then = topic(profile(book_of(*facts), FR, date(2020, 6, 1)), "material.text-audio")

    assert [row["value"] for row in now] == ["yes"]
    assert {row["value"] for row in then} == {"yes", "no"}


def test_facts_of_the_same_scope_that_disagree_are_a_question() -> None:
    facts = [fact("FR.age-of-child.1", 18), fact("FR.age-of-child.2", 16)]

    (row,) = topic(profile(book_of(*facts), FR, ON), "age-of-child")

    assert (row["answer"], row["why"].code) == ("check", "fact.disagree")


def test_an_offence_that_only_a_penalty_proves_is_shown_with_the_penalty() -> None:
    penalty = fact("FR.penalty.sale.1", "1-3 y", min_months=12)

    (row,) = topic(profile(book_of(penalty), FR, ON), "crime.sale")

    assert (row["value"], row["answer"], row["fact"]) == ("yes", "yes", "FR.penalty.sale.1")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, "yes"), ({"confidence": "low"}, "check"), ({"valid_to": date(2021, 1, 1)}, "check")],
)
def test_a_reservation_is_shown_with_what_is_sure_of_it(
    fields: dict[str, object], expected: str
) -> None:
    shape: dict[str, object] = {"article": "9(4)", "applies_to": ["9(1)(e)"]}
    made = fact("FR.treaty.budapest.reservation.1", "not applied", **shape, **fields)

    (row,) = rows(profile(book_of(made), FR, ON), "reservations")

    assert (row["instrument"], row["article"], row["answer"]) == ("budapest", "9(4)", expected)
    assert (row["effect"], row["applies_to"]) == ("not applied", ["9(1)(e)"])


def test_contacts_stand_apart_with_their_address() -> None:
    made = fact("FR.contact.hotline.1", "Exercise Line", url="https://example.org/line")

    found = rows(profile(book_of(made), FR, ON), "contacts")

    assert [(row["topic"], row["answer"]) for row in found] == [
        ("contact.hotline", "yes"),
        ("contact.police", "check"),
    ]
    assert found[0]["fields"] == {"url": "https://example.org/line"}


def test_a_part_of_a_state_takes_over_its_law_and_its_treaties() -> None:
    facts = [
        fact("FR.statute.1", "Code"),
        fact("FR.treaty.budapest.party.1", "not"),
        fact("FR.treaty.budapest.reservations.1", "none read"),
    ]

    answer = profile(book_of(*facts), Jurisdiction("FR-IDF"), ON)

    assert [row["value"] for row in topic(answer, "statute")] == ["Code"]
    (budapest,) = (row for row in rows(answer, "treaties") if row["instrument"] == "budapest")
    found = topic(answer, "treaty.budapest.reservations")
    assert [row["value"] for row in found] == ["none read"]
    assert (budapest["status"], budapest["fact"]) == ("not", "FR.treaty.budapest.party.1")


def test_every_fact_shown_is_cited_in_the_derivation() -> None:
    book = LawBook(open_law().library())
    for state in ("FR", "DE", "US"):
        answer = profile(book, Jurisdiction(state), date(2026, 6, 1))
        record = answer_record(answer, lambda text: text.code)

        cited = {each["id"] for step in record["derivation"] for each in step["facts"]}
        parts = ("topics", "treaties", "reservations", "contacts")
        shown = {row["fact"] for part in parts for row in record[part]} - {None}
        assert shown <= cited
        assert recompute(record) is Answer.PARTLY
