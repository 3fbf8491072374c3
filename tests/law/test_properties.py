"""What holds for every answer, whatever the facts: locality, caution, symmetry, and a past that stays."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.law.cases import a_fact
from tests.law.varied_law import (
    DAYS,
    DE,
    FIXED,
    FR,
    UNKNOWABLE,
    answers,
    book_of_facts,
    facts,
    laws,
    record_of,
    with_fact,
)

from rempart.law import DerivationError, LawBook, LawShelf, recompute
from rempart.law.versions import DataVersion
from rempart.model.law import Answer, Confidence
from rempart.model.law_answers import LawAnswer
from rempart.model.law_facts import Fact

Facts = tuple[Fact, ...]
Check = Callable[[st.DataObject], None]

QUICK = settings(
    derandomize=True,  # a search that differs from run to run belongs to whoever looks for faults, not to a gate
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LONG = settings(QUICK, max_examples=150)

IMPROVED = {
    (Answer.CHECK, Answer.YES),
    (Answer.CHECK, Answer.NO),
    (Answer.CHECK, Answer.PARTLY),
    (Answer.PARTLY, Answer.YES),
    (Answer.PARTLY, Answer.NO),
    (Answer.YES, Answer.NO),
    (Answer.NO, Answer.YES),
    (Answer.NO, Answer.PARTLY),
}
"""What must never become of an answer when less is known."""


def by_name(drawn: Iterable[Fact]) -> dict[str, LawAnswer]:
    return dict(answers(book_of_facts(drawn)))


def cites(record: dict[str, Any], fact: Fact) -> bool:
    return f'"{fact.id}"' in json.dumps(record)


def only_what_cites_a_fact_changes(data: st.DataObject) -> None:
    law = data.draw(laws())
    old = data.draw(st.sampled_from(law))
    new = data.draw(facts(old.topic))
    changed = replace(new, id=old.id, subject=old.subject)
    before, after = by_name(law), by_name(with_fact(law, changed))
    for name, answer in before.items():
        was, now = record_of(answer), record_of(after[name])
        if not cites(was, old) and not cites(now, old):
            assert was == now, name


def nothing_unknown_makes_a_check_sure(data: st.DataObject) -> None:
    law = data.draw(laws())
    topic = data.draw(st.sampled_from(UNKNOWABLE))
    subject = data.draw(st.sampled_from((FR, DE)))
    since = data.draw(st.sampled_from((DAYS[0], DAYS[1], None)))
    confidence = data.draw(st.sampled_from(Confidence))
    unknown = a_fact(
        topic, "unknown", subject=subject, number=9, confidence=confidence, since=since
    )
    before, after = by_name(law), by_name(with_fact(law, unknown))
    for name, answer in before.items():
        assert (answer.answer, after[name].answer) not in IMPROVED, name


def no_answer_grows_surer_when_a_fact_grows_less_sure(data: st.DataObject) -> None:
    law = data.draw(laws())
    fact = data.draw(st.sampled_from(law))
    levels = list(Confidence)
    lower = data.draw(st.sampled_from(levels[levels.index(fact.confidence) :]))
    before, after = by_name(law), by_name(with_fact(law, replace(fact, confidence=lower)))
    for name, answer in before.items():
        assert (answer.answer, after[name].answer) not in IMPROVED, name


def dual_criminality_is_symmetric(data: st.DataObject) -> None:
    asked = by_name(data.draw(laws()))
    for on in DAYS:
        one, other = (asked[f"dual {pair} {on}"] for pair in ("FR DE", "DE FR"))
        assert one.answer is other.answer
        asks = [sorted(map(repr, each.last.finding.asks)) for each in (one, other)]
        assert asks[0] == asks[1]


def every_check_names_a_question(data: st.DataObject) -> None:
    for name, answer in by_name(data.draw(laws())).items():
        assert answer.answer is not Answer.CHECK or answer.last.finding.asks, name


def every_derivation_leads_to_its_answer(data: st.DataObject) -> None:
    for name, answer in by_name(data.draw(laws())).items():
        written = json.loads(json.dumps(record_of(answer)))
        assert recompute(written) is answer.answer, name


def no_changed_derivation_is_believed(data: st.DataObject) -> None:
    asked = by_name(data.draw(laws()))
    record = json.loads(json.dumps(record_of(asked[data.draw(st.sampled_from(sorted(asked)))])))
    answer = record["answer"]
    step = data.draw(st.sampled_from(record["derivation"]))
    changes = ["result", "why"] + ["value"] * bool(step["facts"]) + ["uses"] * bool(step["uses"])
    match data.draw(st.sampled_from(changes)):
        case "result":
            others = sorted({each.value for each in Answer} - {step["result"]})
            step["result"] = data.draw(st.sampled_from(others))
            with pytest.raises(DerivationError):
                recompute(record)
        case "why":
            step["found"]["why"]["code"] += "-changed"
            with pytest.raises(DerivationError):
                recompute(record)
        case "value":
            fact = data.draw(st.sampled_from(step["facts"]))
            fact["value"] = data.draw(st.sampled_from(("yes", "no", "partly", 14, "2015-01-01")))
            assert believed(record) in {answer, None}
        case _:
            step["uses"] = data.draw(st.permutations(step["uses"]))[1:]
            assert believed(record) in {answer, None}


def believed(record: dict[str, Any]) -> str | None:
    """Return the answer that a record proves; None where it is refused."""
    try:
        return recompute(record).value
    except DerivationError:
        return None


def a_past_answer_survives_a_later_law(data: st.DataObject) -> None:
    law = tuple(replace(each, holds_to=None) for each in data.draw(laws()))
    old = data.draw(st.sampled_from(law))
    new = data.draw(facts(old.topic))
    since = data.draw(st.sampled_from(DAYS)) + timedelta(days=1)
    if old.holds_from is not None and since <= old.holds_from:
        since = old.holds_from + timedelta(days=1)
    later = replace(
        new,
        id=f"{old.subject}.{old.topic}.9",
        subject=old.subject,
        holds_from=since,
        holds_to=None,
        supersedes=old.id,
    )
    before = dict(answers(LawBook(shelf(law).library())))
    after = dict(answers(LawBook(shelf((*law, later)).library())))
    for name, answer in before.items():
        if name.rpartition(" ")[2] < since.isoformat():
            was, now = answer.last.finding, after[name].last.finding
            assert (was.answer, was.why, was.asks) == (now.answer, now.why, now.asks), name


def test_a_derivation_whose_deciding_fact_is_changed_is_refused() -> None:
    law = (a_fact("crime.possession", "yes"), a_fact("age-of-child", 18))
    asked = by_name(law)[f"crime FR real-child 16 {DAYS[-1]}"]
    record = json.loads(json.dumps(record_of(asked)))
    assert recompute(record) is Answer.YES
    [fact] = record["derivation"][0]["facts"]

    fact["value"] = "no"

    with pytest.raises(DerivationError):
        recompute(record)


def shelf(law: Facts) -> LawShelf:
    versions = (DataVersion("1", DAYS[0], "Exercise", ""),)
    return LawShelf(versions, has_overlay=False, own_law=frozenset(), _read=(*law, *FIXED))


PROPERTIES: list[Check] = [
    only_what_cites_a_fact_changes,
    nothing_unknown_makes_a_check_sure,
    no_answer_grows_surer_when_a_fact_grows_less_sure,
    dual_criminality_is_symmetric,
    every_check_names_a_question,
    every_derivation_leads_to_its_answer,
    no_changed_derivation_is_believed,
    a_past_answer_survives_a_later_law,
]


@pytest.mark.parametrize("check", PROPERTIES)
@QUICK
@given(data=st.data())
def test_it_holds_for_every_small_law(check: Check, data: st.DataObject) -> None:
    check(data)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("check", PROPERTIES)
@LONG
@given(data=st.data())
def test_it_holds_for_very_many_small_laws(check: Check, data: st.DataObject) -> None:
    check(data)
