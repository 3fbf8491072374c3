"""Records of answers checked: does the derivation lead to the answer, and does the question give the record again?"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Self, TypeAlias

from rempart.decide.records import DECISION_SCHEMA
from rempart.law import DerivationError, LawBook, LawLibrary, LawShelf, recompute
from rempart.law.records import LAW_SCHEMA, fact_record
from rempart.law.same_record import difference
from rempart.model.errors import UsageError
from rempart.model.law_facts import Fact
from rempart.node.law.asking_again import NOT_ASKED_AGAIN, answer_again, decide_again

LAW_CHECK_SCHEMA: Final = "rempart.law-check/1"

_Json: TypeAlias = Mapping[str, Any]  # a JSON object that anybody wrote

_MAX_LINE_BYTES: Final = 64_000_000
_MOST_SHOWN: Final = 200
_DEEPEST_SHOWN: Final = 4
_MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What a record that is none makes the reader stumble over."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """What became of one record.

    Attributes:
        line: its line in the file, from 1.
        answer: the answer that it states, where it states one.
        holds: whether nothing that was looked at is wrong.
        facts: `same`, `differ`, or `not-compared` where the data at hand are not those of the record.
        asked_again: `yes` where the whole record was compared with the answer to its question asked again; `no`
            where it broke before that, or its kind is not asked again; `data-not-at-hand` where only its
            derivation is proved.
        reason: why it does not hold.
    """

    line: int
    question: str
    answer: str | None
    holds: bool
    facts: str
    asked_again: str
    reason: str | None = None


def check_law_records(stream: BinaryIO, shelves: Iterable[LawShelf]) -> Iterator[RecordCheck]:
    """Yield what becomes of each record of a stream, one JSON object a line; empty lines are passed over.

    Args:
        stream: the records, of answers and of decisions.
        shelves: the data at hand; a record of other data is proved by its derivation alone.
    """
    known = [
        _Known.of(shelf.library(version.id)) for shelf in shelves for version in shelf.versions
    ]
    data = _AtHand(known)
    for number, line in enumerate(_lines(stream), start=1):
        if line is None:
            yield _failed(number, {}, "the line is too long")
        elif line.strip():
            yield _checked(number, line, data)


@dataclass(frozen=True, slots=True)
class _Known:
    """What one version of the data at hand holds: every fact by its identifier."""

    book: LawBook
    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, library: LawLibrary) -> Self:
        return cls(LawBook(library), {each.id: each for each in library.all_facts()})

    def has(self, fact: _Json) -> bool:
        own = self.facts.get(fact["id"])
        return own is not None and difference(fact, fact_record(own)) is None


class _AtHand:
    """The data at hand, by their hash."""

    def __init__(self, known: Iterable[_Known]) -> None:
        self._by_hash = {each.book.library.hash: each for each in known}
        libraries = [each.book.library for each in self._by_hash.values()]
        self._shipped = {each.version for each in libraries if not each.has_overlay}

    def find(self, data: _Json) -> _Known | None:
        """Return the data that a record names; None where they are not at hand.

        Raises:
            _WrongError: what it says of them contradicts their hash.
        """
        known = self._by_hash.get(data["data_hash"])
        if known is None:
            if data["overlay"] is False and data["data_version"] in self._shipped:
                reason = "its data hash is not that of its data version"
                raise _WrongError(reason)
            return None
        library = known.book.library
        if data["data_version"] != library.version:
            reason = "its data version is not that of its data hash"
            raise _WrongError(reason)
        if data["overlay"] is not library.has_overlay:
            reason = "what it says of an overlay is not so for its data hash"
            raise _WrongError(reason)
        return known


class _WrongError(Exception):
    """A record is not what the program writes."""

    def __init__(self, reason: str, facts: str = "not-compared", asked_again: str = "no") -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
        self.asked_again = asked_again


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    while line := stream.readline(_MAX_LINE_BYTES):
        if len(line) == _MAX_LINE_BYTES and not line.endswith(b"\n"):
            yield None
            return
        yield line


def _checked(number: int, line: bytes, data: _AtHand) -> RecordCheck:
    try:
        record = json.loads(line, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError):
        return _failed(number, {}, "the line is no JSON, or names a key twice")
    if not isinstance(record, dict) or record.get("schema") not in {LAW_SCHEMA, DECISION_SCHEMA}:
        return _failed(number, {}, f"the line is no {LAW_SCHEMA} or {DECISION_SCHEMA} record")
    try:
        recompute(record)
        facts, asked_again = _compared(record, data)
    except DerivationError as error:
        return _failed(number, record, error.message)
    except _WrongError as error:
        return _failed(number, record, error.reason, error.facts, error.asked_again)
    except _MALFORMED:
        return _failed(number, record, "the record is not well formed")
    return RecordCheck(
        line=number,
        question=_question(record),
        answer=record["answer"],
        holds=True,
        facts=facts,
        asked_again=asked_again,
    )


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: a JSON value
    """Return an object; readers take one or another of two values under one key."""
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found


def _compared(record: _Json, data: _AtHand) -> tuple[str, str]:
    """Compare a record with the data at hand: its facts, and the answer to its question.

    Raises:
        _WrongError: something differs.
    """
    found = [data.find(each) for each in _data_of(record)]
    at_hand = [each for each in found if each is not None]
    if len(at_hand) != len(found):
        return "not-compared", "data-not-at-hand"
    facts = [fact for step in record["derivation"] for fact in step["facts"]]
    if not all(any(each.has(fact) for each in at_hand) for fact in facts):
        reason = "its facts are not those of its data version"
        raise _WrongError(reason, "differ")
    rule = NOT_ASKED_AGAIN.get(record["question"]["kind"])
    if rule is None:
        _ask_again(record, at_hand[0].book)
    elif record["schema"] != LAW_SCHEMA or record["derivation"][-1]["rule"] != rule:
        reason = "its derivation is not one of its kind of question"
        raise _WrongError(reason, "same")
    return "same", "yes" if rule is None else "no"


def _ask_again(record: _Json, book: LawBook) -> None:
    """Ask the question of a record again, and compare the whole record but the wording of its texts.

    Raises:
        _WrongError: the question cannot be asked, or the record is another.
    """
    try:
        if record["schema"] == DECISION_SCHEMA:
            ours = decide_again(record, book)
        else:
            ours = answer_again(record["question"], book)
    except UsageError as error:
        reason = f"its question cannot be asked: {error.message}"
        raise _WrongError(reason, "same") from error
    except _MALFORMED as error:
        reason = "its question cannot be asked: it is not well formed"
        raise _WrongError(reason, "same") from error
    place = difference(record, ours)
    if place is not None:
        reason = f"its question, asked again by this version of the program, gives another {place}"
        raise _WrongError(reason, "same", "yes")


def _data_of(record: _Json) -> list[_Json]:
    """Return the data that a record stands on; one of changes stands on those before as well."""
    question = record["question"]
    return [record, question["from"]] if question["kind"] == "changes" else [record]


def _failed(
    number: int,
    record: _Json,
    reason: str,
    facts: str = "not-compared",
    asked_again: str = "no",
) -> RecordCheck:
    answer = record.get("answer")
    return RecordCheck(
        line=number,
        question=_question(record),
        answer=answer if isinstance(answer, str) else None,
        holds=False,
        facts=facts,
        asked_again=asked_again,
        reason=reason,
    )


def _question(record: _Json) -> str:
    """Return a record's question in a line; an empty text where it has none."""
    return " ".join(_texts(record.get("question")))[:_MOST_SHOWN]


def _texts(value: Any, depth: int = 0) -> Iterator[str]:  # Any: a JSON value that anybody wrote
    if isinstance(value, dict | list) and depth < _DEEPEST_SHOWN:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, str | int):
        yield str(value)
