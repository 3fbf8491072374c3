"""Small libraries of law for tests, written as the files themselves are written."""

from collections.abc import Mapping
from datetime import date

from rempart.law.book import LawBook
from rempart.law.library import LawShelf, open_shelf
from rempart.law.reading import LawFile
from rempart.law.versions import DataVersion
from rempart.model.jurisdictions import parse_jurisdiction

ON = date(2024, 6, 1)
"""A day that every fact built here reaches unless it says otherwise."""

_HEAD = 'schema = "rempart.law-data/1"\nsubject = "{subject}"\n'


def fact(name: str, value: object, **fields: object) -> str:
    """Return one fact as TOML; `name` is its id, from which its topic is read.

    Without more it is sure, holds from 2020-01-01, and was recorded in version 1. A field given as None is left out.
    """
    topic = name.split(".", 1)[1].rsplit(".", 1)[0]
    everything: dict[str, object] = {
        "id": name,
        "topic": topic,
        "value": value,
        "basis": f"Exercise Act on {topic}",
        "source": "https://example.org/exercise",
        "as_of": date(2020, 1, 1),
        "confidence": "high",
        "recorded": "1",
        **fields,
    }
    lines = [f"{key} = {_toml(key, each)}" for key, each in everything.items() if each is not None]
    return "\n[[fact]]\n" + "\n".join(lines) + "\n"


def _toml(key: str, value: object) -> str:
    match value:
        case date() if key == "as_of":
            return f'{{ date = {value}, precision = "day", text = "{value}" }}'
        case bool():
            return str(value).lower()
        case int() | date():
            return str(value)
        case list():
            return "[" + ", ".join(_toml("", each) for each in value) + "]"
        case _:
            return f'"{value}"'


def file_of(subject: str, *facts: str) -> str:
    """Return the text of a file of facts."""
    return _HEAD.format(subject=subject) + "".join(facts)


def shelf_of(
    text_by_name: Mapping[str, str],
    *,
    versions: tuple[str, ...] = ("1",),
    overlay: Mapping[str, str] | None = None,
    hashes: Mapping[str, str] | None = None,
    own_law: tuple[str, ...] = (),
) -> LawShelf:
    """Return a shelf of files given as text.

    Args:
        text_by_name: the shipped files; a file's name is its subject.
        versions: the data versions, oldest first.
        overlay: an operator's files.
        hashes: what each version was released with; none by itself.
        own_law: parts of states that do not take over the law of their state.
    """
    day = date(2024, 1, 1)
    pinned = hashes or {}
    return open_shelf(
        _files(text_by_name),
        overlay=_files(overlay or {}),
        versions=[DataVersion(each, day, "Exercise", pinned.get(each, "")) for each in versions],
        own_law=(code for each in own_law if (code := parse_jurisdiction(each)) is not None),
        subjects=[*text_by_name, *(overlay or {})],
    )


def book_of(*facts: str, version: str | None = None) -> LawBook:
    """Return a book of facts; every fact stands in the file of the subject that its id names."""
    return LawBook(shelf_of(by_subject(*facts)).library(version))


def by_subject(*facts: str) -> dict[str, str]:
    """Return files of facts, each fact in the file of the subject that its id names."""
    texts: dict[str, list[str]] = {}
    for each in facts:
        subject = each.split('id = "', 1)[1].split(".", 1)[0]
        texts.setdefault(subject, []).append(each)
    return {subject: file_of(subject, *each) for subject, each in texts.items()}


def _files(texts: Mapping[str, str]) -> list[LawFile]:
    return [LawFile(f"{name}.toml", text.encode()) for name, text in texts.items()]
