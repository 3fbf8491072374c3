"""Small values that only callers of the store need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rempart.model.handling import Standing
from rempart.model.identifiers import NodeId, ScanId
from rempart.model.lists import EntryDraft


class ScanState(StrEnum):
    """How far a scan came."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MergeItem:
    """One record to merge into a list.

    Attributes:
        number: position of the record in its source, counted from 1; reported back for duplicates.
        key: what makes the entry the same entry within its list, in any form that the caller keeps stable.
        digest: of everything in the draft that counts as a change.
        draft: the record as its reader understood it.
    """

    number: int
    key: bytes
    digest: bytes
    draft: EntryDraft


@dataclass(frozen=True, slots=True)
class AbsentCounts:
    """What an import in mode `full` would withdraw, to be judged before it happens.

    Attributes:
        active_before: claims that this source had on the list when the merge began.
        absent: those among them that this merge has not seen.
    """

    active_before: int
    absent: int


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What a merge did to the entries of its list.

    Attributes:
        added: entries that the list never had.
        changed: entries with a new version because what is said about them changed.
        unchanged: records that changed no entry; a further source may have begun to claim it.
        returned: entries that had been withdrawn and are active again.
        withdrawn: entries that lost their last claim.
        duplicates: records left out because an earlier one of the same merge has the same key.
        claims_withdrawn: claims of this source that ended, whether or not another source keeps the entry.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    returned: int = 0
    withdrawn: int = 0
    duplicates: int = 0
    claims_withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How much a list holds.

    Attributes:
        by_standing: entries by standing.
        by_kind: fingerprints of active entries by kind and dialect; the dialect is absent for all but PDQ.
    """

    by_standing: Mapping[Standing, int]
    by_kind: Mapping[tuple[str, str | None], int]


@dataclass(frozen=True, slots=True)
class MatchableChanges:
    """What an index built at one change number lacks and has too much of.

    Attributes:
        up_to: change number that the index has after taking these changes.
        added: by kind: numbers, int64 of length n, ascending, and values, uint8 of shape (n, L).
        removed: by kind: numbers, int64, ascending; every one was matchable at the index's change number.
        added_videos: number and text of each fingerprint of kind `vpdq`, ascending.
        removed_videos: the same of those that were matchable at the index's change number.
    """

    up_to: int
    added: Mapping[str, tuple[NDArray[np.int64], NDArray[np.uint8]]]
    removed: Mapping[str, NDArray[np.int64]]
    added_videos: tuple[tuple[int, bytes], ...] = ()
    removed_videos: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class StoredScan:
    """One scan as the store keeps it.

    Attributes:
        settings: what the scan was asked to do, as JSON values.
        checkpoint: how far it came, as JSON values; absent before the first checkpoint.
        counts: results so far, as JSON values.
        expires_at: moment after which the scan and its matches are purged: they name paths.
    """

    id: ScanId
    started_at: datetime
    expires_at: datetime
    state: ScanState
    settings: Mapping[str, object]
    checkpoint: Mapping[str, object] | None = None
    counts: Mapping[str, object] = field(default_factory=dict)
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreProblem:
    """One finding of a check: what is wrong, never the content of a record."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DumpSummary:
    """What a dump of a store holds.

    Attributes:
        node_id: whose store it is.
        schema: version of its schema.
        rows: rows of all tables.
        attachments: the small files that travel with it, by name.
        sha256: digest over the dump, as hexadecimal text; absent while it is not known.
    """

    node_id: NodeId
    schema: int
    rows: int
    attachments: Mapping[str, bytes] = field(repr=False)
    sha256: str | None = None
