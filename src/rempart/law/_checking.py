"""Checks one table of a file of facts, key by key, against what its topic may hold."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast

from rempart.law.schema import (
    AS_OF_FIELDS,
    COMMON_FIELDS,
    LARGEST_INTEGER,
    TOPICS,
    UNKNOWN,
    Field,
    Kind,
    Topic,
)
from rempart.model.jurisdictions import parse_jurisdiction, state_of
from rempart.model.law import Confidence

Table: TypeAlias = Mapping[str, Any]  # one table of TOML, just parsed
Found: TypeAlias = tuple[str, str, str]
"""Key, what is wrong, what was expected."""

_KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "text": "a text in quotes, without blanks around it or control characters",
        "integer": f"a whole number from 0 to {LARGEST_INTEGER}",
        "boolean": "true or false",
        "date": "a day, such as 2024-05-07",
        "texts": 'texts in brackets, such as ["a", "b"]',
        "as-of": '{ date = 2024-05-07, precision = "day", text = "…" }',
    }
)
_CONTROLS: Final = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
"""Control characters but tab and line feed, and those that turn the direction of what follows."""
TEXT_PATTERN: Final = rf"^[^\s{_CONTROLS}](?:[^{_CONTROLS}]*[^\s{_CONTROLS}])?$"
"""A text that is not empty, without blanks around it and without control characters."""
_TEXT: Final = re.compile(TEXT_PATTERN.removesuffix("$") + r"\Z")


class Checked(NamedTuple):
    """What came of checking one table.

    Attributes:
        good: the keys that hold what they may hold.
        is_whole: whether a fact can be made of it.
        found: every mistake.
    """

    good: Table
    is_whole: bool
    found: list[Found]


def check_table(subject: str | None, table: object) -> Checked:
    """Check one `[[fact]]` table of a subject, where there is one; a mistake in one key hides none in another."""
    if not isinstance(table, dict):
        return Checked({}, is_whole=False, found=[("", "This is no fact.", "a [[fact]] table")])
    name = table.get("topic")
    topic = TOPICS.get(name) if isinstance(name, str) else None
    fields = _fields_of(topic.name if topic else None)
    found: list[Found] = [] if topic else [_wrong_topic(table)]
    good = {}
    for key, value in table.items():
        field = fields.get(key)
        wrong = _check(field, value) if field else _strange(key, topic, fields)
        found += wrong
        if field and not wrong:
            good[key] = value
    found += [
        _missing(each) for each in fields.values() if each.is_required and each.name not in table
    ]
    is_whole = topic is not None and subject is not None and not found
    found += [each for rule in _TOGETHER for each in rule(subject, table, good)]
    return Checked(good, is_whole, found)


@cache
def _fields_of(topic: str | None) -> Mapping[str, Field]:
    if topic is None:
        return {each.name: each for each in COMMON_FIELDS if each.name != "topic"}
    described = TOPICS[topic]
    value = Field(
        "value", described.value, "the fact itself", is_required=True, choices=described.choices
    )
    return {each.name: each for each in (*COMMON_FIELDS, value, *described.fields)}


def _wrong_topic(table: Table) -> Found:
    expected = "one of the topics of the reference"
    if "topic" not in table:
        return "topic", "topic is missing.", expected
    return "topic", "The topic is not known.", expected


def _strange(key: str, topic: Topic | None, fields: Mapping[str, Field]) -> list[Found]:
    if topic is None:  # nobody can say which keys belong to it
        return []
    return [(key, f"{key} is not known for {topic.name}.", _one_of(fields))]


def _missing(field: Field) -> Found:
    expected = _one_of(field.choices) if field.choices else field.meaning
    return field.name, f"{field.name} is missing.", expected


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(names))


def _check(field: Field, value: object) -> list[Found]:
    if field.name == "value" and field.kind == "integer" and value == UNKNOWN:
        return []
    if not _IS_KIND[field.kind](value):
        return [(field.name, f"{field.name} is of another kind.", _KINDS[field.kind])]
    if field.kind == "as-of":
        return _check_as_of(cast("dict[str, object]", value))
    if field.choices:
        given = value if isinstance(value, list) else [value]
        if any(each not in field.choices for each in given):
            return [(field.name, f"{field.name} is none of those known.", _one_of(field.choices))]
    return []


def _check_as_of(value: dict[str, object]) -> list[Found]:
    names = {each.name for each in AS_OF_FIELDS}
    if value.keys() != names or any(_check(each, value[each.name]) for each in AS_OF_FIELDS):
        return [("as_of", "as_of is not complete or not well formed.", _KINDS["as-of"])]
    return []


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _TEXT.match(value) is not None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER


_IS_KIND: Final[Mapping[Kind, Callable[[object], bool]]] = MappingProxyType(
    {
        "text": _is_text,
        "integer": _is_integer,
        "boolean": lambda value: isinstance(value, bool),
        "date": lambda value: isinstance(value, date) and not isinstance(value, datetime),
        "texts": lambda value: isinstance(value, list) and all(map(_is_text, value)),
        "as-of": lambda value: isinstance(value, dict),
    }
)


def _wrong_id(subject: str | None, _: Table, good: Table) -> Iterable[Found]:
    if subject is not None and "id" in good and "topic" in good:
        prefix = f"{subject}.{good['topic']}."
        number = good["id"].removeprefix(prefix)
        if number == good["id"] or not (number.isascii() and number.isdigit()):
            yield "id", f"The id {good['id']} is not of this fact.", f"{prefix}NUMBER"


def _groundless(_: str | None, table: Table, good: Table) -> Iterable[Found]:
    if "confidence" not in good or not Confidence(good["confidence"]).is_usable:
        return
    if not ("as_of" in table or "valid_from" in table):
        expected = "as_of or valid_from, or confidence low"
        yield "confidence", "A fact that may decide has a day.", expected
    if "source" not in table:
        yield "confidence", "A fact that may decide has a source.", "source, or confidence low"


def _ends_too_early(_: str | None, table: Table, good: Table) -> Iterable[Found]:
    if "valid_to" not in good:
        return
    name = "valid_from" if "valid_from" in table else "as_of"
    if name in good:
        begins = good[name] if name == "valid_from" else good[name]["date"]
        if good["valid_to"] < begins:
            expected = (
                f"a day on or after {'valid_from' if name == 'valid_from' else 'that of as_of'}"
            )
            yield "valid_to", "The fact ends before it begins.", expected


def _replaces_twice(_: str | None, table: Table, __: Table) -> Iterable[Found]:
    if {"supersedes", "corrects"} <= table.keys():
        yield "corrects", "A fact supersedes or corrects, not both.", "one of the two"


def _treaty_of_a_part(subject: str | None, _: Table, good: Table) -> Iterable[Found]:
    """Tell a fact on a treaty under a part of a state, where no question would look for it."""
    code = None if subject is None else parse_jurisdiction(subject)
    topic = good.get("topic", "")
    if code is None or state_of(code) == code or not topic.startswith(_TREATY):
        return
    instrument = topic.removeprefix(_TREATY).partition(".")[0]
    message = f"{code} is a part of {state_of(code)}, and states are parties to treaties, not their parts."
    expected = f'{_TREATY}{instrument}.territory of {state_of(code)}, with "{code}" in applies_in or not_in'
    yield "topic", message, expected


_TREATY: Final = "treaty."

_TOGETHER: Final = (
    _wrong_id,
    _groundless,
    _ends_too_early,
    _replaces_twice,
    _treaty_of_a_part,
)
"""What only several keys together show."""
