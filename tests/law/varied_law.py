"""Small laws of two states, drawn at random, and every kind of question asked of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from hypothesis import strategies as st
from tests.law.cases import a_fact

from rempart.law import (
    Deed,
    LawBook,
    LawLibrary,
    Organisation,
    answer_record,
    duties_of,
    find_channel,
    is_crime,
    is_dual,
    is_party,
    measure_gaps,
    who_may_claim,
)
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.law import Conduct, Confidence, DutyBearer, Material, Need, Role, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.model.law_facts import Fact, FactValue

FR, DE = Jurisdiction("FR"), Jurisdiction("DE")
DAYS: Final = (date(2012, 1, 1), date(2019, 6, 1), date(2024, 6, 1))
"""Days before, within and after the spans of the facts drawn here."""

POSSESSION: Final = Conduct.POSSESSION
_SHOWN: Final = (
    (Material.REAL_CHILD, None),
    (Material.REAL_CHILD, 16),
    (Material.REAL_CHILD, 20),
    (Material.REALISTIC_IMAGE, None),
    (Material.REALISTIC_IMAGE, 16),
    (Material.SELF_MADE_CONSENSUAL, 16),
)
_YES_NO: Final = ("yes", "no", "partly", "unknown")
_VALUES: Final[Mapping[str, tuple[FactValue, ...]]] = {
    "crime.possession": _YES_NO,
    "crime.solicitation": _YES_NO,
    "general.possession": _YES_NO,
    "penalty.possession": ("an exercise range",),
    "age-of-child": (14, 16, 18, "unknown"),
    "protected-age.solicitation": (14, 16, "unknown"),
    "material.realistic-image": _YES_NO,
    "material.self-made-consensual": _YES_NO,
    "treaty.budapest.party": ("ratification", "accession", "not", "unknown"),
    "treaty.budapest.in-force": (date(2011, 1, 1), date(2015, 1, 1), date(2022, 1, 1)),
    "treaty.budapest.reservation": ("exercise reservation",),
    "treaty.budapest.reservations": ("exercise text",),
    "report.duty": _YES_NO,
    "report.preserve": ("for a while",),
    "report.erase": ("after a while",),
    "eu.member": _YES_NO,
}
UNKNOWABLE: Final = tuple(topic for topic, values in _VALUES.items() if "unknown" in values)
"""Topics of which a fact may say that nothing is known."""

_MONTHS: Final = st.sampled_from((0, 6, 12, 60))
_AGES: Final = st.sampled_from((14, 15, 18))
_ARTICLES: Final = {
    "9(4)": ("9(1)(e)",),
    "9(3)": ("9(2)",),
    "29(4)": ("29",),
    "22(2)": ("22(1)(d)",),
    "24(5) declaration": ("24",),
}


def _some(
    optional: dict[str, st.SearchStrategy[Any]],  # Any: values of several kinds
) -> st.SearchStrategy[dict[str, FactValue]]:
    return st.fixed_dictionaries({}, optional=optional)


_FIELDS: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "penalty": _some(
        {
            "min_months": _MONTHS,
            "max_months": _MONTHS,
            "child_from": _AGES,
            "child_below": st.just(18),
        }
    ),
    "material.self-made-consensual": _some({"child_from": _AGES, "consent": st.booleans()}),
    "material": _some({"child_from": _AGES, "conducts": st.just(("distribution",))}),
    "treaty.budapest.reservation": st.sampled_from(tuple(_ARTICLES.items())).map(
        lambda item: {"article": item[0], "applies_to": item[1]}
    ),
    "treaty.budapest.reservations": _some({"none_on": st.sampled_from((("*",), ("9",)))}),
    "report.duty": _some({"condition": st.just("threat-to-life")}),
}
"""Fields that facts of a topic, or of a family of topics, may have."""

FIXED: Final = (
    a_fact("status", "in force", subject="budapest", since=date(2004, 7, 1)),
    a_fact(
        "provision",
        "exercise words",
        subject="budapest",
        since=date(2004, 7, 1),
        article="9",
        paragraph="1(e)",
        kind="offence",
        conducts=("possession",),
        allowed_reservations="art. 9(4)",
    ),
)
"""What every law drawn here has: a treaty, and what it demands."""


@st.composite
def facts(draw: st.DrawFn, topic: str | None = None) -> Fact:
    """Draw one fact of one of the two states, of a topic or of any."""
    topic = topic or draw(st.sampled_from(tuple(_VALUES)))
    fact = a_fact(
        topic,
        draw(st.sampled_from(_VALUES[topic])),
        subject=draw(st.sampled_from((FR, DE))),
        number=draw(st.integers(1, 3)),
        confidence=draw(st.sampled_from(Confidence)),
        since=draw(st.sampled_from((date(2010, 1, 1), date(2017, 1, 1), date(2023, 1, 1), None))),
        until=draw(st.sampled_from((None, None, date(2018, 1, 1)))),
    )
    return replace(fact, fields=MappingProxyType(draw(_fields(topic))))


def _fields(topic: str) -> st.SearchStrategy[dict[str, FactValue]]:
    family = (
        topic
        if topic.startswith(("treaty", "report", "material.self"))
        else topic.split(".", maxsplit=1)[0]
    )
    return _FIELDS.get(family, st.just({}))


def laws() -> st.SearchStrategy[tuple[Fact, ...]]:
    """Draw the facts of two states."""
    return st.lists(facts(), min_size=1, max_size=14, unique_by=_id).map(tuple)


def _id(fact: Fact) -> str:
    return fact.id


def book_of_facts(drawn: Iterable[Fact]) -> LawBook:
    """Return a book of facts as they are."""
    index: dict[tuple[str, str], tuple[Fact, ...]] = {}
    for fact in sorted((*drawn, *FIXED), key=_id):
        index[fact.subject, fact.topic] = (*index.get((fact.subject, fact.topic), ()), fact)
    return LawBook(LawLibrary("1", "0" * 64, has_overlay=False, own_law=frozenset(), _facts=index))


def with_fact(drawn: Iterable[Fact], changed: Fact) -> tuple[Fact, ...]:
    """Return facts with one put in the place of that of its id, or besides."""
    return (*(each for each in drawn if each.id != changed.id), changed)


def answers(book: LawBook) -> Iterator[tuple[str, LawAnswer]]:
    """Yield the answer of every kind of question, for several ages, classes of material and days."""
    for on in DAYS:
        for state in (FR, DE):
            yield from _about_one(book, state, on)
        deed = Deed(POSSESSION, Material.REAL_CHILD, on, 16)
        for one, other in ((FR, DE), (DE, FR)):
            yield f"dual {one} {other} {on}", is_dual(book, one, other, deed)
            for need in (Need.PRESERVATION, Need.MLA, Need.EXTRADITION, Need.CONTENT):
                answer = find_channel(book, one, other, deed, need)
                yield f"channel {one} {other} {need} {on}", answer
        roles = {Role.HOST: (DE,), Role.SUSPECT: (FR,)}
        yield f"jurisdiction {on}", who_may_claim(book, POSSESSION, roles, on)


def _about_one(book: LawBook, state: Jurisdiction, on: date) -> Iterator[tuple[str, LawAnswer]]:
    for material, age in _SHOWN:
        deed = Deed(POSSESSION, material, on, age)
        yield f"crime {state} {material} {age} {on}", is_crime(book, state, deed)
    for age in (None, 15):
        deed = Deed(Conduct.SOLICITATION, Material.REAL_CHILD, on, age)
        yield f"solicitation {state} {age} {on}", is_crime(book, state, deed)
    yield f"party {state} {on}", is_party(book, state, Treaty.BUDAPEST, on)
    yield f"gaps {state} {on}", measure_gaps(book, state, "budapest", on)
    organisation = Organisation(DutyBearer.PLATFORM, state)
    yield (
        f"duties {state} {on}",
        duties_of(book, organisation, {Role.HOST: (FR,)}, POSSESSION, Material.REAL_CHILD, on),
    )


def record_of(answer: LawAnswer) -> dict[str, Any]:  # Any: JSON values
    """Return an answer as a record, texts by their codes, without the data's own name and hash."""
    record = answer_record(answer, lambda message: message.code)
    return {key: value for key, value in record.items() if key not in {"data_hash", "data_version"}}
