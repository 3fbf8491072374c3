"""A set of digests that stays small: about 25 bytes each instead of the 100 of a Python set."""

from typing import Final

_BUCKETS: Final = 1 << 16


class SeenDigests:
    """Remembers digests of one length, to tell repeated ones. Exact: it never mistakes one for another.

    Python's keyed hash of a digest chooses a bucket, so that a list cannot be made to fill one bucket
    only; within a bucket (15 digests of a list of 1,000,000) the search runs in C.

    Args:
        length: bytes of every digest.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._buckets: list[bytearray | None] = [None] * _BUCKETS

    def add(self, digest: bytes) -> bool:
        """Add a digest and tell whether it is new."""
        number = hash(digest) % _BUCKETS
        bucket = self._buckets[number]
        if bucket is None:
            self._buckets[number] = bytearray(digest)
            return True
        place = bucket.find(digest)
        while place >= 0:
            if place % self._length == 0:
                return False
            place = bucket.find(digest, place + 1)
        bucket += digest
        return True
