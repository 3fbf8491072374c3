"""What a Merkle log keeps: its head, its leaves, the hashes of whole subtrees, and signed checkpoints."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LogHead:
    """How far a log has come.

    Attributes:
        size: number of leaves.
        frontier: hashes of the largest whole subtrees, left to right, one for each bit that is set in `size`.
    """

    size: int
    frontier: tuple[bytes, ...]


EMPTY_HEAD = LogHead(size=0, frontier=())
"""The head of a log that has no leaf yet."""


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """A leaf to be appended: its hash, and the 16 random bytes that were hashed before its content."""

    leaf_hash: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A leaf as it is kept.

    Attributes:
        index: its place in the log, from 0.
        leaf_hash: 32 bytes; stays for ever.
        salt: 16 bytes; absent where the leaf was erased.
    """

    index: int
    leaf_hash: bytes
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class LogNode:
    """The hash of one whole subtree: of the leaves from `number << level` on, `1 << level` of them."""

    level: int
    number: int
    node_hash: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed statement of a log's size and root.

    Attributes:
        size: number of leaves that it covers.
        at: when it was signed.
        note: the whole signed note (C2SP tlog-checkpoint).
    """

    size: int
    at: datetime
    note: str
