"""The tail of an index: the newest entries, few enough to compare with every query."""

from typing import Final

import numpy as np

from rempart._native.hamming_numpy import Bytes, Ids, Words
from rempart.match._frozen import as_live

TAIL_LIMIT: Final = 16_384
"""Entries that a tail holds at most, removed ones included; more are merged into a new frozen part."""

_FIRST_CAPACITY: Final = 256
_WORDS: Final = 4


class Tail:
    """Entries in columns, appended in place; a search that runs meanwhile sees the old count or the new.

    Attributes:
        words: permuted hashes by column (uint64, 4 by capacity).
        ids: id of each entry (int64, capacity).
        dead: bitmap of the removed entries.
        count: how many entries are valid (int64, one element): written last.
    """

    def __init__(self, capacity: int = _FIRST_CAPACITY) -> None:
        self.words: Words = np.zeros((_WORDS, capacity), np.uint64)
        self.ids: Ids = np.zeros(capacity, np.int64)
        self.dead: Bytes = np.zeros(capacity // 8, np.uint8)
        self.count: Ids = np.zeros(1, np.int64)
        self._position_of: dict[int, int] = {}

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._position_of

    @property
    def used(self) -> int:
        """Entries held, removed ones included."""
        return int(self.count[0])

    def with_room_for(self, more: int) -> "Tail":
        """Return this tail if that many entries fit, else a larger copy; the caller keeps to TAIL_LIMIT."""
        needed = self.used + more
        if needed <= len(self.ids):
            return self
        grown = Tail(min(TAIL_LIMIT, max(2 * len(self.ids), 1 << (needed - 1).bit_length())))
        grown.words[:, : self.used] = self.words[:, : self.used]
        grown.ids[: self.used] = self.ids[: self.used]
        grown.dead[: len(self.dead)] = self.dead
        grown._position_of = self._position_of
        grown.count[0] = self.used
        return grown

    def append(self, rows: Words, ids: Ids) -> None:
        """Append permuted hashes (uint64, n by 4) with ids that are in no part of the index."""
        start, end = self.used, self.used + len(ids)
        self.words[:, start:end] = rows.T
        self.ids[start:end] = ids
        self._position_of.update(zip(ids.tolist(), range(start, end), strict=True))
        self.count[0] = end

    def remove(self, identifier: int) -> None:
        """Mark an entry of this tail as removed."""
        position = self._position_of.pop(identifier)
        self.dead[position >> 3] |= np.uint8(1 << (position & 7))

    def live(self) -> tuple[Words, Ids]:
        """Return the permuted hashes (uint64, n by 4) and ids of the entries that were not removed."""
        alive = as_live(self.ids[: self.used], self.dead)
        return self.words[:, : self.used].T[alive], self.ids[: self.used][alive]
