"""The JSON Schema (draft 2020-12) of a file of facts, made from the one description in `schema`."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, TypeAlias

from rempart.law._checking import TEXT_PATTERN
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

Schema: TypeAlias = dict[str, Any]  # a JSON Schema: nested without end

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[Schema] = {"type": "string", "pattern": TEXT_PATTERN}


def json_schema() -> Schema:
    """Return the schema of one file of facts as JSON values.

    It says what a file may hold, key by key. What only the reader can see across keys and files (an identifier that
    stands twice, a fact that supersedes none of its topic) is not in it: `rempart law audit` tells that.
    """
    shapes = _shapes()
    return {
        "$schema": _DRAFT,
        "$id": DATA_SCHEMA,
        "title": "Facts of law about one jurisdiction or one instrument",
        "description": "TOML, read as JSON; a day of TOML is a string of the format date.",
        "type": "object",
        "required": ["schema", "subject"],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": DATA_SCHEMA},
            "subject": {
                "type": "string",
                "minLength": 1,
                "description": "ISO 3166 code of the jurisdiction, or key of the instrument",
            },
            "fact": {"type": "array", "items": _fact(shapes)},
        },
        "$defs": {name: _shape(topics) for name, topics in shapes.items()},
    }


def _shapes() -> dict[str, list[Topic]]:
    """Return the topics that hold the same, each group by the name of its first topic."""

    def shape(topic: Topic) -> str:
        return repr((topic.value, topic.choices, topic.fields))

    # In the order of their first topic, so that the page reads as the description does.
    order = {shape(topic): number for number, topic in reversed(list(enumerate(TOPICS.values())))}
    by_shape = sorted(TOPICS.values(), key=lambda topic: order[shape(topic)])
    groups = [list(group) for _, group in groupby(by_shape, key=shape)]
    return {group[0].name: group for group in groups}


def _fact(shapes: dict[str, list[Topic]]) -> Schema:
    return {
        "type": "object",
        "required": ["topic"],
        "properties": {"topic": {"enum": list(TOPICS)}},
        "allOf": [
            {
                "if": {"properties": {"topic": {"enum": [each.name for each in topics]}}},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name, topics in shapes.items()
        ],
    }


def _shape(topics: Sequence[Topic]) -> Schema:
    first = topics[0]
    fields = (*COMMON_FIELDS, *first.fields)
    return {
        "type": "object",
        "required": [*_required(fields), "value"],
        "additionalProperties": False,
        "properties": {
            **{each.name: _field(each) for each in fields},
            "topic": {"enum": [each.name for each in topics]},
            "value": _value(first),
        },
    }


def _required(fields: Iterable[Field]) -> list[str]:
    return [each.name for each in fields if each.is_required]


def _field(field: Field) -> Schema:
    return {**_kind(field.kind, field.choices), "description": field.meaning}


def _value(topic: Topic) -> Schema:
    schema = {**_kind(topic.value, topic.choices), "description": "the fact itself"}
    if topic.value == "integer":
        return {"anyOf": [schema, {"const": UNKNOWN}]}
    return schema


def _kind(kind: Kind, choices: Sequence[str]) -> Schema:
    match kind:
        case "text":
            return {"enum": list(choices)} if choices else dict(_TEXT)
        case "integer":
            return {"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER}
        case "boolean":
            return {"type": "boolean"}
        case "date":
            return {"type": "string", "format": "date"}
        case "texts":
            return {"type": "array", "items": _kind("text", choices)}
        case "as-of":
            return {
                "type": "object",
                "required": _required(AS_OF_FIELDS),
                "additionalProperties": False,
                "properties": {each.name: _field(each) for each in AS_OF_FIELDS},
            }
