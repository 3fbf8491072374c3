"""Exact hashes: SHA-256, MD5 and SHA-1 in one pass, in constant memory.

MD5 and SHA-1 name files in lists that partners already hold; both can be forged, so a match on them alone is
weaker than one on SHA-256. The choice among them is the list's, not ours.
"""

import hashlib
from collections.abc import Iterable

from rempart.fingerprint._software import SOFTWARE
from rempart.model.fingerprint import MD5, SHA1, SHA256, Fingerprint


class DigestPass:
    """One pass over the bytes of one file; feed it chunks in their order."""

    def __init__(self) -> None:
        self._states = {
            SHA256: hashlib.sha256(usedforsecurity=False),
            MD5: hashlib.md5(usedforsecurity=False),
            SHA1: hashlib.sha1(usedforsecurity=False),
        }

    def feed(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the file."""
        for state in self._states.values():
            state.update(chunk)

    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """Return the digests of all bytes fed so far: SHA-256, MD5, SHA-1, in this order."""
        return tuple(
            Fingerprint(kind, state.digest(), software=SOFTWARE)
            for kind, state in self._states.items()
        )


def digests_of(chunks: Iterable[bytes | bytearray | memoryview]) -> tuple[Fingerprint, ...]:
    """Return SHA-256, MD5 and SHA-1 of the concatenated chunks; none is kept."""
    run = DigestPass()
    for chunk in chunks:
        run.feed(chunk)
    return run.fingerprints()
