"""Data versions: which there are, since when, and the hash that each was released with."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from rempart.law.errors import LawDataRefusedError, Mistake
from rempart.law.reading import LawFile, parse_document


@dataclass(frozen=True, slots=True)
class DataVersion:
    """One released state of the law data.

    Attributes:
        hash: SHA-256, in hex, of the facts that the version sees.
    """

    id: str
    date: date
    title: str
    hash: str


def read_versions(file: LawFile) -> tuple[DataVersion, ...]:
    """Return the data versions, oldest first.

    Raises:
        LawDataRefusedError: the file is not well formed.
    """
    mistakes: list[Mistake] = []
    document = parse_document(file, mistakes)
    tables: Any = [] if document is None else document.get("version", [])  # Any: just parsed
    versions = []
    for index, table in enumerate(tables):
        version = _version(table)
        if version is None:
            line = file.places().line("version", index)
            expected = "id, date, title and hash"
            mistakes.append(Mistake(file.name, line, "The version is not whole.", expected))
        else:
            versions.append(version)
    if mistakes or not versions:
        none = Mistake(file.name, 1, "There is no version.", "a [[version]] table")
        raise LawDataRefusedError(mistakes or [none])
    return tuple(versions)


def _version(table: dict[str, Any]) -> DataVersion | None:
    day = table.get("date")
    texts = [table.get(name) for name in ("id", "title", "hash")]
    if not isinstance(day, date) or not all(isinstance(each, str) for each in texts):
        return None
    return DataVersion(id=table["id"], date=day, title=table["title"], hash=table["hash"])
