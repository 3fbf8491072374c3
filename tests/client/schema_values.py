"""Values that a JSON schema of our own description admits: small ones, made quickly, of the keywords that it uses."""

import re
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

_KNOWN = frozenset(
    {
        *(
            "$ref",
            "additionalProperties",
            "anyOf",
            "const",
            "default",
            "description",
            "discriminator",
        ),
        *("enum", "examples", "format", "items", "maxItems", "maxLength", "maximum", "minItems"),
        *("minLength", "minimum", "pattern", "properties", "required", "title", "type"),
        "allOf",  # holds conditions that bind members to each other, and changes no shape
    }
)
_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.timezones()).map(
        lambda each: re.sub(r"([+-]\d\d:\d\d):.*", r"\1", each.isoformat())
    ),
    "uuid": st.uuids().map(str),
}
_ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=5), st.integers(0, 9), st.booleans(), st.lists(st.text(max_size=3), max_size=2)
)


def values_of(schema: Document, document: Document) -> st.SearchStrategy[Any]:
    """Generate what a schema admits, but for conditions between members."""
    unknown = schema.keys() - _KNOWN
    assert not unknown, f"the generator does not know {unknown}"
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return values_of(document["components"]["schemas"][name], document)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values_of(each, document) for each in schema["anyOf"]])
    return _of_type(schema, document)


def _of_type(schema: Document, document: Document) -> st.SearchStrategy[Any]:
    simple = {"null": st.none(), "boolean": st.booleans(), None: _ANYTHING}
    kind = schema.get("type")
    if kind in simple:
        return simple[kind]
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 2**53))
    if kind == "number":
        return st.floats(schema.get("minimum", 0), schema.get("maximum", 1e9))
    if kind == "string":
        return _text(schema)
    if kind == "array":
        fewest = schema.get("minItems", 0)
        each = values_of(schema.get("items", {}), document)
        return st.lists(each, min_size=fewest, max_size=fewest + 2)
    assert kind == "object", f"the generator does not know the type {kind}"
    return _object(schema, document)


def _text(schema: Document) -> st.SearchStrategy[str]:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 40)
    if "pattern" not in schema:
        return st.text(min_size=shortest, max_size=max(shortest, min(longest, 12)))
    found = st.from_regex(schema["pattern"].replace("$", r"\Z"))
    return found.filter(lambda each: shortest <= len(each) <= longest)


def _object(schema: Document, document: Document) -> st.SearchStrategy[Any]:
    members = {
        name: values_of(each, document) for name, each in schema.get("properties", {}).items()
    }
    required = set(schema.get("required", ()))
    fixed = st.fixed_dictionaries(
        {name: each for name, each in members.items() if name in required},
        optional={name: each for name, each in members.items() if name not in required},
    )
    further = schema.get("additionalProperties", not members)
    if further is False or (further is True and members):
        return fixed
    rest = _ANYTHING if further is True else values_of(further, document)
    return st.dictionaries(st.text(min_size=1, max_size=5), rest, max_size=2)
