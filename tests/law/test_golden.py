"""The command line answers every golden question as a person derived it from the facts, and can prove it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.law.golden_table import GoldenQuestion, differences, golden_questions

from rempart.cli.application import run
from rempart.law import recompute
from rempart.model.law import Answer, Conduct, Material, Need, Treaty

Json = Any  # values as JSON has them
Ask = Callable[[GoldenQuestion], Json]

QUESTIONS = golden_questions()


@pytest.fixture
def ask(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Put a question on the command line, in this process, and return the record that it prints."""
    for name in ("REMPART_LAW_OVERLAY", "REMPART_NODE", "REMPART_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)

    def put(question: GoldenQuestion) -> Json:
        code = run(["law", *question.words, "--json"])
        out, err = capsysbinary.readouterr()
        assert (code, err) == (0, b"")
        [line] = out.splitlines()
        return json.loads(line)

    return put


@pytest.mark.parametrize("question", QUESTIONS, ids=[each.ask for each in QUESTIONS])
def test_the_answer_is_the_one_derived_by_hand(question: GoldenQuestion, ask: Ask) -> None:
    record = ask(question)

    assert differences(question.expected, record) == [], question.expected["because"]
    assert recompute(record) is Answer(question.expected["answer"])
    assert record["answer"] != "check" or record["asks"], "check names what a lawyer must answer"


class TestTheTable:
    def test_it_asks_enough_of_enough_states(self) -> None:
        assert len(QUESTIONS) >= 120
        assert len(set().union(*(each.states() for each in QUESTIONS))) >= 25
        assert len({each.ask for each in QUESTIONS}) == len(QUESTIONS), "none is asked twice"

    @pytest.mark.parametrize(
        ("option", "values"),
        [
            ("--conduct", Conduct),
            ("--material", Material),
            ("--need", Need),
            ("--instrument", Treaty),
        ],
    )
    def test_it_asks_about_every_choice(self, option: str, values: type[Answer]) -> None:
        asked = {value for each in QUESTIONS for value in each.values(option)}

        assert asked >= {each.value for each in values}

    def test_it_holds_every_kind_of_answer_for_every_kind_of_question(self) -> None:
        by_file: dict[str, set[str]] = {}
        for each in QUESTIONS:
            by_file.setdefault(each.file, set()).add(each.expected["answer"])

        assert by_file["crime"] == by_file["dual"] == {"yes", "no", "partly", "check"}
        assert by_file["party"] == {"yes", "no", "check"}
        assert all("check" in by_file[file] for file in by_file if file != "detection")

    def test_every_answer_says_why(self) -> None:
        assert [each.ask for each in QUESTIONS if len(each.expected["because"]) < 5] == []


class TestTheComparison:
    """A comparison that never complains would prove nothing."""

    def complaints(
        self, question: GoldenQuestion, record: Json, change: Callable[[Json], None]
    ) -> int:
        changed = copy.deepcopy(record)
        change(changed)
        return len(differences(question.expected, changed))

    def first(self, key: str) -> GoldenQuestion:
        return next(each for each in QUESTIONS if key in each.expected)

    def test_another_answer_is_told(self, ask: Ask) -> None:
        question = self.first("asks")
        record = ask(question)

        assert self.complaints(question, record, lambda each: each.update(answer="other")) == 1
        assert self.complaints(question, record, lambda each: each.update(asks=[])) == 1

    def test_an_article_that_is_not_cited_is_told(self, ask: Ask) -> None:
        question = self.first("penalty")
        record = ask(question)

        count = self.complaints(question, record, lambda each: each.update(derivation=[]))

        assert count == len(question.expected["articles"]) > 0

    @pytest.mark.parametrize(
        ("key", "part"),
        [
            ("penalty", "penalty"),
            ("deadlines", "deadlines"),
            ("duties", "duties"),
            ("candidates", "candidates"),
            ("refusal", "refusal_grounds"),
            ("obligations", "obligations"),
        ],
    )
    def test_a_part_that_is_missing_is_told(self, ask: Ask, key: str, part: str) -> None:
        question = self.first(key)

        count = self.complaints(question, ask(question), lambda each: each.update({part: []}))

        assert count == len(question.expected[key])

    def test_what_must_not_be_given_is_told(self, ask: Ask) -> None:
        question = self.first("no_deadlines")
        unwanted = {"article": "29", **question.expected["no_deadlines"][0]}

        count = self.complaints(
            question, ask(question), lambda each: each["deadlines"].append(unwanted)
        )

        assert count == 1
