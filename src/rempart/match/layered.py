"""All matchable fingerprints of a node in two layers: a large base that never changes, and a small delta over it.

Processes that share a machine map one base. What was added since lies in the delta; what was removed since is marked,
in either layer. Only the delta is ever made anew in memory: a change costs what the changes cost, not the base.
"""

import mmap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import numpy as np

from rempart.match._index_folder import new_folder
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError
from rempart.match.known_index import SEARCHED_KINDS, IndexChanges, KnownIndex, Numbers, Values
from rempart.match.snapshot import Section, open_snapshot, save_snapshot
from rempart.match.stamps import write_stamp
from rempart.model.fingerprint import PDQ, VPDQ

_MARKS: Final = "base.marks"
_KIND: Final = "marks"
_SECTIONS: Final = {kind: Section("|u1", 1, is_required=True) for kind in SEARCHED_KINDS}
_WARM_UP_BYTES: Final = 16 * 1024 * 1024


class LayeredIndex:
    """Search everything that a node knows, as of one change of its store; exact for every radius and every digest.

    A value: `after` gives another index and leaves this one as it is. Whoever searches one sees one moment, whatever
    is added, removed or exchanged meanwhile, in any thread. Only the newest of a line may be given changes.
    """

    def __init__(self, base: KnownIndex, delta: KnownIndex | None = None) -> None:
        """Lay a delta over a base whose removed entries are marked; absent: nothing changed since the base was made."""
        self._base = base
        self._delta = delta or KnownIndex.empty(change_number=base.change_number)

    @classmethod
    def open(cls, base: Path, delta: Path | None = None, *, trusts_stamp: bool = True) -> Self:
        """Map a saved base, and a saved delta over it.

        Raises:
            SnapshotDamagedError: one of them is absent or not as it was written, or they do not belong together.
        """
        opened = cls(KnownIndex.open(base, trusts_stamp=trusts_stamp))
        return opened if delta is None else opened.under(delta, trusts_stamp=trusts_stamp)

    def under(self, delta: Path, *, trusts_stamp: bool = True) -> Self:
        """Return an index of this one's base, which need not be mapped again, and a saved delta over it.

        Raises:
            SnapshotDamagedError: the delta is absent, not as it was written, or not one over this base.
        """
        path = delta / _MARKS
        newer = KnownIndex.open(delta, trusts_stamp=trusts_stamp)
        try:
            marks = open_snapshot(path, kind=_KIND, sections=_SECTIONS)
            base = self._base.with_marks(marks)
        except OSError as error:
            raise SnapshotDamagedError(path, error.strerror or "it cannot be read") from error
        except ValueError as error:
            raise SnapshotDamagedError(path, str(error)) from error
        if newer.change_number < base.change_number:
            raise SnapshotDamagedError(path, "it is older than its base")
        return type(self)(base, newer)

    def save_delta(self, folder: Path) -> None:
        """Write what lies over the base as a new folder, complete or not at all; this index stays as it is.

        Raises:
            OSError: the disk refused; nothing is left behind under the folder's name.
        """
        with new_folder(folder) as partial:
            self._delta.fork().save_into(partial)
            save_snapshot(partial / _MARKS, kind=_KIND, arrays=self._base.marks())
            write_stamp(partial)

    @property
    def base_size(self) -> int:
        """How many fingerprints the base was made of."""
        return self._base.size

    @property
    def delta_size(self) -> int:
        """How many fingerprints were added over the base, and removed from it."""
        removed = self._base.size - sum(self._base.counts().values())
        return removed + sum(self._delta.counts().values())

    @property
    def has_cpp512_alone(self) -> bool:
        """Whether some entry can be matched in PDQ dialect `cpp512` only; true also where the last one has gone."""
        return self._base.has_cpp512_alone or self._delta.has_cpp512_alone

    def warm_up(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Bring a mapped index near, page by page, so that the first searches need not wait for the disk.

        Args:
            goes_on: asked from time to time whether it is still of use.
        """
        for layer in (self._delta, self._base):
            for array in layer.arrays():
                flat = array.reshape(-1).view(np.uint8)
                for start in range(0, len(flat), _WARM_UP_BYTES):
                    if not goes_on():
                        return
                    np.bitwise_or.reduce(flat[start : start + _WARM_UP_BYTES : mmap.PAGESIZE])

    @property
    def change_number(self) -> int:
        """The change of the store up to which this index goes."""
        return self._delta.change_number

    @property
    def base_change_number(self) -> int:
        """The change of the store up to which the base goes."""
        return self._base.change_number

    def count(self, kind: str) -> int:
        """Return how many fingerprints of a kind are searched; of videos, how many frames."""
        return self._base.count(kind) + self._delta.count(kind)

    def counts(self) -> dict[str, int]:
        """Return how many fingerprints of each kind are searched; of videos, how many frames."""
        newer = self._delta.counts()
        return {kind: count + newer[kind] for kind, count in self._base.counts().items()}

    def after(self, changes: IndexChanges) -> Self:
        """Return an index that takes these changes of the store into account.

        Raises:
            DuplicateIdError, UnknownIdError: the changes are not those that follow this index; build it again.
        """
        base, delta = self._base.fork(), self._delta.fork()
        for kind, (numbers, _) in changes.added.items():
            is_present = base.part(kind).has(numbers)
            if is_present.any():
                raise DuplicateIdError(int(numbers[is_present][0]))
        removed = {}
        for kind, numbers in changes.removed.items():
            is_in_base = base.part(kind).has(numbers)
            base.part(kind).mark(numbers[is_in_base])
            removed[kind] = numbers[~is_in_base]
        delta.apply(replace(changes, removed=removed))
        return type(self)(base, delta)

    def near(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every known PDQ within `radius` bits of each hash.

        Returns:
            Arrays (position of the hash, number, distance), ordered by position, distance and number.
        """
        return self._near(PDQ, hashes, radius)

    def near_frames(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every frame of a known video within `radius` bits of each hash.

        Returns:
            Arrays (position of the hash, id of the frame, distance), ordered by position, distance and id; see
            `frames.numbers_of` and `frames.times_of`.
        """
        return self._near(VPDQ, hashes, radius)

    def frame_counts(self, numbers: Numbers) -> Numbers:
        """Return how many frames of each known video, by its fingerprint's number, are searched."""
        return self._base.frame_counts(numbers) + self._delta.frame_counts(numbers)

    def _near(self, kind: str, hashes: Values, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        old = self._base.near_of(kind, hashes, radius=radius)
        if not len(self._delta.part(kind)):
            return old
        new = self._delta.near_of(kind, hashes, radius=radius)
        if not len(new[0]):
            return old
        positions, numbers, distances = (
            np.concatenate(pair) for pair in zip(old, new, strict=True)
        )
        order = np.lexsort((numbers, distances, positions))
        return positions[order], numbers[order], distances[order]

    def equal(self, kind: str, digests: Values) -> tuple[Numbers, Numbers]:
        """Find every known digest equal to one of `digests`: arrays (position, number), in this order."""
        old = self._base.equal(kind, digests)
        if not len(self._delta.part(kind)):
            return old
        new = self._delta.equal(kind, digests)
        if not len(new[0]):
            return old
        positions, numbers = (np.concatenate(pair) for pair in zip(old, new, strict=True))
        order = np.lexsort((numbers, positions))
        return positions[order], numbers[order]
