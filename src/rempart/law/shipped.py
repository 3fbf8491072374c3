"""The law data that come with the program, and an operator's overlay from a folder."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from rempart.law.errors import LawDataRefusedError, Mistake, UnknownJurisdictionError
from rempart.law.library import LawShelf, open_shelf
from rempart.law.reading import MAX_FILE_BYTES, LawFile, parse_document, tables_of
from rempart.law.versions import DataVersion, read_versions
from rempart.model.jurisdictions import Jurisdiction, parse_jurisdiction, state_of

DATA_FOLDER: Final = Path(__file__).parent / "data"
LABELS: Final = "labels"
"""Subject of the facts that map labels to classes of material."""

_FOLDERS: Final = ("states", "instruments", "labels")
_SUFFIX: Final = ".toml"


@dataclass(frozen=True, slots=True)
class Place:
    """One jurisdiction by name.

    Attributes:
        has_own_law: whether a part does not take over the law of its state.
    """

    code: Jurisdiction
    name_en: str
    name_fr: str
    has_own_law: bool


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The jurisdictions that the data know by name, and every assigned code of a state."""

    places: dict[Jurisdiction, Place]
    assigned: frozenset[str]
    twins: dict[Jurisdiction, Jurisdiction] = field(default_factory=dict)

    def check(self, code: str) -> Jurisdiction:
        """Return a code that is assigned; for a part of a state that has a code of its own, that one.

        Raises:
            UnknownJurisdictionError: it is no code of ISO 3166, or no state has it.
        """
        parsed = parse_jurisdiction(code)
        if parsed is None or state_of(parsed) not in self.assigned:
            message = f"{code!r} is no jurisdiction."
            raise UnknownJurisdictionError(
                message, hint="Write an ISO 3166 code in capitals, such as FR or GB-SCT."
            )
        return self.twins.get(parsed, parsed)


@cache
def gazetteer() -> Gazetteer:
    """Return the shipped jurisdictions, read once.

    Raises:
        LawDataRefusedError: the file is damaged.
    """
    return read_gazetteer(_law_file(DATA_FOLDER / "jurisdictions.toml"))


def read_gazetteer(file: LawFile) -> Gazetteer:
    """Return the jurisdictions that a file names.

    Raises:
        LawDataRefusedError: the file is damaged; every mistake is told.
    """
    mistakes: list[Mistake] = []
    document = parse_document(file, mistakes) or {}
    assigned = document.get("iso", [])
    if not isinstance(assigned, list) or not all(isinstance(each, str) for each in assigned):
        mistakes.append(file.mistake("iso", "iso is no list of codes.", 'iso = ["AD", "AE"]'))
        assigned = []
    twins = _twins(file, document, mistakes)
    places: dict[Jurisdiction, Place] = {}
    for index, table in enumerate(tables_of(file, document, "jurisdiction", mistakes)):
        place = _place(table)
        if place is None or place.code in places:
            message = "The jurisdiction is not whole, or stands twice."
            expected = "code, name_en and name_fr, and a code of its own"
            mistakes.append(file.mistake_in("jurisdiction", index, "", message, expected))
        else:
            places[place.code] = place
    if mistakes:
        raise LawDataRefusedError(mistakes)
    return Gazetteer(places, frozenset(assigned), twins)


def _twins(
    file: LawFile, document: Mapping[str, Any], mistakes: list[Mistake]
) -> dict[Jurisdiction, Jurisdiction]:
    given = document.get("twins", {})
    if isinstance(given, dict):
        pairs = {_code(part): _code(own) for part, own in given.items()}
        known = {part: own for part, own in pairs.items() if part is not None and own is not None}
        if len(known) == len(given):
            return known
    mistakes.append(file.mistake("twins", "twins names no codes.", 'twins = { "NL-AW" = "AW" }'))
    return {}


def _code(text: object) -> Jurisdiction | None:
    return parse_jurisdiction(text) if isinstance(text, str) else None


def _place(table: dict[str, Any]) -> Place | None:  # Any: just parsed
    code, name_en, name_fr = (table.get(name) for name in ("code", "name_en", "name_fr"))
    inherits = table.get("inherits_law", True)
    parsed = parse_jurisdiction(code) if isinstance(code, str) else None
    if parsed is None or not isinstance(inherits, bool):
        return None
    if not isinstance(name_en, str) or not isinstance(name_fr, str):
        return None
    return Place(parsed, name_en, name_fr, has_own_law=not inherits)


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule asks and answers, in the words of those who gathered the facts."""

    question: str
    logic: str


@cache
def rule_texts() -> dict[str, RuleText]:
    """Return the words of the rules that were gathered with the facts, by identifier.

    Raises:
        LawDataRefusedError: the file is damaged.
    """
    file = _law_file(DATA_FOLDER / "rules.toml")
    mistakes: list[Mistake] = []
    document: Any = parse_document(file, mistakes)  # Any: TOML
    if mistakes:
        raise LawDataRefusedError(mistakes)
    return {each["id"]: RuleText(each["question"], each["logic"]) for each in document["rule"]}


def open_law(overlay: Path | None = None) -> LawShelf:
    """Read the shipped law data, and an operator's overlay on top.

    Args:
        overlay: a folder of files like those of `states` and `instruments`, each fact `recorded = "overlay"`.

    Raises:
        LawDataRefusedError: files hold mistakes; all of them are told.
    """
    unreadable: list[Mistake] = []
    shipped = [file for folder in _FOLDERS for file in _law_files(DATA_FOLDER / folder, unreadable)]
    own = _law_files(overlay, unreadable) if overlay is not None else []
    if unreadable:
        raise LawDataRefusedError(unreadable)
    known = gazetteer()
    return open_shelf(
        shipped,
        overlay=own,
        versions=_versions(),
        own_law=(place.code for place in known.places.values() if place.has_own_law),
        subjects=(*known.assigned, *known.places, *instruments(), LABELS),
    )


@cache
def instruments() -> tuple[str, ...]:
    """Return the keys of the shipped instruments."""
    return tuple(sorted(path.stem for path in (DATA_FOLDER / "instruments").glob(f"*{_SUFFIX}")))


def _versions() -> tuple[DataVersion, ...]:
    return read_versions(_law_file(DATA_FOLDER / "versions.toml"))


def _law_files(folder: Path, unreadable: list[Mistake]) -> list[LawFile]:
    """Return the files of facts in a folder and those below it, by name; nothing is left out without a word."""

    def tell(error: OSError) -> None:
        unreadable.append(_unreadable(Path(error.filename or folder), error))

    files = []
    for place, folders, names in os.walk(folder, onerror=tell):
        folders.sort()
        for name in sorted(names):
            if name.endswith(_SUFFIX):
                try:
                    files.append(_law_file(Path(place, name)))
                except LawDataRefusedError as error:
                    unreadable += error.mistakes
    return files


def _law_file(path: Path) -> LawFile:
    try:
        _refuse_unfit(path, path.stat())
        with path.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise LawDataRefusedError([_unreadable(path, error)]) from error
    return LawFile(_shown(path), content)


def _refuse_unfit(path: Path, status: os.stat_result) -> None:
    """Refuse what must not even be opened: a pipe would wait for a writer for ever.

    Raises:
        LawDataRefusedError: it is no regular file, or a file too large.
    """
    wrong = None
    if not stat.S_ISREG(status.st_mode):
        wrong = ("It is no regular file.", "a regular file, or a link to one")
    elif status.st_size > MAX_FILE_BYTES:
        wrong = ("The file is too large.", f"at most {MAX_FILE_BYTES:,} bytes")
    if wrong is not None:
        raise LawDataRefusedError([Mistake.at(_shown(path), 1, *wrong)])


def _unreadable(path: Path, error: OSError) -> Mistake:
    reason = error.strerror or "no reason is given"
    return Mistake.at(_shown(path), 1, f"It cannot be read: {reason}.", "a file that can be read")


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.is_relative_to(DATA_FOLDER) else str(path)
