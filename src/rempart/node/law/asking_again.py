"""The question of a record asked again, of the same data, so that the whole record can be compared."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

from rempart.decide import Decider, decision_record
from rempart.law import Deed, LawBook, answer_record, gazetteer
from rempart.law.rules.labels import mapped_name
from rempart.law.shipped import LABELS
from rempart.model.decision import CaseContext, Decision
from rempart.model.handling import Subject
from rempart.model.identifiers import DecisionId, MatchId
from rempart.model.jurisdictions import Jurisdiction
from rempart.model.labels import UNMAPPED, Label
from rempart.model.law import Conduct, DutyBearer, Material, Message, Need, Role, Treaty
from rempart.model.law_answers import LawAnswer
from rempart.node.errors import LawArgumentError
from rempart.node.law.arguments import parse_day
from rempart.node.law.questions import (
    ask_channel,
    ask_compare,
    ask_country,
    ask_crime,
    ask_dual,
    ask_duties,
    ask_gaps,
    ask_jurisdiction,
    ask_party,
)

Json: TypeAlias = Mapping[str, Any]  # a JSON object that anybody wrote

NOT_ASKED_AGAIN: Final = {"changes": "CHG-2"}
"""Kinds of question that do not hold all that was asked, each with the rule that alone gives their answer."""

_OLDEST: Final = 150
_MOST_CODES: Final = 300
_MOST_CELLS: Final = 20_000


def answer_again(question: Json, book: LawBook) -> dict[str, Any]:
    """Ask the question of a `rempart.law/1` record, and return the record that the program writes, without texts.

    Raises:
        LawArgumentError: it is no question of the program, or too large to be asked of it.
        UnknownJurisdictionError: a code is not assigned.
        ValueError: a value is not known, or is of another kind (also TypeError, LookupError, AttributeError).
    """
    ask = _KINDS.get(question["kind"])
    if ask is None:
        message = "It is no question of the program."
        raise LawArgumentError(message, hint="Take records of `rempart law ... --json`.")
    return answer_record(ask(question, book), _no_words)


def decide_again(record: Json, book: LawBook) -> dict[str, Any]:
    """Decide the case of a `rempart.decision/1` record, and return the record that the program writes, without texts.

    The match is not at hand: whom the list shows, and which labels the entry has, are taken from the record.

    Raises:
        LawArgumentError: the case is too large.
        UnknownJurisdictionError: a code is not assigned.
        ValueError: a value is not known, or is of another kind (also TypeError, LookupError, AttributeError).
    """
    case = record["context"]
    context = CaseContext(
        kind=DutyBearer(case["kind"]),
        established=gazetteer().check(case["established"]),
        roles=_roles(case["roles"]),
        conduct=Conduct(case["conduct"]),
        on=parse_day(case["date"]),
    )
    subject = Subject(record["derivation"][-1]["given"]["subject"])
    ruling = Decider(book, context).ruling(subject, tuple(_labels(record, book)))
    identity = DecisionId(UUID(record["id"])), MatchId(UUID(record["match"]))
    return decision_record(Decision(*identity, ruling), _no_words)


def _no_words(_: Message) -> str:
    return ""


def _labels(record: Json, book: LawBook) -> Iterator[Label]:
    """Yield labels that make the names in a record; version and region are those of the facts that it cites."""
    facts = book.library.facts(LABELS, "label")
    cited = {fact["id"] for step in record["derivation"] for fact in step["facts"]}
    for name in record["material"]["labels"]:
        spoken = [fact for fact in facts if name == mapped_name(fact)]
        fields = [fact.fields for fact in spoken if fact.id in cited]
        scheme, _, value = name.partition(": ")
        if spoken:
            scheme, value = (str(spoken[0].fields[key]) for key in ("scheme", "label"))
        version, region = (
            next((str(each[key]) for each in fields if key in each), None)
            for key in ("scheme_version", "region")
        )
        yield Label(scheme or UNMAPPED, version, region, value)


def _roles(given: Json) -> Mapping[Role, tuple[Jurisdiction, ...]]:
    _refuse_beyond(_MOST_CODES, sum(len(codes) for codes in given.values()))
    check = gazetteer().check
    return {
        Role(role): tuple(dict.fromkeys(check(code) for code in codes))
        for role, codes in given.items()
    }


def _deed(question: Json) -> Deed:
    age = question.get("age")
    if age is not None and (type(age) is not int or not 0 <= age <= _OLDEST):
        message = "The age is none."
        raise LawArgumentError(message, hint=f"An age is a number from 0 to {_OLDEST}.")
    conduct, material = Conduct(question["conduct"]), Material(question["material"])
    return Deed(conduct, material, parse_day(question["on"]), age)


def _refuse_beyond(most: int, count: int) -> None:
    if count > most:
        message = "It is too large to be asked again."
        raise LawArgumentError(message, hint=f"At most {most:,} are asked again.")


def _crime(question: Json, book: LawBook) -> LawAnswer:
    return ask_crime(book, question["state"], _deed(question))


def _dual(question: Json, book: LawBook) -> LawAnswer:
    return ask_dual(book, question["from"], question["to"], _deed(question))


def _party(question: Json, book: LawBook) -> LawAnswer:
    treaty = Treaty(question["instrument"])
    return ask_party(book, question["state"], treaty, parse_day(question["on"]))


def _channel(question: Json, book: LawBook) -> LawAnswer:
    need = Need(question["need"])
    return ask_channel(book, question["from"], question["to"], _deed(question), need)


def _jurisdiction(question: Json, book: LawBook) -> LawAnswer:
    return ask_jurisdiction(book, _roles(question["roles"]), _deed(question))


def _duties(question: Json, book: LawBook) -> LawAnswer:
    kind = DutyBearer(question["organisation"])
    roles = _roles(question["roles"])
    return ask_duties(book, kind, question["established"], roles, _deed(question))


def _gaps(question: Json, book: LawBook) -> LawAnswer:
    asked = ask_gaps(book, question["state"], question["instrument"], parse_day(question["on"]))
    return next(asked)


def _country(question: Json, book: LawBook) -> LawAnswer:
    return ask_country(book, question["state"], parse_day(question["on"]))


def _compare(question: Json, book: LawBook) -> LawAnswer:
    states, deeds = question["states"], question["deeds"]
    _refuse_beyond(_MOST_CELLS, len(states) * len(deeds))
    return ask_compare(book, states, [_deed(each) for each in deeds])


_KINDS: Final[Mapping[str, Callable[[Json, LawBook], LawAnswer]]] = {
    "crime": _crime,
    "dual": _dual,
    "party": _party,
    "channel": _channel,
    "jurisdiction": _jurisdiction,
    "duties": _duties,
    "gaps": _gaps,
    "country": _country,
    "compare": _compare,
}
