"""Proofs over a Merkle tree: that a leaf is in it, and that it continues an earlier one (RFC 9162, 2.1.3 and 2.1.4).

Making a proof needs the hashes of subtrees, `SubtreeHash`; checking one needs nothing but the two sides' statements.
"""

from collections.abc import Callable, Iterator, Sequence

from rempart.log.errors import LeafUnknownError, ProofError
from rempart.log.merkle import HASH_BYTES, largest_power_below, node_hash

SubtreeHash = Callable[[int, int], bytes]
"""Gives the root of the tree over the leaves from the first index up to, not with, the last."""

_HINT = "Do not rely on it; ask the log's owner for another and keep this one."


def inclusion_proof(subtree: SubtreeHash, index: int, size: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from a leaf to the root of the tree of this size, from the leaf upwards.

    Raises:
        LeafUnknownError: the tree of this size has no such leaf.
    """
    if not 0 <= index < size:
        msg = f"The log of {size} leaves has no leaf {index}."
        raise LeafUnknownError(msg, hint="Leaves are counted from 0.")
    first, last = 0, size
    path: list[bytes] = []
    while last - first > 1:
        middle = first + largest_power_below(last - first)
        if index < middle:
            path.append(subtree(middle, last))
            last = middle
        else:
            path.append(subtree(first, middle))
            first = middle
    return tuple(reversed(path))


def consistency_proof(subtree: SubtreeHash, old: int, new: int) -> tuple[bytes, ...]:
    """Return the hashes that show that the tree of size `new` begins with the tree of size `old`.

    Raises:
        LeafUnknownError: `old` is negative or larger than `new`.
    """
    if not 0 <= old <= new:
        msg = f"A log of {new} leaves cannot continue one of {old}."
        raise LeafUnknownError(msg, hint="Name the smaller size first.")
    if old in {0, new}:
        return ()
    first, last = 0, new
    path: list[bytes] = []
    is_old_whole = (
        True  # the old tree is the subtree that is looked at, and the checker has its root
    )
    while old != last:
        middle = first + largest_power_below(last - first)
        if old <= middle:
            path.append(subtree(middle, last))
            last = middle
        else:
            path.append(subtree(first, middle))
            first = middle
            is_old_whole = False
    if not is_old_whole:
        path.append(subtree(first, last))
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf, given by its hash, stands at this index of the tree of this size and root.

    Raises:
        ProofError: the proof does not show it.
    """
    if not 0 <= index < size:
        msg = "The proof is for a leaf outside the tree."
        raise _wrong(msg)
    place, end, reached = index, size - 1, leaf
    for each in _hashes(proof):
        if end == 0:
            msg = "The proof is too long."
            raise _wrong(msg)
        if place & 1 or place == end:
            reached = node_hash(each, reached)
            while place and not place & 1:
                place >>= 1
                end >>= 1
        else:
            reached = node_hash(reached, each)
        place >>= 1
        end >>= 1
    if end or reached != root:
        msg = "The proof does not lead from the leaf to the root."
        raise _wrong(msg)


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of size `new` and root `new_root` begins with the tree of size `old` and root `old_root`.

    A tree without leaves is the beginning of every tree.

    Raises:
        ProofError: the proof does not show it.
    """
    if not 0 <= old <= new:
        msg = "The later tree is smaller than the earlier one."
        raise _wrong(msg)
    if old in {0, new}:
        if proof or (old == new and old_root != new_root):
            msg = "Two trees of the same size have different roots, or the proof is too long."
            raise _wrong(msg)
        return
    reached_old, reached_new, end = _climb(old, new, old_root, proof)
    if end or reached_old != old_root or reached_new != new_root:
        msg = "The later tree does not begin with the earlier one."
        raise _wrong(msg)


def _climb(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes, int]:
    """Return both roots that a proof leads to, and what is left of the way up."""
    place, end = old - 1, new - 1
    while place & 1:
        place >>= 1
        end >>= 1
    hashes = _hashes(proof)
    # The root of a whole old tree is itself the first hash of the way: it is left out of the proof.
    first = old_root if old & (old - 1) == 0 else next(hashes, None)
    if first is None:
        msg = "The proof is too short."
        raise _wrong(msg)
    reached_old = reached_new = first
    for each in hashes:
        if end == 0:
            msg = "The proof is too long."
            raise _wrong(msg)
        if place & 1 or place == end:
            reached_old = node_hash(each, reached_old)
            reached_new = node_hash(each, reached_new)
            while place and not place & 1:
                place >>= 1
                end >>= 1
        else:
            reached_new = node_hash(reached_new, each)
        place >>= 1
        end >>= 1
    return reached_old, reached_new, end


def _hashes(proof: Sequence[bytes]) -> Iterator[bytes]:
    for each in proof:
        if len(each) != HASH_BYTES:
            msg = "The proof holds something that is no hash."
            raise _wrong(msg)
        yield each


def _wrong(message: str) -> ProofError:
    return ProofError(message, hint=_HINT)
