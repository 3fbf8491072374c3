"""A log's tree, read from its store: roots of earlier sizes and proofs."""

from rempart.log.errors import LogDamagedError
from rempart.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    KEPT_LEVEL,
    largest_power_below,
    node_hash,
    tree_root,
)
from rempart.log.ports import LogStore
from rempart.log.proofs import consistency_proof, inclusion_proof


class StoredTree:
    """The tree of one log. Reads at most two runs of 255 leaf hashes and one kept hash a level for each proof."""

    def __init__(self, store: LogStore, log: str) -> None:
        self._store = store
        self._log = log

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves, computed from what is kept now."""
        return self.subtree(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that leaf `index` is in the tree of this size (`proofs.inclusion_proof`)."""
        return inclusion_proof(self.subtree, index, size)

    def consistency_proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of size `new` begins with that of size `old`."""
        return consistency_proof(self.subtree, old, new)

    def frontier(self, size: int) -> tuple[bytes, ...]:
        """Return the hashes of the largest whole subtrees of the first `size` leaves, left to right."""
        hashes: list[bytes] = []
        first = 0
        while first < size:
            step = 1 << ((size - first).bit_length() - 1)
            hashes.append(self.subtree(first, first + step))
            first += step
        return tuple(hashes)

    def subtree(self, first: int, last: int) -> bytes:
        """Return the root over the leaves from `first` up to, not with, `last`, a subtree of some size of the log.

        Raises:
            LogDamagedError: the store lacks a hash that it must have.
        """
        count = last - first
        if count < 1 << KEPT_LEVEL:
            return self._root_of_leaves(first, last)
        if count & (count - 1) == 0:
            return self._kept(count.bit_length() - 1, first)
        middle = first + largest_power_below(count)
        return node_hash(self.subtree(first, middle), self.subtree(middle, last))

    def _kept(self, level: int, first: int) -> bytes:
        found = self._store.node(self._log, level, first >> level)
        if found is None or len(found) != HASH_BYTES:
            msg = f"the hash of the {1 << level} leaves from {first} on"
            raise _damaged(msg)
        return found

    def _root_of_leaves(self, first: int, last: int) -> bytes:
        found = self._store.leaf_hashes(self._log, first, last)
        if len(found) != last - first or any(len(each) != HASH_BYTES for each in found):
            msg = f"some hash of the leaves from {first} up to {last}"
            raise _damaged(msg)
        return tree_root(found)


def _damaged(what: str) -> LogDamagedError:
    return LogDamagedError(
        f"The log lacks {what}.",
        hint="Keep the store as it is for an investigation, and restore a backup elsewhere.",
    )
