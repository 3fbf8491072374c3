"""One part of a digest map: digests in their order, which several states share, and marks on removed ones."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from rempart.match._marks import is_marked, no_marks, unmarked, with_marks
from rempart.match.snapshot import Room, Wanted, in_memory

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ids: TypeAlias = npt.NDArray[np.int64]
# Byte strings of one length: numpy's element type carries the length, which its typing cannot express.
Keys: TypeAlias = npt.NDArray[Any]

NOTHING: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class DigestPart:
    """Digests sorted by (value, id), their ids, the positions in the order of the ids, marks on removed ones."""

    values: Bytes
    ids: Ids
    id_order: npt.NDArray[np.uint32]
    dead: Bytes

    @classmethod
    def build(cls, values: Bytes, ids: Ids, *, room: Room = in_memory) -> Self:
        count, width = values.shape
        wanted: Wanted = {
            "values": ((count, width), np.uint8),
            "ids": ((count,), np.int64),
            "id_order": ((count,), np.uint32),
        }
        arrays = room(wanted)
        order = np.lexsort((ids, as_keys(values)))
        # Clipped, because numpy makes a copy of the whole where it may have to raise.
        np.take(values, order, axis=0, out=arrays["values"], mode="clip")
        np.take(ids, order, out=arrays["ids"], mode="clip")
        del order
        arrays["id_order"][:] = np.argsort(arrays["ids"], kind="stable")
        return cls(**arrays, dead=no_marks(count))

    def positions(self, ids: Ids) -> npt.NDArray[np.intp]:
        """Return the position of each live id, -1 where there is none."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.intp)
        # Step by step, because numpy's own search would first turn the whole order into an array of larger numbers.
        low, high = np.zeros(len(ids), np.intp), np.full(len(ids), len(self.ids), np.intp)
        for _ in range(len(self.ids).bit_length()):
            middle = np.minimum((low + high) >> 1, len(self.ids) - 1)
            is_less = self.ids[self.id_order[middle]] < ids
            low = np.where(is_less & (low < high), middle + 1, low)
            high = np.where(is_less, high, np.minimum(middle, high))
        found = self.id_order[np.minimum(low, len(self.ids) - 1)].astype(np.intp)
        return np.where((self.ids[found] == ids) & ~is_marked(self.dead, found), found, -1)

    def find(self, keys: Keys) -> tuple[Ids, Ids]:
        """Return (query number, id) of every live entry whose digest equals a key."""
        if not len(self.ids):
            return NOTHING, NOTHING
        known = as_keys(self.values)
        starts = np.searchsorted(known, keys, side="left")
        asked = np.flatnonzero(known[np.minimum(starts, len(known) - 1)] == keys)
        if not len(asked):
            return NOTHING, NOTHING
        starts = starts[asked]
        counts = np.searchsorted(known, keys[asked], side="right") - starts
        numbers = np.repeat(asked, counts)
        within = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.repeat(starts, counts) + within
        is_live = ~is_marked(self.dead, found)
        return numbers[is_live], self.ids[found[is_live]]

    def live(self) -> tuple[Bytes, Ids]:
        alive = unmarked(self.dead, len(self.ids))
        return self.values[alive], self.ids[alive]

    def without(self, positions: npt.NDArray[np.intp]) -> Self:
        return replace(self, dead=with_marks(self.dead, positions))


def empty_part(width: int) -> DigestPart:
    return DigestPart.build(np.empty((0, width), np.uint8), np.empty(0, np.int64))


def as_keys(values: Bytes) -> Keys:
    # numpy compares byte strings of one length like memcmp: trailing zero bytes are equal to nothing but each other.
    return np.ascontiguousarray(values).view(f"S{values.shape[1]}").reshape(len(values))
