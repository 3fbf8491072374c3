"""A record is computed again from its derivation alone; one that was tampered with is a broken derivation."""

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.law.building import book_of, fact

from rempart.law import Deed, DerivationError, answer_record, is_crime, is_dual, recompute
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Answer, Conduct, Material, Message

Record = dict[str, Any]  # JSON


@pytest.fixture(scope="module")
def whole() -> Record:
    facts = [
        fact(f"{state}.{topic}.1", value)
        for state in ("FR", "JP")
        for topic, value in (("crime.possession", "yes"), ("age-of-child", 18))
    ]
    deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, date(2024, 6, 1), 15)
    answer = is_dual(book_of(*facts), Jurisdiction("FR"), Jurisdiction("JP"), deed)
    record: Record = json.loads(json.dumps(answer_record(answer, _no_words)))
    return record


def _no_words(_: Message) -> str:
    return ""


def test_the_whole_record_gives_its_answer(whole: Record) -> None:
    assert recompute(whole) is Answer.YES


def test_texts_in_another_language_make_no_difference(whole: Record) -> None:
    changed = copy.deepcopy(whole)
    for step in changed["derivation"]:
        step["found"]["why"]["text"] = "autre"

    assert recompute(changed) is Answer.YES


def _step_with_facts(record: Record) -> Record:
    step: Record = next(each for each in record["derivation"] if each["facts"])
    return step


def _last(record: Record) -> Record:
    step: Record = record["derivation"][-1]
    return step


def _unused(record: Record) -> Record:
    """Return a step that stands first and uses nothing; every other step's places move with it."""
    for step in record["derivation"]:
        step["uses"] = [each + 1 for each in step["uses"]]
    first: Record = record["derivation"][0]
    return first


TAMPERED: dict[str, Callable[[Record], object]] = {
    "another answer": lambda record: record.update(answer="no"),
    "no answer": lambda record: record.pop("answer"),
    "no derivation": lambda record: record.pop("derivation"),
    "an empty derivation": lambda record: record.update(derivation=[]),
    "a derivation that is a number": lambda record: record.update(derivation=5),
    "a derivation that is nothing": lambda record: record.update(derivation=None),
    "steps that are texts": lambda record: record.update(derivation=["F-1"]),
    "the last step gone": lambda record: record["derivation"].pop(),
    "the first step gone": lambda record: record["derivation"].pop(0),
    "steps the other way round": lambda record: record["derivation"].reverse(),
    "an unknown rule": lambda record: _last(record).update(rule="ZZ-1"),
    "a rule that is a list": lambda record: _last(record).update(rule=["F-1"]),
    "the rule of another step": lambda record: _last(record).update(
        rule=_step_with_facts(record)["rule"]
    ),
    "a result that was not found": lambda record: _last(record).update(result="no"),
    "no result": lambda record: (_last(record).pop("result"), _last(record).pop("found")),
    "a reason that was not found": lambda record: _last(record)["found"]["why"].update(code="x"),
    "uses from the end": lambda record: _last(record).update(
        uses=[-1] * len(_last(record)["uses"])
    ),
    "uses of itself": lambda record: _last(record).update(uses=[len(record["derivation"]) - 1]),
    "uses that are true": lambda record: _last(record).update(uses=[True, False]),
    "uses that are texts": lambda record: _last(record).update(uses=["0"]),
    "no uses": lambda record: _last(record).update(uses=[]),
    "uses that are nothing": lambda record: _last(record).update(uses=None),
    "a fact of another value": lambda record: _step_with_facts(record)["facts"][0].update(
        value="no"
    ),
    "a fact of no known topic": lambda record: _step_with_facts(record)["facts"][0].update(
        topic="x"
    ),
    "a fact with a strange field": lambda record: _step_with_facts(record)["facts"][0].update(
        fields={"x": 1}
    ),
    "a fact without a day": lambda record: _step_with_facts(record)["facts"][0].pop("holds_from"),
    "a fact of a day that is none": lambda record: _step_with_facts(record)["facts"][0].update(
        holds_from="2024-02-30"
    ),
    "a fact of a day as a number": lambda record: _step_with_facts(record)["facts"][0].update(
        holds_from=20240101
    ),
    "a fact of strange confidence": lambda record: _step_with_facts(record)["facts"][0].update(
        confidence="sure"
    ),
    "a fact that is a text": lambda record: _step_with_facts(record).update(facts=["FR"]),
    "nothing given": lambda record: _step_with_facts(record).update(given={}),
    "a day that is none": lambda record: _step_with_facts(record)["given"].update(on="soon"),
    "an article gone": lambda record: _last(record).pop("article"),
    "an unknown key in a step": lambda record: _last(record).update(reviewed="yes"),
    "an unknown key in what was found": lambda record: _last(record)["found"].update(sure=True),
    "an unknown key in a fact": lambda record: _step_with_facts(record)["facts"][0].update(
        reviewer="A. Person"
    ),
    "an unknown key in the day of a fact": lambda record: _step_with_facts(record)["facts"][0][
        "as_of"
    ].update(time="noon"),
    "a step that none uses": lambda record: record["derivation"].insert(
        0, copy.deepcopy(_unused(record))
    ),
    "another reason": lambda record: record["why"].update(code="x"),
    "a reason that speaks of another": lambda record: record["why"]["params"].update(to="VN"),
    "no reason": lambda record: record.pop("why"),
    "a question for a lawyer more": lambda record: record["asks"].append(record["why"]),
    "other notes": lambda record: record.update(notes=[record["why"], record["why"]]),
    "notes that are nothing": lambda record: record.update(notes=None),
    "a text that is none": lambda record: record["why"].update(text=5),
    "no question": lambda record: record.pop("question"),
    "a question that is a text": lambda record: record.update(question="dual"),
    "a question of another state": lambda record: record["question"].update(to="VN"),
    "a question without a state": lambda record: record["question"].pop("to"),
    "given as a list": lambda record: _step_with_facts(record).update(given=[]),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_a_broken_derivation(whole: Record, what: str) -> None:
    record = copy.deepcopy(whole)
    TAMPERED[what](record)
    assert record != whole

    with pytest.raises(DerivationError) as broken:
        recompute(record)

    assert broken.value.exit_code == 4
    assert broken.value.hint


def test_a_step_that_was_given_another_day_than_the_question_is_noticed() -> None:
    deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, date(2024, 6, 1))
    book = book_of(fact("FR.crime.possession.1", "yes"), fact("FR.age-of-child.1", 18))
    written = answer_record(is_crime(book, Jurisdiction("FR"), deed), _no_words)
    record: Record = json.loads(json.dumps(written))
    assert recompute(record)
    for name, value in (("on", "2000-01-01"), ("state", "VN"), ("conduct", "access")):
        other = copy.deepcopy(record)
        other["question"][name] = value

        with pytest.raises(DerivationError, match=name):
            recompute(other)


@pytest.mark.parametrize("nothing", [None, 5, "yes", [], {}, [[]]])
def test_what_is_no_record_is_a_broken_derivation(nothing: Any) -> None:  # Any: JSON
    with pytest.raises(DerivationError):
        recompute(nothing)
