"""Reads files of law data; every mistake of every file is told with its line and what was expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import tomli

from rempart.law._checking import Table, check_table
from rempart.law._places import Places, places_in
from rempart.law.errors import Mistake
from rempart.law.schema import COMMON_FIELDS, DATA_SCHEMA
from rempart.model.law import Confidence
from rempart.model.law_facts import AsOf, Fact, FactValue, Precision

MAX_FILE_BYTES: Final = 4_000_000

_COMMON_NAMES: Final = frozenset(each.name for each in COMMON_FIELDS)
_TABLE: Final = "fact"


@dataclass(frozen=True, slots=True)
class LawFile:
    """One file of facts as bytes; its name is for messages."""

    name: str
    content: bytes

    def places(self) -> Places:
        """Return where the keys stand."""
        return places_in(self.content)

    def mistake(self, key: str, message: str, expected: str) -> Mistake:
        """Return a mistake at one key before all tables."""
        return Mistake.at(self.name, self.places().line(None, 0, key), message, expected)

    def mistake_in(self, table: str, index: int, key: str, message: str, expected: str) -> Mistake:
        """Return a mistake at one key of the index-th table of a name."""
        return Mistake.at(self.name, self.places().line(table, index, key), message, expected)


@dataclass(frozen=True, slots=True)
class ReadFact:
    """A fact and the place where it was read."""

    fact: Fact
    file: LawFile
    index: int


@dataclass(frozen=True, slots=True)
class Row:
    """One `[[fact]]` table.

    Attributes:
        good: its keys that hold what they may hold.
        fact: what it says; absent where it is not well formed.
    """

    subject: str | None
    good: Table
    fact: Fact | None
    file: LawFile
    index: int

    def mistake(self, key: str, message: str, expected: str) -> Mistake:
        """Return a mistake at one key of this table."""
        named = f"{self.good['id']}: {message}" if "id" in self.good else message
        return self.file.mistake_in(_TABLE, self.index, key, named, expected)


def read_facts(file: LawFile) -> tuple[list[ReadFact], list[Mistake]]:
    """Return the facts of one file that are well formed, and every mistake in it."""
    mistakes: list[Mistake] = []
    rows = read_rows(file, mistakes)
    return [ReadFact(row.fact, file, row.index) for row in rows if row.fact is not None], mistakes


def read_rows(file: LawFile, mistakes: list[Mistake]) -> list[Row]:
    """Return every fact of one file, so far as it is well formed, and add every mistake in it."""
    document = parse_document(file, mistakes)
    if document is None:
        return []
    mistakes += [
        file.mistake(key, f"{key} is not known here.", "[[fact]] tables")
        for key in document.keys() - {"schema", "subject", _TABLE}
    ]
    subject = document.get("subject")
    if not isinstance(subject, str):
        mistakes.append(file.mistake("subject", "There is no subject.", 'subject = "FR"'))
        subject = None
    tables = document.get(_TABLE, [])
    if not isinstance(tables, list):
        mistakes.append(file.mistake(_TABLE, "fact is no list.", "[[fact]] tables"))
        return []
    return [_row(file, subject, index, table, mistakes) for index, table in enumerate(tables)]


def _row(
    file: LawFile,
    subject: str | None,
    index: int,
    table: Any,  # just parsed
    mistakes: list[Mistake],
) -> Row:
    checked = check_table(subject, table)
    fact = _fact(subject, table) if checked.is_whole and subject is not None else None
    row = Row(subject, checked.good, fact, file, index)
    mistakes += [row.mistake(*each) for each in checked.found]
    return row


def parse_document(file: LawFile, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """Return a file's TOML and check the schema that it names; None where it cannot be read at all."""
    if len(file.content) > MAX_FILE_BYTES:
        limit = f"at most {MAX_FILE_BYTES:,} bytes"
        mistakes.append(Mistake.at(file.name, 1, "The file is too large.", limit))
        return None
    try:
        document = tomli.loads(file.content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake.at(file.name, line, "The text is not UTF-8.", "UTF-8"))
        return None
    except (
        ValueError,
        RecursionError,
    ) as error:  # ValueError: no TOML, or a number of 4,300 digits
        line = _line_of(file, error)
        mistakes.append(Mistake.at(file.name, line, f"The file is no TOML: {error}.", "TOML"))
        return None
    if document.get("schema") != DATA_SCHEMA:
        expected = f'schema = "{DATA_SCHEMA}"'
        mistakes.append(file.mistake("schema", "The schema is not this one.", expected))
    return document


def _line_of(file: LawFile, error: Exception) -> int:
    if isinstance(error, tomli.TOMLDecodeError):
        last = file.content.removesuffix(b"\n").count(b"\n") + 1
        return min(error.lineno, last)
    return 1


def tables_of(
    file: LawFile, document: Mapping[str, Any], name: str, mistakes: list[Mistake]
) -> list[dict[str, Any]]:
    """Return the tables of one name in a file that is no file of facts; none where they are no tables."""
    tables = document.get(name, [])
    if isinstance(tables, list) and all(isinstance(each, dict) for each in tables):
        return tables
    mistakes.append(file.mistake(name, f"{name} is no list.", f"[[{name}]] tables"))
    return []


def _fact(subject: str, table: Table) -> Fact:
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
