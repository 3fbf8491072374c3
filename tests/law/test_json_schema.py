"""The JSON Schema says what the reader accepts, key by key."""

import copy
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from rempart.law.json_schema import json_schema
from rempart.law.reading import LawFile, read_facts
from rempart.law.schema import DATA_SCHEMA, TOPICS
from rempart.law.shipped import DATA_FOLDER

SCHEMA: Final = json_schema()
FILES: Final = sorted([*DATA_FOLDER.glob("states/*.toml"), *DATA_FOLDER.glob("instruments/*.toml")])


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """Check a value against the few keywords that the schema uses."""
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    found = [f"{value!r} not {schema}" for test in TESTS if not test(value, schema)]
    for each in schema.get("allOf", ()):
        if not faults(value, each["if"]):
            found += faults(value, each["then"])
    if isinstance(value, dict):
        for name, below in schema.get("properties", {}).items():
            found += faults(value[name], below) if name in value else []
    if isinstance(value, list) and "items" in schema:
        found += [fault for each in value for fault in faults(each, schema["items"])]
    return found


TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


def is_typed(value: Any, schema: dict[str, Any]) -> bool:
    return "type" not in schema or TYPES[schema["type"]](value)


def is_chosen(value: Any, schema: dict[str, Any]) -> bool:
    return value in schema.get("enum", [value]) and value == schema.get("const", value)


def is_whole(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    allowed = schema["properties"] if schema.get("additionalProperties") is False else value
    return set(schema.get("required", ())) <= set(value) <= set(allowed)


def is_within(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    return not isinstance(value, int) or (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
    )


def is_any(value: Any, schema: dict[str, Any]) -> bool:
    return "anyOf" not in schema or any(not faults(value, each) for each in schema["anyOf"])


def is_day(value: Any, schema: dict[str, Any]) -> bool:
    if schema.get("format") != "date" or not isinstance(value, str):
        return True
    return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


TESTS: Final = (is_typed, is_chosen, is_whole, is_within, is_any, is_day)


def as_json(value: Any) -> Any:
    """Return TOML values as the schema sees them: days as texts."""
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_shipped_file_is_of_the_schema(path: Path) -> None:
    assert faults(as_json(tomllib.loads(path.read_text(encoding="utf-8"))), SCHEMA) == []


def test_every_topic_has_one_shape() -> None:
    named = [
        name for each in SCHEMA["$defs"].values() for name in each["properties"]["topic"]["enum"]
    ]

    assert sorted(named) == sorted(TOPICS)


FACT: Final = """
[[fact]]
id = "FR.penalty.possession.9"
topic = "penalty.possession"
value = "up to 5 years"
basis = "Code, art. 1"
source = "https://law.example"
as_of = { date = 2026-04-02, precision = "day", text = "2026-04-02" }
confidence = "high"
recorded = "overlay"
max_months = 60
"""
HEAD: Final = f'schema = "{DATA_SCHEMA}"\nsubject = "FR"\n'


def judged(text: str) -> tuple[bool, bool]:
    """Return whether the reader and the schema accept a file."""
    _, mistakes = read_facts(LawFile("FR.toml", text.encode()))
    return not mistakes, not faults(as_json(tomllib.loads(text)), SCHEMA)


def test_a_good_fact_is_accepted_by_both() -> None:
    assert judged(HEAD + FACT) == (True, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('confidence = "high"', 'confidence = "sure"'),
        ('confidence = "high"', ""),
        ('topic = "penalty.possession"', 'topic = "penalty.of-nothing"'),
        ('value = "up to 5 years"', ""),
        ('value = "up to 5 years"', "value = 5"),
        ('value = "up to 5 years"', 'value = ""'),
        ('value = "up to 5 years"', 'value = " up to 5 years"'),
        ("max_months = 60", "max_months = -1"),
        ("max_months = 60", "max_months = 60.5"),
        ("max_months = 60", "max_months = 100000"),
        ("max_months = 60", "max_months = true"),
        ("max_months = 60", "most_months = 60"),
        ("max_months = 60", 'fine_only = "yes"'),
        ("max_months = 60", 'url = "https://other-topic.example"'),
        ('precision = "day"', 'precision = "hour"'),
        ("date = 2026-04-02, ", ""),
        ('recorded = "overlay"', ""),
        ("[[fact]]", "[fact]"),
        ('subject = "FR"', ""),
        (f'schema = "{DATA_SCHEMA}"', 'schema = "other/1"'),
    ],
    ids=lambda text: text[:30],
)
def test_what_the_reader_refuses_the_schema_refuses(old: str, new: str) -> None:
    assert judged((HEAD + FACT).replace(old, new)) == (False, False)


def test_a_schema_that_forgot_a_rule_would_be_noticed() -> None:
    weaker = copy.deepcopy(SCHEMA)
    weaker["properties"]["schema"] = {}

    assert faults({"schema": "other/1", "subject": "FR"}, SCHEMA)
    assert not faults({"schema": "other/1", "subject": "FR"}, weaker)
