"""All matchable fingerprints of a node in searchable form: one Hamming index and one map per digest.

It holds numbers and values only; what a number means the store explains. It knows up to which change of
the store it goes, so that later changes can be applied without building it again.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from rempart.match.digest_map import DigestMap
from rempart.match.errors import SnapshotDamagedError
from rempart.match.hamming import HammingIndex
from rempart.model.fingerprint import DIGEST_BYTES, FIXED_BYTES, PDQ

SEARCHED_KINDS: Final = (PDQ, *DIGEST_BYTES)

Numbers = NDArray[np.int64]
Values = NDArray[np.uint8]

_MANIFEST: Final = "manifest.json"
_MANIFEST_FORMAT: Final = "rempart.index/1"
_MANIFEST_LIMIT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """What became matchable and what ceased to be, up to one change of the store.

    Attributes:
        up_to: change number of the store that these changes lead to.
        added: for each kind, numbers and values (uint8, one row each).
        removed: for each kind, numbers.
    """

    up_to: int
    added: Mapping[str, tuple[Numbers, Values]] = field(default_factory=dict)
    removed: Mapping[str, Numbers] = field(default_factory=dict)


class KnownIndex:
    """Search everything that a node knows; exact for every radius and every digest."""

    def __init__(
        self, pictures: HammingIndex, digests: Mapping[str, DigestMap], change_number: int
    ) -> None:
        """Join the parts; use `build` or `open`."""
        self._pictures = pictures
        self._digests = dict(digests)
        self._change_number = change_number

    @classmethod
    def build(
        cls, matchable: Callable[[str], Iterable[tuple[Numbers, Values]]], *, change_number: int
    ) -> Self:
        """Build from chunks of (numbers, values) that `matchable` gives for each kind."""
        numbers, values = _joined(matchable(PDQ), FIXED_BYTES[PDQ])
        pictures = HammingIndex.build(values, numbers)
        digests = {}
        for kind, width in DIGEST_BYTES.items():
            numbers, values = _joined(matchable(kind), width)
            digests[kind] = DigestMap.build(values, numbers)
        return cls(pictures, digests, change_number)

    @classmethod
    def empty(cls, *, change_number: int) -> Self:
        """Return an index of nothing."""
        return cls.build(lambda _: (), change_number=change_number)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map a saved index.

        Raises:
            SnapshotDamagedError: a part is absent or not as it was written; build the index again.
        """
        change_number = _read_manifest(folder)
        try:
            pictures = HammingIndex.open(folder / f"{PDQ}.index")
            digests = {kind: DigestMap.open(folder / f"{kind}.map") for kind in DIGEST_BYTES}
        except OSError as error:
            path = error.filename or folder
            raise SnapshotDamagedError(path, error.strerror or "it cannot be read") from error
        for kind, width in DIGEST_BYTES.items():
            if digests[kind].digest_bytes != width:
                raise SnapshotDamagedError(
                    folder / f"{kind}.map", "it holds values of another length"
                )
        return cls(pictures, digests, change_number)

    def save(self, folder: Path) -> None:
        """Write the index as a new folder, complete or not at all.

        Raises:
            OSError: the disk refused; nothing is left behind under the folder's name.
        """
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            self._pictures.save(partial / f"{PDQ}.index")
            for kind, digests in self._digests.items():
                digests.save(partial / f"{kind}.map")
            _write_manifest(partial, self._change_number)
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        _sync_folder(folder.parent)

    @property
    def change_number(self) -> int:
        """The change of the store up to which this index goes."""
        return self._change_number

    def counts(self) -> dict[str, int]:
        """Return how many fingerprints of each kind are searched."""
        return {
            PDQ: len(self._pictures),
            **{kind: len(map_) for kind, map_ in self._digests.items()},
        }

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

    def fork(self) -> Self:
        """Return an index that holds the same and goes its own way from here; nothing is copied."""
        digests = {kind: digests.fork() for kind, digests in self._digests.items()}
        return type(self)(self._pictures.fork(), digests, self._change_number)

    def near(self, hashes: Values, *, radius: int) -> tuple[Numbers, Numbers, Numbers]:
        """Find every known PDQ within `radius` bits of each hash.

        Returns:
            Arrays (position of the hash, number, distance), ordered by position, distance and number.
        """
        positions, numbers, distances = self._pictures.query_many(hashes, radius=radius)
        return positions, numbers, distances.astype(np.int64, copy=False)

    def equal(self, kind: str, digests: Values) -> tuple[Numbers, Numbers]:
        """Find every known digest equal to one of `digests`: arrays (position, number)."""
        return self._digests[kind].find_many(digests)

    def part(self, kind: str) -> HammingIndex | DigestMap:
        """Return what searches one kind."""
        return self._pictures if kind == PDQ else self._digests[kind]


def _joined(chunks: Iterable[tuple[Numbers, Values]], width: int) -> tuple[Numbers, Values]:
    parts = list(chunks)
    if not parts:
        return np.empty(0, np.int64), np.empty((0, width), np.uint8)
    return (
        np.concatenate([numbers for numbers, _ in parts]),
        np.concatenate([values for _, values in parts]),
    )


def _write_manifest(folder: Path, change_number: int) -> None:
    text = json.dumps({"format": _MANIFEST_FORMAT, "change_number": change_number})
    with (folder / _MANIFEST).open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


def _read_manifest(folder: Path) -> int:
    path = folder / _MANIFEST
    try:
        with path.open("rb") as file:
            manifest = json.loads(file.read(_MANIFEST_LIMIT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise SnapshotDamagedError(path, "it cannot be read") from error
    if not isinstance(manifest, dict) or manifest.get("format") != _MANIFEST_FORMAT:
        raise SnapshotDamagedError(path, "it names another format")
    change_number = manifest.get("change_number")
    if type(change_number) is not int or change_number < 0:
        raise SnapshotDamagedError(path, "its change number is not one")
    return change_number


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
