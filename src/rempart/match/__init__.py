"""Exact search over PDQ hashes and digests of known material; a match is a lead, never a decision."""

from rempart.match.digest_map import DigestMap
from rempart.match.errors import DuplicateIdError, SnapshotDamagedError, UnknownIdError
from rempart.match.hamming import HammingIndex

__all__ = [
    "DigestMap",
    "DuplicateIdError",
    "HammingIndex",
    "SnapshotDamagedError",
    "UnknownIdError",
]
