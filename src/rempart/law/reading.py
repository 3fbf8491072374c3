"""Reads files of law data; every mistake of every file is told with its line and what was expected."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from rempart.law._places import Places
from rempart.law.errors import Mistake
from rempart.law.schema import (
    AS_OF_FIELDS,
    COMMON_FIELDS,
    DATA_SCHEMA,
    LARGEST_INTEGER,
    TOPICS,
    UNKNOWN,
    Field,
    Kind,
    Topic,
)
from rempart.model.law import Confidence
from rempart.model.law_facts import AsOf, Fact, FactValue, Precision

_KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "text": "a text in quotes",
        "integer": "a whole number",
        "boolean": "true or false",
        "date": "a day, such as 2024-05-07",
        "texts": 'texts in brackets, such as ["a", "b"]',
        "as-of": '{ date = 2024-05-07, precision = "day", text = "…" }',
    }
)
_COMMON_NAMES: Final = frozenset(each.name for each in COMMON_FIELDS)
_MAX_FILE_BYTES: Final = 4_000_000
_TABLE: Final = "fact"


@dataclass(frozen=True, slots=True)
class ReadFact:
    """A fact and the place where it was read."""

    fact: Fact
    file: "LawFile"
    index: int

    def mistake(self, key: str, message: str, expected: str) -> Mistake:
        """Return a mistake at one key of this fact."""
        line = self.file.places().line(_TABLE, self.index, key)
        return Mistake(self.file.name, line, f"{self.fact.id}: {message}", expected)


@dataclass(frozen=True, slots=True)
class LawFile:
    """One file of facts as bytes; its name is for messages."""

    name: str
    content: bytes

    def places(self) -> Places:
        """Return where the keys stand."""
        return Places(self.content.decode("utf-8", "replace"))


def read_facts(file: LawFile) -> tuple[list[ReadFact], list[Mistake]]:
    """Return the facts of one file that are well formed, and every mistake in it."""
    mistakes: list[Mistake] = []
    document = parse_document(file, mistakes)
    if document is None:
        return [], mistakes
    subject = document.get("subject")
    if not isinstance(subject, str):
        mistakes.append(_at(file, None, 0, "subject", "There is no subject.", 'subject = "FR"'))
        return [], mistakes
    mistakes += [
        _at(file, None, 0, key, f"{key} is not known here.", "[[fact]] tables")
        for key in document.keys() - {"schema", "subject", _TABLE}
    ]
    tables = document.get(_TABLE, [])
    if not isinstance(tables, list):
        mistakes.append(_at(file, None, 0, _TABLE, "fact is no list.", "[[fact]] tables"))
        return [], mistakes
    facts = []
    for index, table in enumerate(tables):
        fact, found = _read_fact(subject, table)
        mistakes += [_at(file, _TABLE, index, key, text, expected) for key, text, expected in found]
        if fact is not None:
            facts.append(ReadFact(fact, file, index))
    return facts, mistakes


def parse_document(file: LawFile, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """Return a file's TOML and check the schema that it names; None where it cannot be read at all."""
    if len(file.content) > _MAX_FILE_BYTES:
        limit = f"at most {_MAX_FILE_BYTES:,} bytes"
        mistakes.append(Mistake(file.name, 1, "The file is too large.", limit))
        return None
    try:
        document = tomllib.loads(file.content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(file.name, line, "The text is not UTF-8.", "UTF-8"))
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        mistakes.append(_unreadable(file, error))
        return None
    if document.get("schema") != DATA_SCHEMA:
        expected = f'schema = "{DATA_SCHEMA}"'
        mistakes.append(_at(file, None, 0, "schema", "The schema is not this one.", expected))
    return document


def _unreadable(file: LawFile, error: Exception) -> Mistake:
    text = str(error)
    _, found, tail = text.rpartition("(at line ")
    number = tail.split(",", 1)[0]
    if found and number.isdigit():
        line = int(number)
    else:
        line = file.content.count(b"\n") + 1 if "end of document" in text else 1
    return Mistake(file.name, line, f"The file is no TOML: {text}.", "TOML 1.0")


_Found = tuple[str, str, str]
"""Key, what is wrong, what was expected."""


def _read_fact(subject: str, table: Any) -> tuple[Fact | None, list[_Found]]:  # Any: just parsed
    found: list[_Found] = []
    if not isinstance(table, dict):
        return None, [("", "This is no fact.", "a [[fact]] table")]
    topic = TOPICS.get(table["topic"]) if isinstance(table.get("topic"), str) else None
    if topic is None:
        return None, [("topic", "The topic is not known.", "one of the topics of the reference")]
    fields = _fields_of(topic.name)
    strange = table.keys() - fields.keys() - {"value"}
    found += [(each, f"{each} is not known for {topic.name}.", _listed(fields)) for each in strange]
    for name, field in fields.items():
        if name in table:
            found += _check(field, table[name])
        elif field.is_required:
            found.append((name, f"{name} is missing.", field.meaning))
    found += _check_value(topic, table)
    if found:
        return None, found
    return _fact(subject, table), _check_whole(subject, table)


@cache
def _fields_of(topic: str) -> Mapping[str, Field]:
    return {each.name: each for each in (*COMMON_FIELDS, *TOPICS[topic].fields)}


def _listed(names: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(names))


def _check(field: Field, value: object) -> list[_Found]:
    if not _is_kind(field.kind, value):
        return [(field.name, f"{field.name} is of another kind.", _KINDS[field.kind])]
    if field.kind == "as-of":
        return _check_as_of(cast("dict[str, object]", value))
    if field.choices:
        given = value if isinstance(value, list) else [value]
        if any(each not in field.choices for each in given):
            return [(field.name, f"{field.name} is none of those known.", _listed(field.choices))]
    return []


def _check_as_of(value: dict[str, object]) -> list[_Found]:
    names = {each.name for each in AS_OF_FIELDS}
    if value.keys() != names or any(_check(each, value[each.name]) for each in AS_OF_FIELDS):
        return [("as_of", "as_of is not complete or not well formed.", _KINDS["as-of"])]
    return []


def _check_value(topic: Topic, table: dict[str, Any]) -> list[_Found]:
    if "value" not in table:
        return [("value", "value is missing.", "the fact itself")]
    if topic.value == "integer" and table["value"] == UNKNOWN:
        return []
    return _check(
        Field("value", topic.value, "the fact itself", choices=topic.choices), table["value"]
    )


def _check_whole(subject: str, table: dict[str, Any]) -> list[_Found]:
    found = []
    prefix = f"{subject}.{table['topic']}."
    if not (table["id"].startswith(prefix) and table["id"][len(prefix) :].isdigit()):
        found.append(("id", f"The id {table['id']} is not of this fact.", f"{prefix}NUMBER"))
    confidence = Confidence(table["confidence"])
    if confidence.is_usable and not ("as_of" in table or "valid_from" in table):
        found.append(
            (
                "confidence",
                "A fact that may decide has a day.",
                "as_of or valid_from, or confidence low",
            )
        )
    if confidence.is_usable and "source" not in table:
        found.append(
            ("confidence", "A fact that may decide has a source.", "source, or confidence low")
        )
    if {"valid_from", "valid_to"} <= table.keys() and table["valid_to"] < table["valid_from"]:
        found.append(
            ("valid_to", "The fact ends before it begins.", "a day on or after valid_from")
        )
    if {"supersedes", "corrects"} <= table.keys():
        found.append(("corrects", "A fact supersedes or corrects, not both.", "one of the two"))
    return found


def _is_kind(kind: Kind, value: object) -> bool:
    match kind:
        case "text":
            return isinstance(value, str) and value.strip() == value != ""
        case "integer":
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            return is_whole and 0 <= cast("int", value) <= LARGEST_INTEGER
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, date) and not isinstance(value, datetime)
        case "texts":
            return isinstance(value, list) and all(_is_kind("text", each) for each in value)
        case "as-of":
            return isinstance(value, dict)


def _fact(subject: str, table: dict[str, Any]) -> Fact:
    as_of = table.get("as_of")
    read = None
    if as_of is not None:
        read = AsOf(as_of["date"], Precision(as_of["precision"]), as_of["text"])
    return Fact(
        id=table["id"],
        subject=subject,
        topic=table["topic"],
        value=_frozen(table["value"]),
        basis=table.get("basis"),
        source=table.get("source"),
        as_of=read,
        confidence=Confidence(table["confidence"]),
        holds_from=table.get("valid_from", None if read is None else read.date),
        holds_to=table.get("valid_to"),
        recorded=table["recorded"],
        reviewer=table.get("reviewer"),
        detail=table.get("detail"),
        supersedes=table.get("supersedes"),
        corrects=table.get("corrects"),
        fields=MappingProxyType(
            {
                name: _frozen(value)
                for name, value in table.items()
                if name != "value" and name not in _COMMON_NAMES
            }
        ),
    )


def _frozen(value: Any) -> FactValue:  # Any: checked before
    return tuple(value) if isinstance(value, list) else value


def _at(  # noqa: PLR0917 - the parts of one place, in their order
    file: LawFile, table: str | None, index: int, key: str, message: str, expected: str
) -> Mistake:
    return Mistake(file.name, file.places().line(table, index, key), message, expected)
