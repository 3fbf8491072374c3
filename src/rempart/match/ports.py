"""What matching needs from outside: the explanation of stored fingerprints, and new identifiers."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from rempart.model.identifiers import FingerprintNumber
from rempart.model.match import KnownFingerprint


class KnownEntries(Protocol):
    """Explains stored fingerprints by number; the node's store is one."""

    def describe(
        self, numbers: Iterable[FingerprintNumber]
    ) -> Mapping[FingerprintNumber, KnownFingerprint]:
        """Return what is known about each number; a number withdrawn meanwhile is absent."""
        ...
