"""Data versions: which there are, since when, and the hash that each was released with."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from rempart.law.errors import LawDataRefusedError, Mistake
from rempart.law.reading import LawFile, parse_document, tables_of

OVERLAY: Final = "overlay"
"""What `recorded` says in an operator's own files."""


@dataclass(frozen=True, slots=True)
class DataVersion:
    """One released state of the law data.

    Attributes:
        hash: SHA-256, in hex, of the facts that the version sees; empty where it is not released yet.
    """

    id: str
    date: date
    title: str
    hash: str


def read_versions(file: LawFile) -> tuple[DataVersion, ...]:
    """Return the data versions, oldest first.

    Raises:
        LawDataRefusedError: the file is not well formed; every mistake is told.
    """
    mistakes: list[Mistake] = []
    versions: dict[str, DataVersion] = {}
    document = parse_document(file, mistakes) or {}
    for index, table in enumerate(tables_of(file, document, "version", mistakes)):
        version = _version(table)
        if version is None:
            message, expected = "The version is not whole.", "id, date, title and hash"
            mistakes.append(file.mistake_in("version", index, "", message, expected))
        elif version.id in {*versions, OVERLAY}:
            message, expected = f"The version {version.id} stands twice.", "a name of its own"
            mistakes.append(file.mistake_in("version", index, "id", message, expected))
        else:
            versions[version.id] = version
    if not mistakes and not versions:
        mistakes.append(file.mistake("version", "There is no version.", "a [[version]] table"))
    if mistakes:
        raise LawDataRefusedError(mistakes)
    return tuple(versions.values())


def _version(table: dict[str, Any]) -> DataVersion | None:  # Any: just parsed
    day = table.get("date")
    texts = [table.get(name) for name in ("id", "title", "hash")]
    if not isinstance(day, date) or isinstance(day, datetime):
        return None
    if not all(isinstance(each, str) for each in texts):
        return None
    return DataVersion(id=table["id"], date=day, title=table["title"], hash=table["hash"])
