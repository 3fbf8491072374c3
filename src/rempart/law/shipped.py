"""The law data that come with the program, and an operator's overlay from a folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from rempart.law.errors import LawDataRefusedError, Mistake, UnknownJurisdictionError
from rempart.law.library import LawShelf, open_shelf
from rempart.law.reading import LawFile, parse_document
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

    def check(self, code: str) -> Jurisdiction:
        """Return a code that is assigned.

        Raises:
            UnknownJurisdictionError: it is no code of ISO 3166, or no state has it.
        """
        parsed = parse_jurisdiction(code)
        if parsed is None or state_of(parsed) not in self.assigned:
            message = f"{code!r} is no jurisdiction."
            raise UnknownJurisdictionError(
                message, hint="Write an ISO 3166 code in capitals, such as FR or GB-SCT."
            )
        return parsed


@cache
def gazetteer() -> Gazetteer:
    """Return the shipped jurisdictions, read once.

    Raises:
        LawDataRefusedError: the file is damaged.
    """
    file = _law_file(DATA_FOLDER / "jurisdictions.toml")
    mistakes: list[Mistake] = []
    document: Any = parse_document(file, mistakes)  # Any: TOML
    if mistakes:
        raise LawDataRefusedError(mistakes)
    places = [
        Place(
            code=Jurisdiction(each["code"]),
            name_en=each["name_en"],
            name_fr=each["name_fr"],
            has_own_law=not each.get("inherits_law", True),
        )
        for each in document["jurisdiction"]
    ]
    return Gazetteer({each.code: each for each in places}, frozenset(document["iso"]))


def open_law(overlay: Path | None = None) -> LawShelf:
    """Read the shipped law data, and an operator's overlay on top.

    Args:
        overlay: a folder of files like those of `states` and `instruments`, each fact `recorded = "overlay"`.

    Raises:
        LawDataRefusedError: files hold mistakes; all of them are told.
    """
    shipped = [file for folder in _FOLDERS for file in _files(DATA_FOLDER / folder)]
    own = list(_files(overlay)) if overlay is not None else []
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


def _files(folder: Path) -> Iterator[LawFile]:
    for path in sorted(folder.rglob(f"*{_SUFFIX}")):
        yield _law_file(path)


def _law_file(path: Path) -> LawFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        expected = "a file that can be read"
        mistake = Mistake(str(path), 1, f"It cannot be read: {error.strerror}.", expected)
        raise LawDataRefusedError([mistake]) from error
    folder = path.parent.name
    shown = f"{folder}/{path.name}" if path.is_relative_to(DATA_FOLDER) else str(path)
    return LawFile(shown, content)
