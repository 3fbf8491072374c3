"""HammingIndex: every PDQ hash within a distance, exactly, while entries come and go."""

import copy
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import Bytes, Ids, Words
from rempart.match._arguments import checked_ids, checked_values
from rempart.match._frozen import SECTIONS, Frozen
from rempart.match._kernels import Searcher, pick_kernel
from rempart.match._marks import (
    checked_marks,
    count_marks,
    is_marked,
    no_marks,
    unmarked,
    with_marks,
)
from rempart.match._spool import Spool
from rempart.match._tail import TAIL_LIMIT, Tail
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match.snapshot import new_snapshot, open_snapshot, save_snapshot

DEFAULT_RADIUS: Final = 31
"""The distance up to which two PDQ hashes count as the same picture by the field's habit (threatexchange)."""

MAX_RADIUS: Final = 64
HASH_BYTES: Final = 32

_KIND: Final = "hamming"


class HammingIndex:
    """Exact search over 256-bit hashes with integer ids; made by `build` or `open`.

    An immutable part in tables, a small tail of new entries, and marks on removed ones. Searching takes no lock
    and may go on in other threads during any change; changes wait for each other. What was added or removed takes
    effect for every search that begins after the call has returned, and for none that began before it.
    """

    _dead: Bytes
    _tail: Tail
    _count: int

    def __init__(
        self, frozen: Frozen, *, kernel: str | None = None, was_checked: bool = False
    ) -> None:
        self._module, self.kernel = pick_kernel(kernel)
        self._lock = threading.Lock()
        self._adopt(frozen, was_checked=was_checked)

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
        return cls(Frozen.build(rows, ids, module=module), kernel=kernel)

    @classmethod
    def write(
        cls,
        path: Path,
        chunks: Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]],
    ) -> None:
        """Build an index of (ids, hashes) straight into a file, for more of them than memory is to be spent on.

        Args:
            path: the file to make or replace.
            chunks: parts of ids (int64, n, different across all parts) and hashes (uint8, n by 32).

        Raises:
            DuplicateIdError: an id stands twice.
            OSError: the disk refused; an older file is untouched.
        """
        module, _ = pick_kernel()
        with Spool(path.parent) as spool:
            for ids, hashes in chunks:
                rows = np.empty((len(ids), 4), np.uint64)
                module.permute(checked_values(hashes, width=HASH_BYTES, rows=len(ids)), rows)
                spool.add(ids, rows)
            ids, rows = spool.whole(width=4, dtype=np.uint64)
            ids = checked_ids(ids, DuplicateIdError)
            with new_snapshot(path, kind=_KIND) as room:
                Frozen.build(rows, ids, module=module, room=room)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, kernel: str | None = None, was_checked: bool = False
    ) -> Self:
        """Map a saved index: ready at once, shared with other processes; changes stay in memory until `save`.

        Args:
            path: the file.
            kernel: as in `build`.
            was_checked: this very file was opened without it before: only what must hold so that no search reads
                outside the file is checked again.

        Raises:
            SnapshotDamagedError: the file is not a whole, unaltered snapshot of an index.
            OSError: the file does not exist or may not be read.
        """
        arrays = open_snapshot(path, kind=_KIND, sections=SECTIONS, was_checked=was_checked)
        try:
            frozen = Frozen.from_sections(arrays, was_checked=was_checked)
            return cls(frozen, kernel=kernel, was_checked=was_checked)
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
            is_present = self.has(ids)
            if is_present.any():
                raise DuplicateIdError(int(ids[is_present][0]))
            self._append(rows, ids)

    def remove(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id (int64, n).

        Raises:
            UnknownIdError: an id is not present or stands twice; nothing was changed.
            TypeError, ValueError: wrong type or shape; nothing was changed.
        """
        self.mark(ids)
        with self._lock:
            if count_marks(self._dead) + count_marks(self._tail.dead) > max(
                TAIL_LIMIT, self._count
            ):
                self._adopt(self._merged())

    def mark(self, ids: npt.NDArray[np.int64]) -> None:
        """Remove entries by id as `remove` does, but never make the immutable part anew: it may be large, and mapped.

        Raises:
            UnknownIdError, TypeError, ValueError: as in `remove`.
        """
        ids = checked_ids(ids, UnknownIdError)
        with self._lock:
            frozen, tail = self._positions(ids), self._tail.positions(ids)
            is_absent = (frozen < 0) & (tail < 0)
            if is_absent.any():
                raise UnknownIdError(int(ids[is_absent][0]))
            self._dead = with_marks(self._dead, frozen[frozen >= 0])
            self._tail = self._tail.without(tail[tail >= 0])
            self._count -= len(ids)
            self._renew_searcher()

    def has(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell for each id (int64, n) whether an entry with it is present."""
        is_present: npt.NDArray[np.bool_] = (self._positions(ids) >= 0) | (
            self._tail.positions(ids) >= 0
        )
        return is_present

    def count_between(
        self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Return how many entries have ids from each start up to, not with, its end.

        Entries of one range must have been added together and removed together.
        """
        known = self._frozen.ids
        first = np.searchsorted(known, starts)
        counts = np.searchsorted(known, ends) - first
        is_in_frozen = np.flatnonzero(counts)
        counts[is_in_frozen[is_marked(self._dead, first[is_in_frozen])]] = 0
        newest = np.sort(self._tail.live()[1])
        counts += np.searchsorted(newest, ends) - np.searchsorted(newest, starts)
        return counts

    @property
    def frozen_size(self) -> int:
        """How many entries the immutable part was made of, removed ones included."""
        return len(self._frozen.ids)

    @property
    def marks(self) -> npt.NDArray[np.uint8]:
        """The marks on the removed entries of the immutable part."""
        return self._dead

    def with_marks(self, marks: npt.NDArray[np.uint8]) -> Self:
        """Return this index, to which nothing was ever added, with other entries removed.

        Raises:
            ValueError: they are not marks of this index.
        """
        made = self.fork()
        made._dead = checked_marks(marks, len(self._frozen.ids))  # noqa: SLF001 - of this very class
        made._count = len(self._frozen.ids) - count_marks(marks)  # noqa: SLF001 - the same
        made._renew_searcher()  # noqa: SLF001 - the same
        return made

    def arrays(self) -> Iterable[npt.NDArray[Any]]:  # of several element types
        """Return what a search reads of the immutable part."""
        return self._frozen.arrays().values()

    def fork(self) -> Self:
        """Return an index that holds the same and goes its own way from here; nothing is copied.

        Change only the newest of several that came from one: the others keep what they have.
        """
        with self._lock:
            return copy.copy(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to a new file, force it to the disk and rename it to `path`: never half-written.

        Added and removed entries are merged first, which takes as long as building.

        Raises:
            OSError: it could not be written; an older file is untouched.
        """
        with self._lock:
            if self._tail.used or self._dead.any():
                self._adopt(self._merged())
            frozen = self._frozen
        save_snapshot(path, kind=_KIND, arrays=frozen.arrays())

    def _adopt(self, frozen: Frozen, *, was_checked: bool = False) -> None:
        self._frozen = frozen
        self._dead = no_marks(len(frozen.ids))
        self._tail = Tail()
        self._count = len(frozen.ids)
        self._searcher = self._make_searcher(was_checked=was_checked)

    def _renew_searcher(self) -> None:
        self._searcher = self._searcher.with_changes(
            dead=self._dead,
            tail_words=self._tail.words,
            tail_ids=self._tail.ids,
            tail_dead=self._tail.dead,
            tail_count=self._tail.count,
        )

    def _make_searcher(self, *, was_checked: bool) -> Searcher:
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
            was_checked=was_checked,
        )

    def _append(self, rows: Words, ids: Ids) -> None:
        if self._tail.used + len(ids) > TAIL_LIMIT:
            self._adopt(self._merged(rows, ids))
            return
        self._tail = self._tail.with_added(rows, ids)
        self._count += len(ids)
        self._renew_searcher()

    def _merged(self, rows: Words | None = None, ids: Ids | None = None) -> Frozen:
        alive = unmarked(self._dead, len(self._frozen.ids))
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
        is_here = (known[positions] == ids) & ~is_marked(self._dead, positions)
        return np.where(is_here, positions, -1)
