"""Column map: which column of a partner's CSV holds what, as the operator states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from rempart.lists.bad_records import BadRecordError
from rempart.lists.errors import ColumnMapError
from rempart.lists.limits import MAX_COLUMNS, MAX_FINGERPRINTS
from rempart.lists.source_text import ENCODINGS, UTF8
from rempart.lists.toml_map import MapSettings
from rempart.lists.values import kind_of
from rempart.model.fingerprint import EXACT, PDQ_DIALECTS

Column = str | int
"""A column by the name in its header, or by its place counted from 1."""

_SINGLE: Final = ("type", "value", "id", "category", "region", "dialect", "quality", "comment")
_SETTINGS: Final = (
    *_SINGLE,
    "delimiter",
    "encoding",
    "header",
    "pdq_dialect",
    "keep",
    "fingerprints",
)
_FORBIDDEN_DELIMITERS: Final = frozenset('"\r\n')


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What the columns of a CSV hold. Either a wide table (`fingerprints`) or a long one (`type`, `value`).

    Attributes:
        fingerprints: kind of fingerprint → column, for a table with one column for each kind.
        type: column with the kind, for a table with one fingerprint a row; goes with `value`.
        value: column with the fingerprint.
        id: column with the source's global identifier.
        category: column with the raw category.
        region: column with the region that the category belongs to.
        dialect: column with the dialect of the PDQ.
        quality: column with the quality of the PDQ.
        comment: column whose text is kept beside the entry.
        keep: further columns whose text is kept beside the entry.
        pdq_dialect: dialect of a PDQ where no column says it.
        delimiter: one character between cells.
        encoding: `utf-8`, `utf-16`, `latin-1` or `windows-1252`.
        header: whether the first row names the columns.
    """

    fingerprints: Mapping[str, Column]
    type: Column | None = None
    value: Column | None = None
    id: Column | None = None
    category: Column | None = None
    region: Column | None = None
    dialect: Column | None = None
    quality: Column | None = None
    comment: Column | None = None
    keep: tuple[Column, ...] = ()
    pdq_dialect: str = EXACT
    delimiter: str = ","
    encoding: str = UTF8
    header: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the map that a TOML text describes.

        Raises:
            ColumnMapError: a setting is missing, unknown or wrong; the message names it.
        """
        settings = MapSettings(text, known=_SETTINGS, error=ColumnMapError, option="--columns")
        reader = _ColumnReader(settings, by_name=settings.flag("header", default=True))
        single = {name: reader.single(name) for name in _SINGLE}
        fingerprints = reader.fingerprints()
        made = cls(
            fingerprints=MappingProxyType(fingerprints),
            **single,
            keep=reader.keep(),
            pdq_dialect=_one_of(settings, "pdq_dialect", PDQ_DIALECTS, default=EXACT),
            delimiter=_delimiter(settings),
            encoding=_one_of(settings, "encoding", ENCODINGS, default=UTF8),
            header=reader.by_name,
        )
        if (made.type is None) != (made.value is None):
            raise settings.complaint(what="type and value go together")
        if bool(fingerprints) == (made.type is not None):
            raise settings.complaint(what="give either [fingerprints], or type and value")
        return made


class _ColumnReader:
    """Reads columns: names where the table has a header, else places."""

    def __init__(self, settings: MapSettings, *, by_name: bool) -> None:
        self._settings = settings
        self.by_name = by_name

    def single(self, name: str) -> Column | None:
        value = self._settings.value(name)
        return None if value is None else self._column(value, name)

    def fingerprints(self) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for name, value in self._settings.table("fingerprints").items():
            try:
                kind = kind_of(name)
            except BadRecordError as cause:
                raise self._settings.complaint(
                    what=f"fingerprints.{name[:40]!a}: {cause}"
                ) from cause
            if kind in found:
                raise self._settings.complaint(what=f"fingerprints: {kind} stands there twice")
            found[kind] = self._column(value, f"fingerprints.{kind}")
        if len(found) > MAX_FINGERPRINTS:
            raise self._settings.complaint(what=f"fingerprints: more than {MAX_FINGERPRINTS} kinds")
        return found

    def keep(self) -> tuple[Column, ...]:
        value = self._settings.value("keep")
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MAX_COLUMNS:
            raise self._settings.complaint(what="keep must be a list of columns")
        return tuple(self._column(each, "keep") for each in value)

    def _column(self, value: Any, name: str) -> Column:
        if self.by_name:
            return self._settings.short_text(value, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COLUMNS:
            raise self._settings.complaint(
                what=f"{name} must be the place of a column, 1 to {MAX_COLUMNS}, as header is false"
            )
        return value


def _one_of(settings: MapSettings, name: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = settings.text(name)
    if value is None:
        return default
    if value not in allowed:
        raise settings.complaint(what=f"{name} must be one of {', '.join(allowed)}")
    return value


def _delimiter(settings: MapSettings) -> str:
    value = settings.value("delimiter")
    if value is None:
        return ","
    if not isinstance(value, str) or len(value) != 1 or value in _FORBIDDEN_DELIMITERS:
        raise settings.complaint(what="delimiter must be one character, and no quote or line end")
    return value
