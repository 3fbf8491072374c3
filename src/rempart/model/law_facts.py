"""One fact about law: a value with its legal basis, source, dates and confidence."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from rempart.model.law import Confidence

FactValue: TypeAlias = str | int | bool | date | tuple[str, ...]
"""What a field of a fact holds."""


class Precision(StrEnum):
    """How exactly a source is dated."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day for which a source speaks.

    Attributes:
        date: the first day on which the fact surely holds: the last day of the period that the source names.
        text: the source's date in its own words.
    """

    date: date
    precision: Precision
    text: str


def _no_fields() -> MappingProxyType[str, FactValue]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as a data version sees it. Facts are never changed: a later one supersedes or corrects.

    Attributes:
        id: unique in all files, never used again.
        subject: a jurisdiction's code or an instrument's key.
        topic: what the fact is about, for example `crime.possession`.
        basis: the article or act that it stands on; absent where the source names none.
        holds_from: first day of its reach: `valid_from`, else the as-of day; absent where neither is known.
        holds_to: last day of its reach: `valid_to`, or the day before a superseding fact begins.
        recorded: the data version that brought it.
        fields: what only facts of this topic have.
    """

    id: str
    subject: str
    topic: str
    value: FactValue
    basis: str | None
    source: str | None
    as_of: AsOf | None
    confidence: Confidence
    holds_from: date | None
    holds_to: date | None
    recorded: str
    reviewer: str | None = None
    detail: str | None = None
    supersedes: str | None = None
    corrects: str | None = None
    fields: MappingProxyType[str, FactValue] = field(default_factory=_no_fields)

    def reaches(self, day: date) -> bool:
        """Tell whether the fact speaks for a day."""
        if self.holds_from is None or day < self.holds_from:
            return False
        return self.holds_to is None or day <= self.holds_to
