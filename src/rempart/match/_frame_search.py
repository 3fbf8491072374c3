"""Search many frames at once, in memory that does not grow with what lies near them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rempart.match._tally import Ints, Rows, Tally
from rempart.match.frames import TIME_BITS
from rempart.match.ports import SearchedIndex
from rempart.model.fingerprint import PDQ, PDQ_BYTES, VPDQ

MOST_ROWS: Final = 1 << 22
"""Rows that one call of an index may give, were all of its hashes near: a hundred megabytes, and what makes them."""

_LARGEST_BLOCK: Final = 4096

_FOLD_ROWS: Final = 1 << 19
"""Rows that are counted at a time: counting takes several times the room of the rows."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that are searched: values (uint8, n by 32), and for each the place of its owner, ascending."""

    values: NDArray[np.uint8]
    owners: Ints

    @classmethod
    def of(cls, owned: Sequence[Sequence[bytes]]) -> "Frames":
        """Lay the values of each owner one behind the other; each of the bytes holds one or several of them."""
        flat = b"".join([value for values in owned for value in values])
        counts = [sum(map(len, values)) // PDQ_BYTES for values in owned]
        return cls(
            np.frombuffer(flat, np.uint8).reshape(-1, PDQ_BYTES),
            np.repeat(np.arange(len(owned)), counts),
        )

    def of_owner(self, owner: int) -> tuple[int, "Frames"]:
        """Return where the frames of one owner begin, and these frames."""
        start, end = np.searchsorted(self.owners, [owner, owner + 1]).tolist()
        return start, Frames(self.values[start:end], self.owners[start:end])


def near_rows(
    index: SearchedIndex, kind: str, frames: Frames, *, radius: int
) -> Iterator[tuple[int, Rows]]:
    """Yield what lies near the frames, block by block: where the block begins, and its rows.

    Args:
        index: what is searched.
        kind: `pdq` for known pictures, `vpdq` for the frames of known videos.
        frames: all of a block's rows come together.
        radius: in bits.
    """
    size = index.count(kind)
    if not size:
        return
    block = max(1, min(_LARGEST_BLOCK, MOST_ROWS // size))
    search = _SEARCH[kind]
    for start in range(0, len(frames.values), block):
        positions, ids, distances = search(index, frames.values[start : start + block], radius)
        if len(positions):
            positions = positions + start
            yield start, Rows(frames.owners[positions], positions, ids, distances)


def tallies(index: SearchedIndex, kind: str, frames: Frames, *, radius: int) -> Iterator[Tally]:
    """Yield the counts of what lies near each owner's frames: each owner is in one part, with all that it has."""
    waiting: list[Rows] = []
    count = 0
    begun: Tally | None = None
    for rows in _pieces(near_rows(index, kind, frames, radius=radius)):
        waiting.append(rows)
        count += len(rows.ids)
        if count >= _FOLD_ROWS:
            begun = _folded(begun, waiting, radius)
            waiting, count = [], 0
            done, begun = begun.split(int(rows.owners[-1]))
            if len(done.pairs):
                yield done
    if waiting:
        begun = _folded(begun, waiting, radius)
    if begun is not None and len(begun.pairs):
        yield begun


def owners_near(index: SearchedIndex, frames: Frames, *, radius: int) -> set[int]:
    """Return the owners of values that lie near any known picture, or any frame of a known video."""
    if not len(frames.values):
        return set()
    owners: set[int] = set()
    for start in range(0, len(frames.values), _LARGEST_BLOCK):
        values = frames.values[start : start + _LARGEST_BLOCK]
        positions, _, _ = index.near(values, radius=radius)
        owners.update(frames.owners[positions + start].tolist())
    for _, rows in near_rows(index, VPDQ, frames, radius=radius):
        owners.update(rows.owners.tolist())
    return owners


def _pieces(blocks: Iterable[tuple[int, Rows]]) -> Iterator[Rows]:
    """Yield the rows in pieces hardly larger than what is counted at a time; those of one frame stay together."""
    for _, rows in blocks:
        start = 0
        while start < len(rows.ids):
            at = min(start + _FOLD_ROWS, len(rows.ids)) - 1
            end = int(np.searchsorted(rows.positions, rows.positions[at], side="right"))
            yield Rows(*(column[start:end] for column in rows))
            start = end


def _folded(begun: Tally | None, waiting: Sequence[Rows], radius: int) -> Tally:
    rows = Rows(*(np.concatenate(columns) for columns in zip(*waiting, strict=True)))
    tally = Tally.of(rows, radius=radius)
    return tally if begun is None else begun.joined(tally)


def _pictures(
    index: SearchedIndex, values: NDArray[np.uint8], radius: int
) -> tuple[Ints, Ints, Ints]:
    positions, numbers, distances = index.near(values, radius=radius)
    return positions, numbers << TIME_BITS, distances


def _frames(
    index: SearchedIndex, values: NDArray[np.uint8], radius: int
) -> tuple[Ints, Ints, Ints]:
    return index.near_frames(values, radius=radius)


_SEARCH: Final[
    dict[str, Callable[[SearchedIndex, NDArray[np.uint8], int], tuple[Ints, Ints, Ints]]]
] = {PDQ: _pictures, VPDQ: _frames}
