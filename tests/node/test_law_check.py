"""Forged records of law do not pass for answers, however well their derivation hangs together."""

import copy
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.decide import Decider, decision_record
from rempart.law import RULES, Case, LawShelf, recompute
from rempart.model.decision import CaseContext, Decision
from rempart.model.handling import Subject
from rempart.model.identifiers import DecisionId, MatchId
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.labels import Label
from rempart.model.law import Answer, Conduct, DutyBearer, Material, Need, Role, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.node import (
    Deed,
    LawArgumentError,
    LawBook,
    RecordCheck,
    Translator,
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
    check_law_records,
    every_conduct,
    find_language,
    law_book_of,
    law_record,
    open_law_shelf,
)

Record = dict[str, Any]  # JSON
Forgery = Callable[[Record], object]

ON: Final = date(2026, 6, 1)
DEED: Final = Deed(Conduct.POSSESSION, Material.REAL_CHILD, ON, 16)
DEED_OF_NO_AGE: Final = Deed(Conduct.DISTRIBUTION, Material.REAL_CHILD, ON)
FR, DE, US, PH = (Jurisdiction(code) for code in ("FR", "DE", "US", "PH"))
ROLES: Final = {Role.HOST: (DE,), Role.SUSPECT: (FR,), Role.CHILD: (PH,)}


@cache
def shelf() -> LawShelf:
    return open_law_shelf()


@cache
def book() -> LawBook:
    return law_book_of(shelf())


def texts() -> Translator:
    return find_language("en", {})


@cache
def written() -> dict[str, str]:
    """Return one true record of every kind, as JSON."""
    platform = DutyBearer.PLATFORM
    answers = {
        "crime": ask_crime(book(), "DK", DEED),
        "dual": ask_dual(book(), "FR", "JP", DEED),
        "party": ask_party(book(), "GB-SCT", Treaty.BUDAPEST, ON),
        "preservation": ask_channel(book(), "FR", "JP", DEED, Need.PRESERVATION),
        "extradition": ask_channel(book(), "FR", "JP", DEED, Need.EXTRADITION),
        "jurisdiction": ask_jurisdiction(book(), ROLES, DEED_OF_NO_AGE),
        "duties": ask_duties(book(), platform, "US", {Role.UPLOADER: (US, DE)}, DEED_OF_NO_AGE),
        "gaps": next(ask_gaps(book(), "FR", "lanzarote", ON)),
        "gaps of members": next(ask_gaps(book(), "FR", "directive-2011-93", ON)),
        "country": ask_country(book(), "FR", ON),
        "compare": ask_compare(book(), ["FR", "VN"], every_conduct(Material.REAL_CHILD, ON)),
    }
    records = {name: law_record(each, texts()) for name, each in answers.items()}
    iccam = Label("iccam", "3", None, "baseline")
    records["decision"] = decision(Subject.CHILD, iccam)
    records["decision on another version of the scheme"] = decision(
        Subject.CHILD, Label("iccam", "1", None, "baseline")
    )
    records["decision without a meaning"] = decision(
        Subject.ADULT, iccam, Label("unmapped", None, None, "exercise: A")
    )
    records["decision without labels"] = decision(Subject.CHILD)
    return {name: json.dumps(each) for name, each in records.items()}


def decision(subject: Subject, *labels: Label) -> Record:
    case = CaseContext(
        DutyBearer.PLATFORM, DE, {Role.HOST: (DE,), Role.CHILD: ()}, Conduct.DISTRIBUTION, ON
    )
    ruling = Decider(book(), case).ruling(subject, labels)
    identity = DecisionId(UUID(int=1)), MatchId(UUID(int=2))
    return decision_record(Decision(*identity, ruling), texts().text)


def checked(record: Any) -> RecordCheck:  # Any: JSON
    return checked_line(json.dumps(record))


def checked_line(line: str) -> RecordCheck:
    [found] = check_law_records(io.BytesIO(line.encode()), [shelf()])
    return found


def forged(kind: str, forge: Forgery) -> RecordCheck:
    record = json.loads(written()[kind])
    forge(record)
    assert json.dumps(record) != written()[kind], "nothing was forged"
    return checked(record)


@pytest.mark.parametrize("kind", written())
def test_a_true_record_of_every_kind_is_asked_again_and_holds(kind: str) -> None:
    found = checked_line(written()[kind])

    assert (found.holds, found.facts, found.asked_again) == (True, "same", "yes"), found.reason


def test_a_record_in_another_language_holds() -> None:
    record = law_record(ask_crime(book(), "DK", DEED), find_language("fr", {}))

    assert record != json.loads(written()["crime"])
    assert checked(record).holds


def test_changes_are_not_asked_again_and_that_is_said() -> None:
    old = law_book_of(shelf(), "2026.11.1")
    record = law_record(ask_changes(old, book(), ["DK"], ON), texts())

    found = checked(record)

    assert (found.holds, found.facts, found.asked_again) == (True, "same", "no")


def _cut_to_the_first_yes(record: Record) -> None:
    steps = record["derivation"]
    first = next(number for number, each in enumerate(steps) if each["result"] == "yes")
    del steps[first + 1 :]
    record["answer"] = "yes"


def _cut_with_its_reason(record: Record) -> None:
    """Take one step that looks at facts alone for the whole derivation, and its texts for those of the answer."""
    first = next(each for each in record["derivation"] if each["facts"] and not each["uses"])
    record["derivation"] = [first]
    record["answer"] = first["result"]
    record.update({name: first["found"][name] for name in ("why", "asks", "notes")})


FORGERIES: Final[dict[str, tuple[str, Forgery, str]]] = {
    "another state": ("crime", lambda r: r["question"].update(state="VN"), "state"),
    "another day": ("crime", lambda r: r["question"].update(on="2000-01-01"), "on"),
    "a day that is a number": ("party", lambda r: r["question"].update(on=2000), "question"),
    "another age": ("crime", lambda r: r["question"].update(age=12), "another"),
    "an age that is true": ("country", lambda r: r["question"].update(age=True), "question.age"),
    "another kind": ("crime", lambda r: r["question"].update(kind="duties"), "question"),
    "an unknown kind": ("crime", lambda r: r["question"].update(kind="guilt"), "no question"),
    "a kind that is a list": ("crime", lambda r: r["question"].update(kind=[]), "not well formed"),
    "a kind that is not asked again": (
        "crime",
        lambda r: r["question"].update(
            kind="changes",
            **{"from": {name: r[name] for name in ("data_version", "data_hash", "overlay")}},
        ),
        "kind of question",
    ),
    "a state that is none": ("party", lambda r: r["question"].update(state="QQ"), "QQ"),
    "an overlay that was not there": ("crime", lambda r: r.update(overlay=True), "overlay"),
    "an overlay as a number": ("crime", lambda r: r.update(overlay=0), "overlay"),
    "another data version": ("crime", lambda r: r.update(data_version="2026.11.1"), "version"),
    "another hash": ("crime", lambda r: r.update(data_hash="0" * 64), "hash"),
    "another reason": ("crime", lambda r: r["why"].update(code="crime.no"), "why"),
    "another value in the reason": (
        "crime",
        lambda r: r["why"]["params"].update(state="VN"),
        "why.params.state",
    ),
    "another question for a lawyer": ("duties", lambda r: r.update(asks=[{}]), "asks"),
    "no notes": ("preservation", lambda r: r.update(notes=[]), "notes"),
    "a note more": (
        "crime",
        lambda r: r["notes"].append({"code": "a", "params": {}, "text": ""}),
        "notes",
    ),
    "a text that is none": ("crime", lambda r: r["why"].update(text={"a": 1}), "why.text"),
    "no text": ("crime", lambda r: r["why"].pop("text"), "why.text"),
    "an unknown key": ("crime", lambda r: r.update(reviewed="yes"), "reviewed"),
    "an unknown key in the question": (
        "dual",
        lambda r: r["question"].update(reviewed="yes"),
        "question.reviewed",
    ),
    "an unknown key in a step": (
        "crime",
        lambda r: r["derivation"][0].update(reviewed="yes"),
        "step 0",
    ),
    "an unknown key in a fact": (
        "crime",
        lambda r: r["derivation"][0]["facts"][0].update(reviewer="A. Person"),
        "fact",
    ),
    "an article that does not exist": (
        "crime",
        lambda r: r["derivation"][0].update(article="Fake law art. 1"),
        "derivation[0].article",
    ),
    "a derivation cut short": ("crime", _cut_to_the_first_yes, "derivation"),
    "a derivation cut short with its reason": ("crime", _cut_with_its_reason, "another"),
    "facts left out": ("crime", lambda r: r["derivation"][0].update(facts=[]), ""),
    "a provision": ("crime", lambda r: r.update(provision="Fake law art. 1"), "provision"),
    "no penalty": ("crime", lambda r: r.pop("penalty"), "penalty"),
    "no treaty": ("crime", lambda r: r.update(instruments=[]), "instruments"),
    "a time limit": (
        "preservation",
        lambda r: r["deadlines"][0].update(value=9_000),
        "deadlines[0].value",
    ),
    "a power": ("preservation", lambda r: r["powers"].append(r["powers"][0]), "powers"),
    "a ground of refusal less": (
        "preservation",
        lambda r: r["refusal_grounds"].pop(),
        "refusal_grounds",
    ),
    "a contact point": (
        "preservation",
        lambda r: r["contacts"][0].update(url="https://fake.example"),
        "contacts[0].url",
    ),
    "a claim": (
        "jurisdiction",
        lambda r: r["candidates"][0].update(answer="no"),
        "candidates[0].answer",
    ),
    "a role": (
        "jurisdiction",
        lambda r: r["question"]["roles"].update(host=["DE", "DE"]),
        "question.roles.host",
    ),
    "roles without end": (
        "duties",
        lambda r: r["question"]["roles"].update(host=["DE"] * 100_000),
        "too large",
    ),
    "a duty less": ("duties", lambda r: r["duties"].pop(), "duties"),
    "another organisation": (
        "duties",
        lambda r: r["question"].update(organisation="police"),
        "another",
    ),
    "an obligation met": (
        "gaps",
        lambda r: r["obligations"][0].update(status="reserved"),
        "obligations[0].status",
    ),
    "a topic": ("country", lambda r: r["topics"][0].update(value="x"), "topics[0].value"),
    "a cell": (
        "compare",
        lambda r: r["rows"][0]["cells"]["VN"].update(answer="partly"),
        "rows[0].cells.VN.answer",
    ),
    "cells without end": (
        "compare",
        lambda r: r["question"].update(deeds=r["question"]["deeds"] * 10_000),
        "too large",
    ),
    "another case": (
        "decision",
        lambda r: r["context"].update(established="FR"),
        "another",
    ),
    "another label": (
        "decision",
        lambda r: r["material"].update(labels=["iccam: other"]),
        "another",
    ),
    "another class of material": (
        "decision",
        lambda r: r["material"].update({"class": "text-audio"}),
        "material.class",
    ),
    "an offence": (
        "decision",
        lambda r: r["offences"][0].update(answer="no"),
        "offences[0].answer",
    ),
    "an identifier that is none": ("decision", lambda r: r.update(match="x"), "not well formed"),
    "a decision for an answer": (
        "decision",
        lambda r: r.update(schema="rempart.law/1"),
        "no question",
    ),
    "an answer for a decision": (
        "crime",
        lambda r: r.update(schema="rempart.decision/1"),
        "not well formed",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_record_does_not_hold_and_the_place_is_named(what: str) -> None:
    kind, forge, place = FORGERIES[what]

    found = forged(kind, forge)

    assert not found.holds
    assert found.reason
    assert place in found.reason


def _without_the_exemption() -> LawAnswer:
    """Return an answer whose conclusion counts its first condition alone, and finds what then follows."""
    true = ask_crime(book(), "DK", DEED)
    assert true.answer is Answer.PARTLY
    given = {**true.last.given, "conditions": 1}
    found = tuple(each.finding for each in true.last.uses)
    finding = RULES[true.last.rule].find(Case((), found, given))
    return replace(true, last=replace(true.last, given=given, finding=finding))


def _with_an_article_of_its_own() -> LawAnswer:
    true = ask_crime(book(), "DK", DEED)
    return replace(true, last=replace(true.last, article="Fake law art. 1"))


def _without_what_the_state_reserved() -> LawAnswer:
    """Return an answer whose conclusion looks at nothing beside its conditions."""
    true = ask_crime(book(), "DK", DEED)
    uses = true.last.uses[: cast("int", true.last.given["conditions"])]
    found = tuple(each.finding for each in uses)
    finding = RULES[true.last.rule].find(Case((), found, true.last.given))
    return replace(true, last=replace(true.last, uses=uses, finding=finding))


@pytest.mark.parametrize(
    ("forge", "place"),
    [
        (_without_the_exemption, "answer"),
        (_with_an_article_of_its_own, "article"),
        (_without_what_the_state_reserved, "another"),
    ],
)
def test_a_forgery_whose_derivation_leads_to_its_answer_does_not_hold(
    forge: Callable[[], LawAnswer], place: str
) -> None:
    record = json.loads(json.dumps(law_record(forge(), texts())))
    assert recompute(record).value == record["answer"], "only asking again can notice it"

    found = checked(record)

    assert (found.holds, found.asked_again) == (False, "yes")
    assert found.reason is not None
    assert place in found.reason


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # Any: JSON
    """Yield what holds each value of a record, and its key; the wording of texts is free."""
    is_message = isinstance(value, dict) and value.keys() == {"code", "params", "text"}
    keys: Any = ()
    if isinstance(value, dict | list):
        keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        if not (is_message and key == "text"):
            yield value, key
            yield from _places(value[key])


JUNK: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [None, True, 0, 1, 1.0, "1", "yes", "no", "FR", "2000-01-01", [], {}]
)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_single_change_of_a_record_holds(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(written())))
    record = json.loads(written()[kind])
    places = list(_places(record))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    if data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = data.draw(JUNK)

    is_same = json.dumps(record) == written()[kind]

    assert checked(record).holds is is_same


class TestDataThatAreNotAtHand:
    def test_only_the_derivation_is_proved_and_that_is_said(self) -> None:
        found = forged("crime", lambda r: r.update(data_version="2099.1.1", data_hash="0" * 64))

        assert (found.holds, found.facts) == (True, "not-compared")
        assert found.asked_again == "data-not-at-hand"

    def test_a_derivation_that_does_not_follow_is_noticed_there_too(self) -> None:
        def forge(record: Record) -> None:
            record.update(data_version="2099.1.1", data_hash="0" * 64)
            record["question"]["state"] = "VN"

        found = forged("crime", forge)

        assert (found.holds, found.asked_again) == (False, "no")


def test_a_key_that_stands_twice_is_refused() -> None:
    line = written()["crime"].replace('"answer":', '"answer": "no", "answer":', 1)
    assert line != written()["crime"]

    assert not checked_line(line).holds


def test_nothing_is_left_changed_by_a_check() -> None:
    record = json.loads(written()["compare"])
    before = copy.deepcopy(record)

    assert checked(record).holds
    assert record == before


@pytest.mark.parametrize("pair", [("FR", "FR"), ("GB", "GB-SCT"), ("US-CA", "US-NY")])
def test_there_is_no_channel_between_a_state_and_itself(pair: tuple[str, str]) -> None:
    with pytest.raises(LawArgumentError) as caught:
        ask_channel(book(), *pair, DEED, Need.PRESERVATION)

    assert caught.value.exit_code == 2
    assert "itself" in caught.value.message
    assert caught.value.hint
