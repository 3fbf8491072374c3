"""A set of digests that stays small: about 20 bytes each instead of the 100 of a Python set."""

from typing import Final

_BUCKETS: Final = 1 << 16
_PREFIX_BYTES: Final = 2


class SeenDigests:
    """Remembers digests of one length, to tell repeated ones. Exact: it never mistakes one for another.

    The first two bytes choose a bucket, the others are appended to it. MD5 values spread evenly, so a
    bucket of a list of 1,000,000 holds 15 of them; a list made to fill one bucket only makes itself slow,
    and the search within a bucket runs in C.

    Args:
        length: bytes of every digest.
    """

    def __init__(self, length: int) -> None:
        self._rest = length - _PREFIX_BYTES
        self._buckets: list[bytearray | None] = [None] * _BUCKETS

    def add(self, digest: bytes) -> bool:
        """Add a digest and tell whether it is new."""
        number = digest[0] << 8 | digest[1]
        rest = digest[_PREFIX_BYTES:]
        bucket = self._buckets[number]
        if bucket is None:
            self._buckets[number] = bytearray(rest)
            return True
        place = bucket.find(rest)
        while place >= 0:
            if place % self._rest == 0:
                return False
            place = bucket.find(rest, place + 1)
        bucket += rest
        return True
