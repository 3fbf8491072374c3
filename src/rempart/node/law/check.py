"""Records of answers checked: does the derivation lead to the answer, and are its facts those of the data?"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Self

from rempart.law import DerivationError, LawLibrary, LawShelf, recompute
from rempart.law.records import LAW_SCHEMA, fact_record
from rempart.model.law_facts import Fact

LAW_CHECK_SCHEMA: Final = "rempart.law-check/1"

_MAX_LINE_BYTES: Final = 64_000_000
_MOST_SHOWN: Final = 200
_DEEPEST_SHOWN: Final = 4
_MALFORMED: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
"""What a record that is none makes the reader stumble over."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """What became of one record.

    Attributes:
        line: its line in the file, from 1.
        answer: the answer that it states, where it states one.
        holds: whether its derivation leads to its answer, and its facts are not other than those of the data.
        facts: `same`, `differ`, or `not-compared` where the data at hand are not those of the record.
        reason: why it does not hold.
    """

    line: int
    question: str
    answer: str | None
    holds: bool
    facts: str
    reason: str | None = None


def check_law_records(stream: BinaryIO, shelves: Iterable[LawShelf]) -> Iterator[RecordCheck]:
    """Yield what becomes of each record of a stream, one JSON object a line; empty lines are passed over.

    Args:
        stream: the records.
        shelves: the data at hand; a record of other data is proved by its derivation alone.
    """
    libraries = [shelf.library(each.id) for shelf in shelves for each in shelf.versions]
    known = {each.hash: _Known.of(each) for each in libraries}
    for number, line in enumerate(_lines(stream), start=1):
        if line is None:
            yield _failed(number, {}, "the line is too long")
        elif line.strip():
            yield _checked(number, line, known)


@dataclass(frozen=True, slots=True)
class _Known:
    """What one version of the data at hand holds: every fact by its identifier."""

    version: str
    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, library: LawLibrary) -> Self:
        return cls(library.version, {each.id: each for each in library.all_facts()})

    def has(self, fact: Mapping[str, Any]) -> bool:
        own = self.facts.get(fact["id"])
        return own is not None and fact_record(own) == fact


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    while line := stream.readline(_MAX_LINE_BYTES):
        if len(line) == _MAX_LINE_BYTES and not line.endswith(b"\n"):
            yield None
            return
        yield line


def _checked(number: int, line: bytes, known: Mapping[str, _Known]) -> RecordCheck:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return _failed(number, {}, "the line is no JSON")
    if not isinstance(record, dict) or record.get("schema") != LAW_SCHEMA:
        return _failed(number, {}, f"the line is no {LAW_SCHEMA} record")
    try:
        recompute(record)
        facts = _compared(record, known)
    except DerivationError as error:
        return _failed(number, record, error.message)
    except _MALFORMED:
        return _failed(number, record, "the record is not well formed")
    if facts == "differ":
        return _failed(number, record, "its facts are not those of its data version", facts)
    return RecordCheck(number, _question(record), record["answer"], holds=True, facts=facts)


def _compared(record: Mapping[str, Any], known: Mapping[str, _Known]) -> str:
    at_hand = [known.get(each["data_hash"]) for each in _data_of(record)]
    versions = [each["data_version"] for each in _data_of(record)]
    if [each.version if each is not None else None for each in at_hand] != versions:
        return "not-compared"
    facts = [fact for step in record["derivation"] for fact in step["facts"]]
    is_known = all(any(each is not None and each.has(fact) for each in at_hand) for fact in facts)
    return "same" if is_known else "differ"


def _data_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the data that a record stands on; one of changes stands on those before as well."""
    question = record["question"]
    return [record, question["from"]] if question["kind"] == "changes" else [record]


def _failed(
    number: int, record: Mapping[str, Any], reason: str, facts: str = "not-compared"
) -> RecordCheck:
    answer = record.get("answer")
    shown = answer if isinstance(answer, str) else None
    return RecordCheck(number, _question(record), shown, holds=False, facts=facts, reason=reason)


def _question(record: Mapping[str, Any]) -> str:
    """Return a record's question in a line; an empty text where it has none."""
    return " ".join(_texts(record.get("question")))[:_MOST_SHOWN]


def _texts(value: Any, depth: int = 0) -> Iterator[str]:  # Any: a JSON value that anybody wrote
    if isinstance(value, dict | list) and depth < _DEEPEST_SHOWN:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, str | int):
        yield str(value)
