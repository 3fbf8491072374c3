"""HammingIndex: every PDQ hash within a distance, exactly, while entries come and go."""

import os
import threading
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import Bytes, Ids, Words
from rempart.match._arguments import checked_ids, checked_values
from rempart.match._frozen import SECTIONS, Frozen, as_live
from rempart.match._kernels import Searcher, pick_kernel
from rempart.match._tail import TAIL_LIMIT, Tail
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match.snapshot import open_snapshot, save_snapshot

DEFAULT_RADIUS: Final = 31
"""The distance up to which two PDQ hashes count as the same picture by the field's habit (threatexchange)."""

MAX_RADIUS: Final = 64
HASH_BYTES: Final = 32

_KIND: Final = "hamming"


class HammingIndex:
    """Exact search over 256-bit hashes with integer ids; made by `build` or `open`.

    An immutable part in tables, a small tail of new entries, and a bitmap of removed ones. Searching takes no lock
    and may go on in other threads during any change; changes wait for each other. What was added or removed takes
    effect for every search that begins after the call has returned.
    """

    def __init__(self, frozen: Frozen, *, kernel: str | None = None) -> None:
        self._module, self.kernel = pick_kernel(kernel)
        self._lock = threading.Lock()
        self._adopt(frozen)

    @classmethod
    def build(
        cls,
        hashes: npt.NDArray[np.uint8],
        ids: npt.NDArray[np.int64],
        *,
        kernel: str | None = None,
    ) -> Self:
        """Build an index of these hashes (uint8, n by 32) under these ids (int64, n, all different).

        Args:
            hashes: identical ones are stored once.
            ids: any int64 values, in any order.
            kernel: which kernel path to run; absent: REMPART_KERNEL or the best of this processor.

        Raises:
            DuplicateIdError: an id stands twice.
            TypeError: an array is not of the right type.
            ValueError: an array has a wrong shape.
        """
        module, _ = pick_kernel(kernel)
        ids = checked_ids(ids, DuplicateIdError)
        hashes = checked_values(hashes, width=HASH_BYTES, rows=len(ids))
        rows = np.empty((len(ids), 4), np.uint64)
        module.permute(hashes, rows)
        return cls(Frozen.build(rows, ids.copy(), module=module), kernel=kernel)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, kernel: str | None = None) -> Self:
        """Map a saved index: ready at once, shared with other processes; changes stay in memory until `save`.

        Raises:
            SnapshotDamagedError: the file is not a whole, unaltered snapshot of an index.
            OSError: the file does not exist or may not be read.
        """
        arrays = open_snapshot(path, kind=_KIND, sections=SECTIONS)
        try:
            return cls(Frozen.from_sections(arrays), kernel=kernel)
        except ValueError as error:
            raise SnapshotDamagedError(path, str(error)) from error

    def __len__(self) -> int:
        return self._count

    def query(self, hash: bytes, radius: int = DEFAULT_RADIUS) -> list[tuple[int, int]]:  # noqa: A002 - the public name
        """Return (id, distance) of every entry within the radius of one hash, nearest first, ties by id.

        Args:
            hash: 32 bytes.
            radius: 0 to 64 differing bits, itself included.

        Raises:
            ValueError: the hash has another length or the radius is not offered.
            TypeError: the hash is not bytes.
        """
        return self._searcher.query(hash, radius)

    def query_many(
        self, hashes: npt.NDArray[np.uint8], radius: int = DEFAULT_RADIUS
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return query number, id and distance of every match of many hashes (uint8, m by 32).

        Three int64 arrays of one length, ordered by query, then distance, then id. Much cheaper for each hash than
        `query`: other threads run meanwhile, and the extra memory does not grow with m.

        Raises:
            ValueError: a wrong shape or a radius outside 0 to 64.
            TypeError: the array is not uint8.
        """
        return self._searcher.query_many(checked_values(hashes, width=HASH_BYTES), radius)

    def add(self, hashes: npt.NDArray[np.uint8], ids: npt.NDArray[np.int64]) -> None:
        """Add entries (uint8, n by 32; int64, n). A full tail is merged here, never while searching.

        Raises:
            DuplicateIdError: an id is present already or stands twice; nothing was changed.
            TypeError, ValueError: wrong types or shapes; nothing was changed.
        """
        ids = checked_ids(ids, DuplicateIdError)
        hashes = checked_values(hashes, width=HASH_BYTES, rows=len(ids))
        rows = np.empty((len(ids), 4), np.uint64)
        self._module.permute(hashes, rows)
        with self._lock:
            for identifier, position in zip(ids.tolist(), self._positions(ids), strict=True):
                if position >= 0 or identifier in self._tail:
                    raise DuplicateIdError(identifier)
            self._append(rows, ids)

    def remove(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id (int64, n).

        Raises:
            UnknownIdError: an id is not present or stands twice; nothing was changed.
            TypeError, ValueError: wrong type or shape; nothing was changed.
        """
        ids = checked_ids(ids, UnknownIdError)
        with self._lock:
            positions = self._positions(ids)
            for identifier, position in zip(ids.tolist(), positions, strict=True):
                if position < 0 and identifier not in self._tail:
                    raise UnknownIdError(identifier)
            for identifier in ids[positions < 0].tolist():
                self._tail.remove(identifier)
            frozen = positions[positions >= 0]
            np.bitwise_or.at(self._dead, frozen >> 3, (1 << (frozen & 7)).astype(np.uint8))
            self._count -= len(ids)
            self._removed += len(ids)
            if self._removed > max(TAIL_LIMIT, self._count):
                self._adopt(self._merged())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to a new file, force it to the disk and rename it to `path`: never half-written.

        Added and removed entries are merged first, which takes as long as building.

        Raises:
            OSError: it could not be written; an older file is untouched.
        """
        with self._lock:
            if self._tail.used or self._removed:
                self._adopt(self._merged())
            frozen = self._frozen
        save_snapshot(path, kind=_KIND, arrays=frozen.arrays())

    def _adopt(self, frozen: Frozen) -> None:
        self._frozen = frozen
        self._dead: Bytes = np.zeros(-(-len(frozen.ids) // 8), np.uint8)
        self._tail = Tail()
        self._removed = 0
        self._count = len(frozen.ids)
        self._searcher = self._make_searcher()

    def _make_searcher(self) -> Searcher:
        return self._module.make_searcher(
            groups=self._frozen.groups,
            ids=self._frozen.ids,
            dead=self._dead,
            columns=self._frozen.columns,
            rows=self._frozen.rows,
            offsets=self._frozen.offsets,
            table_groups=self._frozen.table_groups,
            sketches=self._frozen.sketches,
            group_starts=self._frozen.group_starts,
            members=self._frozen.members,
            tail_words=self._tail.words,
            tail_ids=self._tail.ids,
            tail_dead=self._tail.dead,
            tail_count=self._tail.count,
            kernel=self.kernel,
        )

    def _append(self, rows: Words, ids: Ids) -> None:
        if self._tail.used + len(ids) > TAIL_LIMIT:
            self._adopt(self._merged(rows, ids))
            return
        tail = self._tail.with_room_for(len(ids))
        tail.append(rows, ids)
        self._count += len(ids)
        if tail is not self._tail:
            self._tail = tail
            self._searcher = self._make_searcher()

    def _merged(self, rows: Words | None = None, ids: Ids | None = None) -> Frozen:
        alive = as_live(self._frozen.ids, self._dead)
        tail_rows, tail_ids = self._tail.live()
        all_rows = [self._frozen.entry_rows()[alive], tail_rows]
        all_ids = [self._frozen.ids[alive], tail_ids]
        if rows is not None and ids is not None:
            all_rows.append(rows)
            all_ids.append(ids)
        return Frozen.build(np.concatenate(all_rows), np.concatenate(all_ids), module=self._module)

    def _positions(self, ids: Ids) -> npt.NDArray[np.intp]:
        """Return the number of each live entry of the frozen part, -1 where there is none."""
        known = self._frozen.ids
        if not len(known):
            return np.full(len(ids), -1, np.intp)
        positions = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        is_dead = (self._dead[positions >> 3] >> (positions & 7)) & 1
        return np.where((known[positions] == ids) & (is_dead == 0), positions, -1)
