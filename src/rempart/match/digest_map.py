"""DigestMap: which entries have exactly this digest, for digests of one length."""

import copy
import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from rempart.match._arguments import checked_ids, checked_values, width_of
from rempart.match._digest_part import (
    NOTHING,
    Bytes,
    DigestPart,
    Ids,
    Keys,
    as_keys,
    empty_part,
)
from rempart.match._marks import checked_marks, count_marks, no_marks
from rempart.match._spool import Spool
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match.snapshot import (
    AnyArray,
    Section,
    new_snapshot,
    open_snapshot,
    save_snapshot,
)

MOST_DIGEST_BYTES: Final = 64
MERGE_FROM: Final = 16_384
"""New or removed entries from which the sorted part is made anew."""

_KIND: Final = "digests"
_SECTIONS: Final = {
    "values": Section("|u1", 2, is_required=True),
    "ids": Section("<i8", 1, is_required=True),
    "id_order": Section("<u4", 1, is_required=True),
}

_SORT_FROM: Final = 256


class DigestMap:
    """Exact look-up of digests of one length; one digest may have several ids, an id has one digest.

    A sorted part (mapped from a snapshot, or built), a small sorted part of new entries, and marks on removed ones.
    Look-ups take no lock and may go on in other threads during any change; changes wait for each other. What was added
    or removed takes effect for every look-up that begins after the call has returned, and for none that began before.
    """

    def __init__(self, frozen: DigestPart) -> None:
        self._lock = threading.Lock()
        self._parts = (frozen, empty_part(frozen.values.shape[1]))
        self._count = len(frozen.ids)

    @classmethod
    def build(cls, values: npt.NDArray[np.uint8], ids: npt.NDArray[np.int64]) -> Self:
        """Build a map of these digests (uint8, n by L, 1 <= L <= 64) to these ids (int64, n, all different).

        Raises:
            DuplicateIdError: an id stands twice.
            TypeError: an array is not of the right type.
            ValueError: an array has a wrong shape.
        """
        ids = checked_ids(ids, DuplicateIdError)
        width = width_of(values)
        if not 1 <= width <= MOST_DIGEST_BYTES:
            msg = f"digests are an array of n by 1 to {MOST_DIGEST_BYTES} bytes"
            raise ValueError(msg)
        return cls(DigestPart.build(checked_values(values, width=width, rows=len(ids)), ids))

    @classmethod
    def write(
        cls,
        path: Path,
        chunks: Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]],
        *,
        width: int,
    ) -> None:
        """Build a map of (ids, digests) straight into a file, for more of them than memory is to be spent on.

        Args:
            path: the file to make or replace.
            chunks: parts of ids (int64, n, different across all parts) and digests (uint8, n by `width`).
            width: bytes of a digest.

        Raises:
            DuplicateIdError: an id stands twice.
            OSError: the disk refused; an older file is untouched.
        """
        with Spool(path.parent) as spool:
            for ids, values in chunks:
                spool.add(ids, checked_values(values, width=width, rows=len(ids)))
            ids, values = spool.whole(width=width, dtype=np.uint8)
            ids = checked_ids(ids, DuplicateIdError)
            with new_snapshot(path, kind=_KIND) as room:
                DigestPart.build(values, ids, room=room)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, was_checked: bool = False) -> Self:
        """Map a saved map: shared with other processes; changes stay in memory until `save`.

        Args:
            path: the file.
            was_checked: this very file was opened without it before: its content is not looked through again.

        Raises:
            SnapshotDamagedError: the file is not a whole, unaltered snapshot of a digest map.
            OSError: the file does not exist or may not be read.
        """
        arrays = open_snapshot(path, kind=_KIND, sections=_SECTIONS, was_checked=was_checked)
        values, ids, id_order = arrays["values"], arrays["ids"], arrays["id_order"]
        reason = _why_misshapen(values, ids, id_order)
        if reason is None and not was_checked:
            reason = _why_unsound(values, ids, id_order)
        if reason is not None:
            raise SnapshotDamagedError(path, reason)
        return cls(DigestPart(values, ids, id_order, no_marks(len(ids))))

    def __len__(self) -> int:
        return self._count

    @property
    def digest_bytes(self) -> int:
        """Length of the digests of this map."""
        return int(self._parts[0].values.shape[1])

    def find_many(
        self, values: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return query number and id of every entry with one of these digests (uint8, m by L).

        Two int64 arrays of one length, ordered by query, then id.

        Raises:
            TypeError: the array is not uint8.
            ValueError: the digests have another length.
        """
        keys = as_keys(checked_values(values, width=self.digest_bytes))
        if len(keys) < _SORT_FROM:
            return self._find(keys)
        # In their order, one look-up finds near what the one before has fetched.
        order = np.argsort(keys)
        numbers, ids = self._find(keys[order])
        numbers = order[numbers]
        by_number = np.argsort(numbers, kind="stable")
        return numbers[by_number], ids[by_number]

    def _find(self, keys: Keys) -> tuple[Ids, Ids]:
        found = [part.find(keys) for part in self._parts]
        found = [each for each in found if len(each[0])]
        if len(found) < 2:  # noqa: PLR2004 - nothing to merge
            return found[0] if found else (NOTHING, NOTHING)
        numbers = np.concatenate([numbers for numbers, _ in found])
        ids = np.concatenate([ids for _, ids in found])
        order = np.lexsort((ids, numbers))
        return numbers[order], ids[order]

    def add(self, values: npt.NDArray[np.uint8], ids: npt.NDArray[np.int64]) -> None:
        """Add entries (uint8, n by L; int64, n).

        Raises:
            DuplicateIdError: an id is present already or stands twice; nothing was changed.
            TypeError, ValueError: wrong types or shapes; nothing was changed.
        """
        ids = checked_ids(ids, DuplicateIdError)
        values = checked_values(values, width=self.digest_bytes, rows=len(ids))
        with self._lock:
            is_present = self.has(ids)
            if is_present.any():
                raise DuplicateIdError(int(ids[is_present][0]))
            frozen, tail = self._parts
            old_values, old_ids = tail.live()
            grown = np.concatenate([old_values, values]), np.concatenate([old_ids, ids])
            self._parts = (frozen, DigestPart.build(*grown))
            self._count += len(ids)
            self._merge_if_due()

    def remove(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id (int64, n).

        Raises:
            UnknownIdError: an id is not present or stands twice; nothing was changed.
            TypeError, ValueError: wrong type or shape; nothing was changed.
        """
        self.mark(ids)
        with self._lock:
            self._merge_if_due()

    def mark(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id as `remove` does, but never make the sorted part anew: it may be large, and mapped.

        Raises:
            UnknownIdError, TypeError, ValueError: as in `remove`.
        """
        ids = checked_ids(ids, UnknownIdError)
        with self._lock:
            frozen, tail = self._parts
            in_frozen, in_tail = frozen.positions(ids), tail.positions(ids)
            is_absent = (in_frozen < 0) & (in_tail < 0)
            if is_absent.any():
                raise UnknownIdError(int(ids[is_absent][0]))
            self._parts = (
                frozen.without(in_frozen[in_frozen >= 0]),
                tail.without(in_tail[in_tail >= 0]),
            )
            self._count -= len(ids)

    def has(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell for each id (int64, n) whether an entry with it is present."""
        frozen, tail = self._parts
        is_present: npt.NDArray[np.bool_] = (frozen.positions(ids) >= 0) | (
            tail.positions(ids) >= 0
        )
        return is_present

    @property
    def frozen_size(self) -> int:
        """How many entries the sorted part was made of, removed ones included."""
        return len(self._parts[0].ids)

    @property
    def marks(self) -> npt.NDArray[np.uint8]:
        """The marks on the removed entries of the sorted part."""
        return self._parts[0].dead

    def with_marks(self, marks: npt.NDArray[np.uint8]) -> Self:
        """Return this map, to which nothing was ever added, with other entries removed.

        Raises:
            ValueError: they are not marks of this map.
        """
        made, (frozen, tail) = self.fork(), self._parts
        marks = checked_marks(marks, len(frozen.ids))
        made._parts = (replace(frozen, dead=marks), tail)  # noqa: SLF001 - of this very class
        made._count = len(frozen.ids) - count_marks(marks)  # noqa: SLF001 - the same
        return made

    def arrays(self) -> Iterable[npt.NDArray[Any]]:  # of several element types
        """Return what a look-up reads of the sorted part."""
        frozen = self._parts[0]
        return (frozen.values, frozen.ids)

    def fork(self) -> Self:
        """Return a map that holds the same and goes its own way from here; nothing is copied."""
        with self._lock:
            return copy.copy(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map to a new file, force it to the disk and rename it to `path`: never half-written.

        Raises:
            OSError: it could not be written; an older file is untouched.
        """
        with self._lock:
            if self._changes():
                self._merge()
            frozen = self._parts[0]
        arrays: dict[str, AnyArray] = {
            "values": frozen.values,
            "ids": frozen.ids,
            "id_order": frozen.id_order,
        }
        save_snapshot(path, kind=_KIND, arrays=arrays)

    def _changes(self) -> int:
        frozen, tail = self._parts
        return len(tail.ids) + count_marks(frozen.dead)

    def _merge_if_due(self) -> None:
        frozen, tail = self._parts
        if len(tail.ids) > MERGE_FROM or count_marks(frozen.dead) > max(MERGE_FROM, self._count):
            self._merge()

    def _merge(self) -> None:
        live = [part.live() for part in self._parts]
        values = np.concatenate([values for values, _ in live])
        ids = np.concatenate([ids for _, ids in live])
        self._parts = (DigestPart.build(values, ids), empty_part(self.digest_bytes))


def _why_misshapen(values: Bytes, ids: Ids, id_order: npt.NDArray[np.uint32]) -> str | None:
    if not 1 <= values.shape[1] <= MOST_DIGEST_BYTES:
        return "its digests have an impossible length"
    if not len(values) == len(ids) == len(id_order):
        return "its sections differ in length"
    return None


def _why_unsound(values: Bytes, ids: Ids, id_order: npt.NDArray[np.uint32]) -> str | None:
    """Say why these arrays of a snapshot cannot be a map: its sums are right, so someone made it so."""
    if len(ids) and int(id_order.max()) >= len(ids):
        return "a position lies outside"
    ordered = ids[id_order]
    if not bool((ordered[1:] > ordered[:-1]).all()):
        return "its ids are not in order"
    keys = as_keys(values)
    if not bool((keys[1:] >= keys[:-1]).all()):
        return "its digests are not in order"
    return None
