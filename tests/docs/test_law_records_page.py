"""Every field of an answer of law is documented for its kind of question, and no other."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from rempart.decide import Decider, decision_record, read_context
from rempart.law.language import Translator
from rempart.model.decision import Decision
from rempart.model.handling import Subject
from rempart.model.identifiers import DecisionId, MatchId
from rempart.model.language import Language
from rempart.model.law import Conduct, DutyBearer, Material, Need, Treaty
from rempart.node import (
    Deed,
    ask_changes,
    ask_channel,
    ask_compare,
    ask_country,
    ask_crime,
    ask_dual,
    ask_duties,
    ask_gaps,
    ask_jurisdiction,
    ask_party,
    law_book_of,
    law_record,
    open_law_shelf,
    parse_day,
    parse_roles,
)

PAGE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "records.md").read_text(
    encoding="utf-8"
)
SECTION: Final = PAGE.partition("\n## rempart.law/1\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every row of a table."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def table(title: str) -> set[str]:
    text = SECTION.partition(f"\n{title}")[2].partition("\n\n")[2].partition("\n\n")[0]
    return {row[0].strip("`") for row in rows(text)}


SHARED: Final = {row[0].strip("`") for row in rows(SECTION.partition("\nA **step**:")[0])}
OF_KINDS: Final = rows(SECTION.partition("\nSome kinds of question give more:")[2])


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    """One answer of each kind, as full as can be."""
    shelf = open_law_shelf()
    book, old = law_book_of(shelf, "2026.11.2"), law_book_of(shelf, "2026.11.1")
    day, later = parse_day("2024-06-01"), parse_day("2026-06-01")
    deed = Deed(Conduct.DISTRIBUTION, Material.REAL_CHILD, later)
    roles = parse_roles(["host=DE", "uploader=FR", "child=PH"])
    answers = (
        ask_crime(book, "FR", deed),
        ask_dual(book, "FR", "JP", deed),
        ask_party(book, "FR", Treaty.BUDAPEST, later),
        ask_channel(book, "FR", "JP", deed, Need.PRESERVATION),
        ask_jurisdiction(book, roles, deed),
        ask_duties(book, DutyBearer.PLATFORM, "FR", roles, deed),
        next(ask_gaps(book, "FR", "lanzarote", later)),
        ask_country(book, "FR", later),
        ask_compare(book, ["FR", "JP"], [deed]),
        ask_changes(old, book, ["DK"], day),
    )
    written = [law_record(each, Translator(Language.EN)) for each in answers]
    return {record["question"]["kind"]: record for record in written}


KINDS: Final = (
    "crime",
    "dual",
    "party",
    "channel",
    "jurisdiction",
    "duties",
    "gaps",
    "country",
    "compare",
    "changes",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_an_answer_is_documented_and_no_other(
    records: dict[str, dict[str, Any]], kind: str
) -> None:
    own = {name.strip("`") for name, kinds, _ in OF_KINDS if kind in kinds.split(", ")}

    assert set(records[kind]) == SHARED | own


def test_every_kind_is_tried(records: dict[str, dict[str, Any]]) -> None:
    assert set(records) == set(KINDS)
    assert {each for _, kinds, _ in OF_KINDS for each in kinds.split(", ")} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_step_and_of_a_fact_is_documented(
    records: dict[str, dict[str, Any]], kind: str
) -> None:
    for step in records[kind]["derivation"]:
        assert set(step) == table("A **step**:")
        assert all(set(fact) == table("A **fact**:") for fact in step["facts"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_part_holds_is_named_where_it_is_a_list_of_objects(
    records: dict[str, dict[str, Any]], kind: str
) -> None:
    shared = {"id", "provision", "source", "as_of", "confidence", "fact", "value", "unit", "from"}
    for name, kinds, meaning in OF_KINDS:
        part = records[kind].get(name.strip("`")) if kind in kinds.split(", ") else None
        for item in part if isinstance(part, list) else ():
            fields = set(item) - shared if isinstance(item, dict) else set()
            missing = [each for each in sorted(fields) if f"`{each}`" not in meaning]
            elsewhere = ("the fact", "where they", "as in")
            assert not missing or any(each in meaning for each in elsewhere), (name, missing)


def test_every_field_of_a_decision_is_documented_and_no_other() -> None:
    lines = b'kind = "platform"\nestablished = "US"\nconduct = "possession"\n[roles]\nviewer = "FR"'
    context = read_context("context.toml", lines, today=parse_day("2026-06-01"))
    ruling = Decider(law_book_of(open_law_shelf()), context).ruling(Subject.CHILD, ())
    decision = Decision(DecisionId(UUID(int=1)), MatchId(UUID(int=2)), ruling)

    record = decision_record(decision, Translator(Language.EN).text)

    own = PAGE.partition("\n## rempart.decision/1\n")[2].partition("\n## ")[0]
    assert set(record) == SHARED | {row[0].strip("`") for row in rows(own)}
