# ruff: noqa: INP001 - beside the script that uses it, no package
"""Writes the reference page of the files of facts from their one description."""

from collections.abc import Iterable, Iterator
from typing import Final

from rempart.law.names import topic_pattern
from rempart.law.schema import (
    AS_OF_FIELDS,
    COMMON_FIELDS,
    DATA_SCHEMA,
    TOPICS,
    UNKNOWN,
    Field,
    Kind,
    Topic,
)

_INTRODUCTION: Final = (
    f"The law data are TOML files: one for each jurisdiction, named by its ISO 3166 code, and one for each"
    f' instrument. Each begins with `schema = "{DATA_SCHEMA}"` and `subject = "CODE"`; then every fact is a'
    " `[[fact]]` table. An operator's [overlay](../how-to/correct-law-data.md) holds files of the same shape."
    " `rempart law schema` prints the JSON Schema for editors."
)
_RULES: Final = """\
* The id is `SUBJECT.TOPIC.NUMBER`, stands once in all files and is never used again.
* A fact of confidence `high` or `medium` has a source and a day (`as_of` or `valid_from`).
* A fact speaks for the days from `valid_from`, else from the day of `as_of`, to `valid_to`, or to the day before a
  fact that supersedes it. Outside nothing is answered but `check`.
* `supersedes`: the law changed; the old fact ends the day before the new one begins, which must be later.
  `corrects`: the old fact was wrong; it is not seen any more from this data version on. Not both.
* A fact of a topic `treaty.…` stands in the file of a state, not in that of a part such as `GB-SCT`: whether a
  treaty holds in a part is `treaty.<treaty>.territory` of the state.
* In an overlay `recorded = "overlay"`; in the shipped files it is the data version that brought the fact."""
_TOPICS: Final = (
    "`<conduct>`, `<material>`, `<treaty>` and `<instrument>` stand for one of their codes. A whole number may"
    f" be `{UNKNOWN}` as well."
)

KIND_TEXTS: Final[dict[Kind, str]] = {
    "text": "a text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "date": "a day, such as `2024-05-07`",
    "texts": "a list of texts",
    "as-of": "a table, see below",
}


def law_data_page(note: str) -> str:
    """Return the page; `note` says that it is written by the program."""
    parts = [
        note,
        "# Law data",
        _INTRODUCTION,
        "## Keys of every fact",
        _fields(COMMON_FIELDS),
        "`as_of` is a table of three:",
        _fields(AS_OF_FIELDS),
        "## Rules across keys",
        _RULES,
        "## Topics",
        _TOPICS,
        _table(("topic", "value", "own keys"), _topics()),
        "## Keys of some topics",
        _fields(_own_fields()),
    ]
    return "\n\n".join(parts) + "\n"


def _topics() -> Iterator[tuple[str, ...]]:
    seen = set()
    for topic in TOPICS.values():
        pattern = topic_pattern(topic.name)[0].replace("{", "<").replace("}", ">")
        if pattern in seen:
            continue
        seen.add(pattern)
        yield f"`{pattern}`", _value(topic), ", ".join(f"`{each.name}`" for each in topic.fields)


def _value(topic: Topic) -> str:
    return _listed(topic.choices) if topic.choices else KIND_TEXTS[topic.value]


def _own_fields() -> list[Field]:
    """Return every key that only some topics have, once for each meaning."""
    found: dict[tuple[str, str], Field] = {}
    for topic in TOPICS.values():
        found |= {(each.name, each.meaning): each for each in topic.fields}
    return [found[key] for key in sorted(found)]


def _fields(fields: Iterable[Field]) -> str:
    return _table(("key", "value", "required", "meaning"), (_row(each) for each in fields))


def _row(field: Field) -> tuple[str, ...]:
    value = KIND_TEXTS[field.kind]
    if field.choices:
        several = "any of " if field.kind == "texts" else ""
        value = several + _listed(field.choices)
    return f"`{field.name}`", value, "yes" if field.is_required else "", field.meaning


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in texts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)
