"""The shipped facts themselves: one of them changed, unsure or superseded moves only what stands on it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.law.test_properties import IMPROVED
from tests.law.varied_law import record_of

from rempart.law import (
    Deed,
    LawBook,
    LawShelf,
    Organisation,
    duties_of,
    is_crime,
    is_dual,
    is_party,
    open_law,
)
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, Confidence, DutyBearer, Material, Role, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.model.law_facts import Fact

Check = Callable[[st.DataObject], None]

QUICK = settings(
    derandomize=True,  # a search that differs from run to run belongs to whoever looks for faults, not to a gate
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LONG = settings(QUICK, max_examples=60)
DAYS: Final = (date(2021, 6, 1), date(2026, 11, 22))
OTHER: Final = Jurisdiction("DE")
MATERIALS: Final = (Material.REAL_CHILD, Material.REALISTIC_IMAGE, Material.SELF_MADE_CONSENSUAL)


@cache
def shelf() -> LawShelf:
    return open_law()


@cache
def shipped() -> LawBook:
    return LawBook(shelf().library())


@cache
def of_states() -> tuple[Fact, ...]:
    return tuple(each for each in shipped().library.all_facts() if len(each.subject) == 2)


def answers(book: LawBook, state: Jurisdiction) -> Iterator[tuple[str, LawAnswer]]:
    for on in DAYS:
        for conduct, material, age in product(Conduct, MATERIALS, (None, 16)):
            deed = Deed(conduct, material, on, age)
            yield f"crime {conduct} {material} {age} {on}", is_crime(book, state, deed)
        deed = Deed(Conduct.POSSESSION, Material.REAL_CHILD, on)
        yield f"dual {on}", is_dual(book, state, OTHER, deed)
        yield f"dual of others {on}", is_dual(book, Jurisdiction("FR"), Jurisdiction("JP"), deed)
        for treaty in Treaty:
            yield f"party {treaty} {on}", is_party(book, state, treaty, on)
        organisation = Organisation(DutyBearer.PLATFORM, state)
        roles = {Role.HOST: (OTHER,)}
        duties = duties_of(book, organisation, roles, deed.conduct, deed.material, on)
        yield f"duties {on}", duties


def with_facts(*changed: Fact) -> LawBook:
    ids = {each.id for each in changed}
    kept = tuple(each for each in shelf().every_fact() if each.id not in ids)
    read = tuple(sorted((*kept, *changed), key=lambda each: each.id))
    return LawBook(replace(shelf(), _read=read).library())


def one_fact_less_sure(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(of_states()))
    levels = list(Confidence)
    lower = data.draw(st.sampled_from(levels[levels.index(fact.confidence) :]))
    original = next(each for each in shelf().every_fact() if each.id == fact.id)
    state = Jurisdiction(fact.subject)
    after = dict(answers(with_facts(replace(original, confidence=lower)), state))
    for name, answer in answers(shipped(), state):
        was, now = record_of(answer), record_of(after[name])
        assert (answer.answer, after[name].answer) not in IMPROVED, name
        if not any(f'"{fact.id}"' in json.dumps(each) for each in (was, now)):
            assert was == now, name


def one_fact_superseded_later(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from([each for each in of_states() if each.holds_to is None]))
    since = max(fact.holds_from or DAYS[-1], DAYS[-1]) + timedelta(days=1)
    later = replace(
        fact,
        id=f"{fact.subject}.{fact.topic}.9999",
        confidence=data.draw(st.sampled_from(Confidence)),
        holds_from=since,
        supersedes=fact.id,
        corrects=None,
    )
    state = Jurisdiction(fact.subject)
    after = dict(answers(with_facts(later), state))
    for name, answer in answers(shipped(), state):
        was, now = answer.last.finding, after[name].last.finding
        assert (was.answer, was.why, was.asks) == (now.answer, now.why, now.asks), name


CHECKS: Final[list[Check]] = [one_fact_less_sure, one_fact_superseded_later]


@pytest.mark.parametrize("check", CHECKS)
@QUICK
@given(data=st.data())
def test_it_holds_for_the_shipped_law(check: Check, data: st.DataObject) -> None:
    check(data)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("check", CHECKS)
@LONG
@given(data=st.data())
def test_it_holds_for_very_many_of_the_shipped_facts(check: Check, data: st.DataObject) -> None:
    check(data)
