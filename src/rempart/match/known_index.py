"""All matchable fingerprints of a node in searchable form: Hamming indexes of pictures and frames, a map per digest.

Values of kind `pdq` and digests have the number of their fingerprint as id; frames of videos, under the kind `vpdq`,
have ids made by `frames`. It holds numbers and values only; what a number means the store explains. It knows up to
which change of the store it goes, so that later changes can be applied without building it again.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rempart.match._index_folder import Manifest, new_folder
from rempart.match.digest_map import DigestMap
from rempart.match.errors import SnapshotDamagedError
from rempart.match.frames import TIME_BITS
from rempart.match.hamming import HammingIndex
from rempart.match.stamps import has_stamp, remove_stamp, write_stamp
from rempart.model.fingerprint import EQUAL_BYTES, PDQ, PDQ_BYTES, VPDQ

HAMMING_KINDS: Final = (PDQ, VPDQ)
SEARCHED_KINDS: Final = (*HAMMING_KINDS, *EQUAL_BYTES)

Numbers = NDArray[np.int64]
Values = NDArray[np.uint8]
Matchable: TypeAlias = Callable[[str], Iterable[tuple[Numbers, Values]]]


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """What became matchable and what ceased to be, up to one change of the store.

    Attributes:
        up_to: change number of the store that these changes lead to.
        added: for each kind, numbers and values (uint8, one row each); of videos, ids and values of their frames.
        removed: for each kind, numbers; of videos, ids of their frames.
        has_cpp512_alone: whether one of the entries that changed can be matched in PDQ dialect `cpp512` only.
    """

    up_to: int
    added: Mapping[str, tuple[Numbers, Values]] = field(default_factory=dict)
    removed: Mapping[str, Numbers] = field(default_factory=dict)
    has_cpp512_alone: bool = False


class KnownIndex:
    """Search everything that a node knows; exact for every radius and every digest."""

    def __init__(
        self,
        hashes: Mapping[str, HammingIndex],
        digests: Mapping[str, DigestMap],
        change_number: int,
        *,
        has_cpp512_alone: bool = False,
    ) -> None:
        """Join the parts; use `build` or `open`."""
        self._hashes = dict(hashes)
        self._digests = dict(digests)
        self._change_number = change_number
        self._has_cpp512_alone = has_cpp512_alone

    @classmethod
    def build(
        cls, matchable: Matchable, *, change_number: int, has_cpp512_alone: bool = False
    ) -> Self:
        """Build in memory from chunks of (numbers, values) that `matchable` gives for each kind."""
        hashes = {}
        for kind in HAMMING_KINDS:
            numbers, values = _joined(matchable(kind), PDQ_BYTES)
            hashes[kind] = HammingIndex.build(values, numbers)
        digests = {}
        for kind, width in EQUAL_BYTES.items():
            numbers, values = _joined(matchable(kind), width)
            digests[kind] = DigestMap.build(values, numbers)
        return cls(hashes, digests, change_number, has_cpp512_alone=has_cpp512_alone)

    @classmethod
    def empty(cls, *, change_number: int) -> Self:
        """Return an index of nothing."""
        return cls.build(lambda _: (), change_number=change_number)

    @classmethod
    def write(
        cls, matchable: Matchable, folder: Path, *, change_number: int, has_cpp512_alone: bool
    ) -> None:
        """Build straight into a new folder, one part after the other, and check it: complete or not at all.

        Raises:
            OSError: the disk refused; nothing is left behind under the folder's name.
            SnapshotDamagedError: the disk gives back something else than was written.
        """
        with new_folder(folder) as partial:
            for kind in HAMMING_KINDS:
                HammingIndex.write(partial / _file(kind), matchable(kind))
            for kind, width in EQUAL_BYTES.items():
                DigestMap.write(partial / _file(kind), matchable(kind), width=width)
            Manifest(change_number, has_cpp512_alone).write(partial)
            cls.certify(partial)

    @classmethod
    def certify(cls, folder: Path) -> None:
        """Check a saved index whole and put a stamp on it, so that it opens at once.

        Raises:
            SnapshotDamagedError: it is not as it was written; its stamp, if it had one, is gone.
        """
        try:
            cls.open(folder)
        except SnapshotDamagedError:
            remove_stamp(folder)
            raise
        with suppress(OSError):  # without a stamp it is checked at each opening
            write_stamp(folder)

    @classmethod
    def open(cls, folder: Path, *, trusts_stamp: bool = False) -> Self:
        """Map a saved index.

        Args:
            folder: where it lies.
            trusts_stamp: leave out what a stamp says was checked before; opening then takes no time that grows with
                the index.

        Raises:
            SnapshotDamagedError: a part is absent or not as it was written; build the index again.
        """
        was_checked = trusts_stamp and has_stamp(folder)
        manifest = Manifest.read(folder)
        try:
            hashes = {
                kind: HammingIndex.open(folder / _file(kind), was_checked=was_checked)
                for kind in HAMMING_KINDS
            }
            digests = {
                kind: DigestMap.open(folder / _file(kind), was_checked=was_checked)
                for kind in EQUAL_BYTES
            }
        except OSError as error:
            path = error.filename or folder
            raise SnapshotDamagedError(path, error.strerror or "it cannot be read") from error
        for kind, width in EQUAL_BYTES.items():
            if digests[kind].digest_bytes != width:
                raise SnapshotDamagedError(
                    folder / _file(kind), "it holds values of another length"
                )
        return cls(
            hashes, digests, manifest.change_number, has_cpp512_alone=manifest.has_cpp512_alone
        )

    def save(self, folder: Path) -> None:
        """Write the index as a new folder, complete or not at all.

        Raises:
            OSError: the disk refused; nothing is left behind under the folder's name.
        """
        with new_folder(folder) as partial:
            self.save_into(partial)
            write_stamp(partial)

    def save_into(self, folder: Path) -> None:
        """Write the parts and the manifest into a folder that is there."""
        for kind, hashes in self._hashes.items():
            hashes.save(folder / _file(kind))
        for kind, digests in self._digests.items():
            digests.save(folder / _file(kind))
        Manifest(self._change_number, self._has_cpp512_alone).write(folder)

    @property
    def change_number(self) -> int:
        """The change of the store up to which this index goes."""
        return self._change_number

    @property
    def has_cpp512_alone(self) -> bool:
        """Whether some entry can be matched in PDQ dialect `cpp512` only; true also where the last one has gone."""
        return self._has_cpp512_alone

    def count(self, kind: str) -> int:
        """Return how many fingerprints of a kind are searched; of videos, how many frames."""
        return len(self.part(kind))

    def counts(self) -> dict[str, int]:
        """Return how many fingerprints of each kind are searched; of videos, how many frames."""
        return {kind: self.count(kind) for kind in SEARCHED_KINDS}

    def apply(self, changes: IndexChanges) -> None:
        """Take changes of the store into account, in memory.

        What takes the place of something else is added first: no search that runs meanwhile misses both.

        Raises:
            DuplicateIdError, UnknownIdError: the changes are not those of this index; build it again.
        """
        for kind, (numbers, values) in changes.added.items():
            self.part(kind).add(values, numbers)
        for kind, numbers in changes.removed.items():
            self.part(kind).remove(numbers)
        self._change_number = changes.up_to
        self._has_cpp512_alone |= changes.has_cpp512_alone

    def fork(self) -> Self:
        """Return an index that holds the same and goes its own way from here; nothing is copied."""
        digests = {kind: digests.fork() for kind, digests in self._digests.items()}
        return type(self)(
            {kind: hashes.fork() for kind, hashes in self._hashes.items()},
            digests,
            self._change_number,
            has_cpp512_alone=self._has_cpp512_alone,
        )

    def near(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every known PDQ within `radius` bits of each hash.

        Returns:
            Arrays (position of the hash, number, distance), ordered by position, distance and number.
        """
        return self.near_of(PDQ, hashes, radius=radius)

    def near_of(
        self, kind: str, hashes: Values, *, radius: int
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Find every known picture, or frame of a video, within `radius` bits of each hash, as `near` does."""
        positions, ids, distances = self._hashes[kind].query_many(hashes, radius=radius)
        return positions, ids, distances.astype(np.int64, copy=False)

    def near_frames(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every frame of a known video within `radius` bits of each hash: (position, id, distance)."""
        return self.near_of(VPDQ, hashes, radius=radius)

    def frame_counts(self, numbers: Numbers) -> Numbers:
        """Return how many frames of each video, by its fingerprint's number, are searched."""
        first = numbers << TIME_BITS
        return self._hashes[VPDQ].count_between(first, first + (1 << TIME_BITS))

    def equal(self, kind: str, digests: Values) -> tuple[Numbers, Numbers]:
        """Find every known digest equal to one of `digests`: arrays (position, number)."""
        return self._digests[kind].find_many(digests)

    @property
    def size(self) -> int:
        """How many fingerprints it had before any was marked as removed."""
        return sum(self.part(kind).frozen_size for kind in SEARCHED_KINDS)

    def marks(self) -> dict[str, Values]:
        """Return the marks on what was removed, for each kind."""
        return {kind: self.part(kind).marks for kind in SEARCHED_KINDS}

    def with_marks(self, marks: Mapping[str, Values]) -> Self:
        """Return this index, to which nothing was ever added, with what is marked removed.

        Raises:
            ValueError: they are not marks of this index.
        """
        hashes = {kind: part.with_marks(marks[kind]) for kind, part in self._hashes.items()}
        digests = {kind: part.with_marks(marks[kind]) for kind, part in self._digests.items()}
        return type(self)(
            hashes, digests, self._change_number, has_cpp512_alone=self._has_cpp512_alone
        )

    def arrays(self) -> Iterable[NDArray[Any]]:  # of several element types
        """Return what searches read."""
        for kind in SEARCHED_KINDS:
            yield from self.part(kind).arrays()

    def part(self, kind: str) -> HammingIndex | DigestMap:
        """Return what searches one kind."""
        return self._hashes[kind] if kind in self._hashes else self._digests[kind]


def _joined(chunks: Iterable[tuple[Numbers, Values]], width: int) -> tuple[Numbers, Values]:
    parts = list(chunks)
    if not parts:
        return np.empty(0, np.int64), np.empty((0, width), np.uint8)
    return (
        np.concatenate([numbers for numbers, _ in parts]),
        np.concatenate([values for _, values in parts]),
    )


def _file(kind: str) -> str:
    return f"{kind}.index" if kind in HAMMING_KINDS else f"{kind}.map"
