"""The Merkle tree of RFC 6962, section 2.1 (RFC 9162, section 2.1): hashes, and the frontier of a growing tree."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from rempart.log.errors import LogDamagedError
from rempart.model.log import LogHead, LogNode

HASH_BYTES: Final = 32

KEPT_LEVEL: Final = 8
"""Whole subtrees of `1 << KEPT_LEVEL` leaves and more are kept, so that a proof reads few leaves."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: its bytes after a byte 0, so that no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: its two children after a byte 1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def largest_power_below(number: int) -> int:
    """Return the largest power of two that is smaller than a number of at least 2: where RFC 6962 splits a tree."""
    return 1 << ((number - 1).bit_length() - 1)


class Frontier:
    """A growing tree, kept as the roots of its largest whole subtrees: one for each bit of its size.

    Enough to append and to give the root, at 32 bytes for each doubling.
    """

    def __init__(self, head: LogHead) -> None:
        """Go on from a head.

        Raises:
            LogDamagedError: the head has not one hash of 32 bytes for each bit of its size.
        """
        if len(head.frontier) != head.size.bit_count() or any(
            len(each) != HASH_BYTES for each in head.frontier
        ):
            msg = f"The log's head of size {head.size} has not the hashes that it must have."
            raise LogDamagedError(
                msg, hint="Restore the store from a backup; keep this one to investigate."
            )
        self._size = head.size
        self._hashes = list(head.frontier)

    @property
    def head(self) -> LogHead:
        """The head as it is now."""
        return LogHead(size=self._size, frontier=tuple(self._hashes))

    @property
    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return root_of(self._hashes)

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[LogNode]:
        """Append leaves by their hashes and return the subtrees of `KEPT_LEVEL` and above that they complete."""
        completed: list[LogNode] = []
        for each in leaf_hashes:
            value, index, level = each, self._size, 0
            while (index >> level) & 1:
                value = node_hash(self._hashes.pop(), value)
                level += 1
                if level >= KEPT_LEVEL:
                    completed.append(LogNode(level, index >> level, value))
            self._hashes.append(value)
            self._size += 1
        return completed


def root_of(frontier: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of whole subtrees, largest first."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for each in reversed(frontier[:-1]):
        root = node_hash(each, root)
    return root


def tree_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes."""
    frontier = Frontier(LogHead(size=0, frontier=()))
    frontier.extend(leaf_hashes)
    return frontier.root
