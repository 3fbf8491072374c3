"""Marks on the entries of a part that is not changed itself: one bit for each, set where the entry was removed.

Marks are values: marking gives new ones, and whoever searches with the old ones goes on seeing what they saw.
"""

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import Bytes

Positions = npt.NDArray[np.intp]


def no_marks(count: int) -> Bytes:
    """Return marks for so many entries, none of them set."""
    return np.zeros(-(-count // 8), np.uint8)


def with_marks(marks: Bytes, positions: Positions) -> Bytes:
    """Return these marks with those at the positions set too."""
    if not len(positions):
        return marks
    changed = marks.copy()
    np.bitwise_or.at(changed, positions >> 3, (1 << (positions & 7)).astype(np.uint8))
    return changed


def is_marked(marks: Bytes, positions: Positions) -> npt.NDArray[np.bool_]:
    """Tell for each position whether its mark is set."""
    bits = np.uint8(1) << (positions & 7).astype(np.uint8)
    is_set: npt.NDArray[np.bool_] = np.not_equal(marks[positions >> 3] & bits, 0)
    return is_set


def unmarked(marks: Bytes, count: int) -> npt.NDArray[np.bool_]:
    """Tell for each of so many entries whether its mark is not set."""
    return np.logical_not(np.unpackbits(marks, count=count, bitorder="little"))


def count_marks(marks: Bytes) -> int:
    """Return how many marks are set."""
    return int(np.bitwise_count(marks).sum(dtype=np.int64))


def checked_marks(marks: Bytes, count: int) -> Bytes:
    """Return marks that come from outside, if they can be those of so many entries.

    Raises:
        ValueError: they are more or fewer, or one lies behind the last entry.
    """
    beyond = int(marks[-1]) >> (count % 8) if count % 8 and len(marks) else 0
    if len(marks) != -(-count // 8) or beyond:
        msg = f"these are no marks of {count} entries"
        raise ValueError(msg)
    return marks
