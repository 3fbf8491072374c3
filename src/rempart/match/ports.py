"""What matching needs: an index that is searched, and the explanation of stored fingerprints."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rempart.model.identifiers import FingerprintNumber
from rempart.model.match import KnownFingerprint


class SearchedIndex(Protocol):
    """Finds numbers of stored fingerprints; exact for every radius and every digest."""

    def near(
        self, hashes: NDArray[np.uint8], *, radius: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return (position of the hash, number, distance) of every known PDQ within the radius, in this order."""
        ...

    def near_frames(
        self, hashes: NDArray[np.uint8], *, radius: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return (position of the hash, id of the frame, distance) of every known video's frame within the radius."""
        ...

    def frame_counts(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many frames of each known video, by its fingerprint's number, are searched."""
        ...

    def count(self, kind: str) -> int:
        """Return how many values of a kind are searched; of videos, how many frames."""
        ...

    def equal(
        self, kind: str, digests: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (position of the digest, number) of every equal known digest, in this order."""
        ...


class KnownEntries(Protocol):
    """Explains stored fingerprints by number; the node's store is one."""

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        """Return what is known about each number; a number withdrawn meanwhile is absent."""
        ...
