"""DigestMap: which entries have exactly this digest, for digests of one length."""

import os
import threading
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from rempart.match._arguments import checked_ids, checked_values, width_of
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match.snapshot import AnyArray, Section, open_snapshot, save_snapshot

MOST_DIGEST_BYTES: Final = 64
MERGE_FROM: Final = 16_384
"""New or removed entries from which the sorted part is made anew."""

_KIND: Final = "digests"
_SECTIONS: Final = {
    "values": Section("|u1", 2, is_required=True),
    "ids": Section("<i8", 1, is_required=True),
    "id_order": Section("<u4", 1, is_required=True),
}

_Bytes = npt.NDArray[np.uint8]
_Ids = npt.NDArray[np.int64]
# Byte strings of one length: numpy's element type carries the length, which its typing cannot express.
_Keys = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """Digests sorted by (value, id), their ids, and the positions in the order of the ids."""

    values: _Bytes
    ids: _Ids
    id_order: npt.NDArray[np.uint32]
    is_dead: npt.NDArray[np.bool_]

    @classmethod
    def build(cls, values: _Bytes, ids: _Ids) -> Self:
        order = np.lexsort((ids, _as_keys(values)))
        ids = ids[order]
        id_order = np.argsort(ids, kind="stable").astype(np.uint32)
        return cls(values[order], ids, id_order, np.zeros(len(ids), bool))

    def positions(self, ids: _Ids) -> npt.NDArray[np.intp]:
        """Return the position of each live id, -1 where there is none."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.intp)
        at = np.searchsorted(self.ids, ids, sorter=self.id_order)
        found = self.id_order[np.minimum(at, len(self.ids) - 1)].astype(np.intp)
        return np.where((self.ids[found] == ids) & ~self.is_dead[found], found, -1)

    def find(self, keys: _Keys) -> tuple[_Ids, _Ids]:
        """Return (query number, id) of every live entry whose digest equals a key."""
        known = _as_keys(self.values)
        starts = np.searchsorted(known, keys, side="left")
        counts = np.searchsorted(known, keys, side="right") - starts
        numbers = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.repeat(starts, counts) + within
        is_live = ~self.is_dead[found]
        return numbers[is_live], self.ids[found[is_live]]

    def live(self) -> tuple[_Bytes, _Ids]:
        return self.values[~self.is_dead], self.ids[~self.is_dead]


class DigestMap:
    """Exact look-up of digests of one length; one digest may have several ids, an id has one digest.

    A sorted part (mapped from a snapshot, or built), a small sorted part of new entries, and marks on removed ones.
    Look-ups take no lock and may go on in other threads during any change; changes wait for each other.
    """

    def __init__(self, frozen: _Part) -> None:
        self._lock = threading.Lock()
        self._parts = (frozen, _empty_part(frozen.values.shape[1]))
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
        return cls(_Part.build(checked_values(values, width=width, rows=len(ids)), ids))

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Map a saved map: shared with other processes; changes stay in memory until `save`.

        Raises:
            SnapshotDamagedError: the file is not a whole, unaltered snapshot of a digest map.
            OSError: the file does not exist or may not be read.
        """
        arrays = open_snapshot(path, kind=_KIND, sections=_SECTIONS)
        values, ids, id_order = arrays["values"], arrays["ids"], arrays["id_order"]
        reason = _why_unsound(values, ids, id_order)
        if reason is not None:
            raise SnapshotDamagedError(path, reason)
        return cls(_Part(values, ids, id_order, np.zeros(len(ids), bool)))

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
        keys = _as_keys(checked_values(values, width=self.digest_bytes))
        found = [part.find(keys) for part in self._parts]
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
            frozen, tail = self._parts
            is_present = (frozen.positions(ids) >= 0) | (tail.positions(ids) >= 0)
            if is_present.any():
                raise DuplicateIdError(int(ids[is_present][0]))
            old_values, old_ids = tail.live()
            grown = np.concatenate([old_values, values]), np.concatenate([old_ids, ids])
            self._parts = (frozen, _Part.build(*grown))
            self._count += len(ids)
            self._merge_if_due()

    def remove(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id (int64, n).

        Raises:
            UnknownIdError: an id is not present or stands twice; nothing was changed.
            TypeError, ValueError: wrong type or shape; nothing was changed.
        """
        ids = checked_ids(ids, UnknownIdError)
        with self._lock:
            found = [part.positions(ids) for part in self._parts]
            is_absent = (found[0] < 0) & (found[1] < 0)
            if is_absent.any():
                raise UnknownIdError(int(ids[is_absent][0]))
            for part, positions in zip(self._parts, found, strict=True):
                part.is_dead[positions[positions >= 0]] = True
            self._count -= len(ids)
            self._merge_if_due()

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
        return len(tail.ids) + int(frozen.is_dead.sum())

    def _merge_if_due(self) -> None:
        frozen, tail = self._parts
        if len(tail.ids) > MERGE_FROM or int(frozen.is_dead.sum()) > max(MERGE_FROM, self._count):
            self._merge()

    def _merge(self) -> None:
        live = [part.live() for part in self._parts]
        values = np.concatenate([values for values, _ in live])
        ids = np.concatenate([ids for _, ids in live])
        self._parts = (_Part.build(values, ids), _empty_part(self.digest_bytes))


def _empty_part(width: int) -> _Part:
    return _Part.build(np.empty((0, width), np.uint8), np.empty(0, np.int64))


def _as_keys(values: _Bytes) -> _Keys:
    # numpy compares byte strings of one length like memcmp: trailing zero bytes are equal to nothing but each other.
    return np.ascontiguousarray(values).view(f"S{values.shape[1]}").reshape(len(values))


def _why_unsound(values: _Bytes, ids: _Ids, id_order: npt.NDArray[np.uint32]) -> str | None:
    """Say why these arrays of a snapshot cannot be a map: its sums are right, so someone made it so."""
    if not 1 <= values.shape[1] <= MOST_DIGEST_BYTES:
        return "its digests have an impossible length"
    if not len(values) == len(ids) == len(id_order):
        return "its sections differ in length"
    if len(ids) and int(id_order.max()) >= len(ids):
        return "a position lies outside"
    ordered = ids[id_order]
    if not bool((ordered[1:] > ordered[:-1]).all()):
        return "its ids are not in order"
    keys = _as_keys(values)
    if not bool((keys[1:] >= keys[:-1]).all()):
        return "its digests are not in order"
    return None
