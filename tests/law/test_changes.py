"""Two data versions are compared by their answers; every change names the facts that did it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.law.building import ON, by_subject, fact, file_of, shelf_of

from rempart.law import LawBook, LawShelf, changes, open_law
from rempart.law.records import answer_record, recompute
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer
from rempart.model.law_answers import LawAnswer

FR = Jurisdiction("FR")
BASE = (
    fact("FR.crime.possession.1", "yes"),
    fact("FR.penalty.possession.1", "2 y", max_months=24),
    fact("FR.treaty.budapest.party.1", "not"),
    fact("DE.crime.possession.1", "no"),
)


def shelf(*later: str) -> LawShelf:
    return shelf_of(by_subject(*BASE, *later), versions=("1", "2"))


def differing(*later: str, on: date = ON) -> LawAnswer:
    both = shelf(*later)
    return changes(LawBook(both.library("1")), LawBook(both.library("2")), on)


def found(answer: LawAnswer) -> list[dict[str, Any]]:  # Any: JSON values
    rows = answer.parts["changes"]
    assert isinstance(rows, list)
    return rows


def fact_names(answer: LawAnswer, kind: str) -> list[str]:
    facts = answer.parts["facts"]
    assert isinstance(facts, dict)
    return [each["id"] for each in facts[kind]]


def test_a_version_does_not_differ_from_itself() -> None:
    answer = differing()

    assert answer.answer is Answer.NO
    assert found(answer) == []
    assert answer.last.finding.why.code == "change.nothing"


def test_a_correction_that_turns_an_answer_names_both_facts() -> None:
    corrected = fact("FR.crime.possession.2", "no", recorded="2", corrects="FR.crime.possession.1")

    answer = differing(corrected)

    assert answer.answer is Answer.YES
    (change,) = (each for each in found(answer) if each["question"]["material"] == "real-child")
    # The penalty still proves an offence, so the two facts disagree and a lawyer is asked.
    assert (change["old"]["answer"], change["new"]["answer"]) == ("yes", "check")
    assert [each["id"] for each in change["facts"]] == [
        "FR.crime.possession.1",
        "FR.crime.possession.2",
    ]
    assert change["facts"][0]["new"] is None
    assert change["facts"][1]["old"] is None
    assert fact_names(answer, "corrected") == ["FR.crime.possession.2"]
    assert fact_names(answer, "removed") == []


def test_only_answers_that_rest_on_the_fact_change() -> None:
    added = fact("FR.crime.access.1", "yes", recorded="2")

    answer = differing(added)

    assert {each["question"]["conduct"] for each in found(answer)} == {"access"}
    assert {each["question"]["state"] for each in found(answer)} == {"FR"}
    assert fact_names(answer, "added") == ["FR.crime.access.1"]


def test_a_fact_added_beside_the_questions_changes_no_answer_and_is_told() -> None:
    answer = differing(fact("FR.contact.hotline.1", "Exercise Line", recorded="2"))

    assert (answer.answer, found(answer)) == (Answer.NO, [])
    assert answer.last.finding.why.code == "change.only-facts"
    assert fact_names(answer, "added") == ["FR.contact.hotline.1"]


def test_a_new_penalty_is_a_change_though_the_answer_stays() -> None:
    harder = fact(
        "FR.penalty.possession.2",
        "5 y",
        max_months=60,
        recorded="2",
        corrects="FR.penalty.possession.1",
    )

    (change,) = (
        each for each in found(differing(harder)) if each["question"]["material"] == "real-child"
    )

    assert change["differs"] == ("penalty",)
    assert change["why"].code == "change.details"
    assert change["new"]["penalty"]["max"] == {"value": 60, "unit": "months"}


def test_another_provision_is_a_change_and_the_same_range_in_another_fact_is_none() -> None:
    other = {"recorded": "2", "corrects": "FR.crime.possession.1"}
    moved = fact("FR.crime.possession.2", "yes", basis="Exercise Act, new number", **other)
    same = fact(
        "FR.penalty.possession.2",
        "two years",
        max_months=24,
        recorded="2",
        corrects="FR.penalty.possession.1",
    )

    assert found(differing(same)) == []
    (change,) = (
        each
        for each in found(differing(moved, same))
        if each["question"]["material"] == "real-child"
    )
    assert change["differs"] == ("provision",)


def test_superseding_changes_answers_from_its_first_day_on_and_none_before() -> None:
    later = fact(
        "FR.crime.possession.2",
        "partly",
        recorded="2",
        valid_from=date(2024, 1, 1),
        supersedes="FR.crime.possession.1",
    )

    before = differing(later, on=date(2023, 12, 31))
    after = differing(later, on=date(2024, 1, 1))

    assert before.answer is Answer.NO
    assert after.answer is Answer.YES
    assert fact_names(after, "superseded") == ["FR.crime.possession.2"]
    assert fact_names(after, "changed") == []


def test_a_treaty_that_enters_into_force_is_a_change_of_its_party_answer() -> None:
    joined = [
        fact("budapest.status.1", "in force", recorded="2"),
        fact("FR.treaty.budapest.party.2", "ratification", recorded="2", corrects=BASE_PARTY),
    ]

    (change,) = found(differing(*joined))

    assert change["question"]["kind"] == "party"
    assert (change["old"]["answer"], change["new"]["answer"]) == ("no", "yes")


BASE_PARTY = "FR.treaty.budapest.party.1"


def test_a_new_duty_of_platforms_is_a_change() -> None:
    (change,) = found(differing(fact("FR.report.duty.1", "yes", recorded="2")))

    assert (change["question"]["kind"], change["new"]["answer"]) == ("duties", "yes")
    assert [each["id"] for each in change["facts"]] == ["FR.report.duty.1"]


def test_only_the_states_asked_for_are_compared() -> None:
    both = shelf(fact("FR.crime.access.1", "yes", recorded="2"))
    books = LawBook(both.library("1")), LawBook(both.library("2"))

    answer = changes(*books, ON, [Jurisdiction("DE")])

    assert answer.answer is Answer.NO
    assert fact_names(answer, "added") == []


def test_an_overlay_is_compared_with_the_data_beneath_it() -> None:
    own = file_of(
        "FR",
        fact("FR.crime.possession.901", "no", recorded="overlay", corrects="FR.crime.possession.1"),
    )
    plain = shelf_of(by_subject(*BASE))
    overlaid = shelf_of(by_subject(*BASE), overlay={"FR": own})

    answer = changes(LawBook(plain.library()), LawBook(overlaid.library()), ON)

    assert (answer.answer, answer.has_overlay) == (Answer.YES, True)
    assert fact_names(answer, "corrected") == ["FR.crime.possession.901"]
    back = changes(LawBook(overlaid.library()), LawBook(plain.library()), ON)
    assert fact_names(back, "removed") == ["FR.crime.possession.901"]
    assert [each["old"] for each in found(back)] == [each["new"] for each in found(answer)]


@pytest.fixture(scope="module")
def shipped() -> LawShelf:
    return open_law()


def test_the_shipped_versions_differ_by_facts_that_each_change_names(shipped: LawShelf) -> None:
    old, new = (LawBook(shipped.library(each.id)) for each in shipped.versions[:2])
    states = [Jurisdiction(each) for each in ("AE", "FR", "NL", "US")]

    answer = changes(old, new, date(2026, 6, 1), states)
    record = answer_record(answer, lambda text: text.code)

    assert recompute(record) is Answer.YES
    assert all(change["facts"] for change in record["changes"])
    assert all(
        each["old"] != each["new"] for change in record["changes"] for each in change["facts"]
    )


def test_the_newest_shipped_version_does_not_differ_from_itself(shipped: LawShelf) -> None:
    answer = changes(LawBook(shipped.library()), LawBook(shipped.library()), ON)

    assert (answer.answer, found(answer)) == (Answer.NO, [])


def test_a_folder_of_ones_own_facts_shows_what_it_changes(
    shipped: LawShelf, tmp_path: Path
) -> None:
    own = fact("FR.crime.sale.901", "yes", recorded="overlay")
    (tmp_path / "FR.toml").write_text(file_of("FR", own), encoding="utf-8")

    answer = changes(LawBook(shipped.library()), LawBook(open_law(tmp_path).library()), ON, [FR])

    assert {each["question"]["conduct"] for each in found(answer)} == {"sale"}
    assert fact_names(answer, "added") == ["FR.crime.sale.901"]
