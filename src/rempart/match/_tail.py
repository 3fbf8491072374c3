"""The tail of an index: the newest entries, few enough to compare with every query."""

from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import Bytes, Ids, Words
from rempart.match._marks import no_marks, unmarked, with_marks

TAIL_LIMIT: Final = 16_384
"""Entries that a tail holds at most, removed ones included; more are merged into a new frozen part."""

_FIRST_CAPACITY: Final = 256
_WORDS: Final = 4


class _Room:
    """Columns that several states of a tail share: each reads up to its own count, only the newest writes behind it."""

    def __init__(self, capacity: int) -> None:
        self.words: Words = np.zeros((_WORDS, capacity), np.uint64)
        self.ids: Ids = np.zeros(capacity, np.int64)
        self.used = 0


@dataclass(frozen=True, slots=True)
class Tail:
    """Entries in columns; a value: adding and removing give another tail and leave this one as it is.

    Attributes:
        count: how many entries there are, removed ones included (int64, one element).
        dead: bitmap of the removed entries.
    """

    _room: _Room = field(default_factory=lambda: _Room(_FIRST_CAPACITY))
    dead: Bytes = field(default_factory=lambda: no_marks(_FIRST_CAPACITY))
    count: Ids = field(default_factory=lambda: np.zeros(1, np.int64))

    @property
    def words(self) -> Words:
        """Permuted hashes by column (uint64, 4 by capacity)."""
        return self._room.words

    @property
    def ids(self) -> Ids:
        """Id of each entry (int64, capacity)."""
        return self._room.ids

    @property
    def used(self) -> int:
        """Entries held, removed ones included."""
        return int(self.count[0])

    def with_added(self, rows: Words, ids: Ids) -> Self:
        """Return a tail with these permuted hashes (uint64, n by 4) too; the caller keeps to TAIL_LIMIT."""
        start, end = self.used, self.used + len(ids)
        room, dead = self._room, self.dead
        if end > len(room.ids) or room.used != start:
            room = _grown(room, start, end)
            dead = no_marks(len(room.ids))
            dead[: len(self.dead)] = self.dead
        room.words[:, start:end] = rows.T
        room.ids[start:end] = ids
        room.used = end
        return replace(self, _room=room, dead=dead, count=np.array([end], np.int64))

    def without(self, positions: npt.NDArray[np.intp]) -> Self:
        """Return a tail in which the entries at these positions are removed."""
        return replace(self, dead=with_marks(self.dead, positions))

    def positions(self, ids: Ids) -> npt.NDArray[np.intp]:
        """Return the position of each live id, -1 where there is none."""
        alive = np.flatnonzero(unmarked(self.dead, self.used))
        if not len(alive):
            return np.full(len(ids), -1, np.intp)
        known = self.ids[alive]
        order = np.argsort(known, kind="stable")  # mostly ascending already
        at = np.minimum(np.searchsorted(known, ids, sorter=order), len(order) - 1)
        return np.where(known[order[at]] == ids, alive[order[at]], -1)

    def live(self) -> tuple[Words, Ids]:
        """Return the permuted hashes (uint64, n by 4) and ids of the entries that were not removed."""
        alive = unmarked(self.dead, self.used)
        return self.words[:, : self.used].T[alive], self.ids[: self.used][alive]


def _grown(room: _Room, used: int, needed: int) -> _Room:
    made = _Room(max(len(room.ids), 1 << (needed - 1).bit_length()))
    made.words[:, :used] = room.words[:, :used]
    made.ids[:used] = room.ids[:used]
    return made
