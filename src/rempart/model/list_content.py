"""Entries as the service shows and changes them one by one: with alias, sources, suspension."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rempart.model.identifiers import EntryId
from rempart.model.lists import Entry


@dataclass(frozen=True, slots=True)
class Suspension:
    """That one entry is not matched for a time, while it stays in its list.

    Attributes:
        until: moment at which it is due to be matched again; absent means until somebody resumes it.
    """

    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceClaim:
    """What one source of a list said of an entry, while it says so; of a withdrawn entry, what it said last.

    Attributes:
        source: the source's stable name within the list.
        source_id: the source's own identifier of the entry.
        raw: the record as received, as JSON text; absent where the parsed fields say all.
    """

    source: str
    source_id: str | None
    raw: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry with everything that the service says of it.

    Attributes:
        entry: the version in force; its standing is `suspended` while there is a suspension.
        alias: whole number of the entry for foreign interfaces, counted from 1 over all lists; never reused.
        recorded_at: when this version was recorded.
        claims: by source, in the order in which the list met the sources.
    """

    entry: Entry
    alias: int
    recorded_at: datetime
    claims: tuple[SourceClaim, ...]
    suspension: Suspension | None = None


class PutOutcome(StrEnum):
    """What became of one record that was put into a list.

    `duplicate`: an earlier record of the same call has its key; this one was left out.
    """

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    RETURNED = "returned"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class PutEntry:
    """Which entry a record became.

    Attributes:
        version: the entry's version in force after it.
        is_suspended: whether it is not matched for now, whatever its sources say: a suspension outlives a withdrawal.
    """

    entry_id: EntryId
    alias: int
    version: int
    outcome: PutOutcome
    is_suspended: bool = False
