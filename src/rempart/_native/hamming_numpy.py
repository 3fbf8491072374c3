"""Exact Hamming search in numpy: the twin of `_hamming`, for installations without compiled code.

Same functions, same arrays, same results. It builds the same tables, so that snapshots are equal byte for byte, but it
searches by comparing every hash: exact at every radius, a few milliseconds a query at a million hashes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = npt.NDArray[np.uint32]
Sketches: TypeAlias = npt.NDArray[np.uint16]
Ids: TypeAlias = npt.NDArray[np.int64]
Hits: TypeAlias = tuple[Ids, Ids, Ids]

CHUNKS: Final = 16
CHUNK_VALUES: Final = 65_536
OFFSET_STRIDE: Final = CHUNK_VALUES + 16
SKETCH_SLACK: Final = 64
COLUMN_BLOCK: Final = 32
MAX_RADIUS: Final = 64

_BITS: Final = 256
_WORDS: Final = 4
_HASH_BYTES: Final = 32
_BLOCK: Final = 65_536
_MASK: Final = (1 << 64) - 1


def available_kernels() -> list[str]:
    """Return the one kernel that needs no compiled code."""
    return ["numpy"]


def bit_order() -> npt.NDArray[np.intp]:
    """Return the fixed bit order: bit k of a permuted hash is bit `order[k]` of the hash.

    Bit 0 is the lowest bit of byte 0. A Fisher-Yates shuffle driven by SplitMix64, part of the snapshot format.
    """
    order = np.arange(_BITS)
    state = 0x0052_656D_7061_7274
    for i in range(_BITS - 1, 0, -1):
        state = (state + 0x9E37_79B9_7F4A_7C15) & _MASK
        z = ((state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        j = (z ^ (z >> 31)) % (i + 1)
        order[[i, j]] = order[[j, i]]
    return order


def permute(hashes: Bytes, rows: Words) -> None:
    """Write each hash (uint8, n by 32) with its bits in the fixed order to `rows` (uint64, n by 4)."""
    order = bit_order()
    for start in range(0, len(hashes), _BLOCK):
        bits = np.unpackbits(hashes[start : start + _BLOCK], axis=1, bitorder="little")
        packed = np.packbits(bits[:, order], axis=1, bitorder="little")
        rows[start : start + _BLOCK] = np.ascontiguousarray(packed).view(np.uint64)


def find_groups(rows: Words, group_of_row: Numbers) -> int:
    """Number the distinct hashes in the order of their first row, write each row's number, return how many."""
    if len(rows) == 0:
        return 0
    order = np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))
    is_new = np.ones(len(rows), dtype=bool)
    is_new[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    leader_of_row = np.empty(len(rows), dtype=np.int64)
    leader_of_row[order] = order[is_new][np.cumsum(is_new) - 1]
    leaders = np.sort(order[is_new])
    group_of_row[:] = np.searchsorted(leaders, leader_of_row)
    return len(leaders)


def fill_tables(rows: Words, offsets: Numbers, table_groups: Numbers, sketches: Sketches) -> None:
    """Sort the distinct hashes into the 16 tables: bucket offsets, group numbers, next chunks."""
    chunks = rows.view(np.uint16).reshape(len(rows), CHUNKS)
    by_chunk = sketches[: CHUNKS * len(rows)].reshape(CHUNKS, len(rows))
    offsets[:] = 0
    for chunk in range(CHUNKS):
        values = chunks[:, chunk]
        order = np.argsort(values, kind="stable")
        counts = np.bincount(values, minlength=CHUNK_VALUES)
        offsets[chunk, 1 : CHUNK_VALUES + 1] = np.cumsum(counts)
        table_groups[chunk] = order
        by_chunk[chunk] = chunks[order, (chunk + 1) % CHUNKS]
    sketches[CHUNKS * len(rows) :] = 0


@dataclass(frozen=True, slots=True)
class Searcher:
    """Search over a frozen part and a tail; made by `make_searcher`."""

    rows: Words
    ids: Ids
    dead: Bytes
    group_starts: Numbers | None
    members: Numbers | None
    tail_words: Words
    tail_ids: Ids
    tail_dead: Bytes
    tail_count: Ids

    def with_changes(
        self, *, dead: Bytes, tail_words: Words, tail_ids: Ids, tail_dead: Bytes, tail_count: Ids
    ) -> Self:
        """Return a searcher over the same frozen part with other marks and another tail; this one stays as it is."""
        return replace(
            self,
            dead=dead,
            tail_words=tail_words,
            tail_ids=tail_ids,
            tail_dead=tail_dead,
            tail_count=tail_count,
        )

    def query(self, hash: bytes, radius: int) -> list[tuple[int, int]]:  # noqa: A002 - the public name
        """Return (id, distance) of every live entry within the radius, nearest first, ties by id."""
        if len(hash) != _HASH_BYTES:
            msg = "a PDQ hash has 32 bytes"
            raise ValueError(msg)
        _, ids, distances = self.query_many(np.frombuffer(hash, np.uint8).reshape(1, -1), radius)
        return list(zip(ids.tolist(), distances.tolist(), strict=True))

    def query_many(self, hashes: Bytes, radius: int) -> Hits:
        """Return query numbers, ids and distances, ordered by query, distance, id."""
        _check_radius(radius)
        queries = np.empty((len(hashes), _WORDS), dtype=np.uint64)
        permute(hashes, queries)
        found = [self._query_one(query, radius) for query in queries]
        numbers = np.repeat(np.arange(len(found)), [len(ids) for ids, _ in found])
        empty = np.empty(0, dtype=np.int64)
        return (
            numbers.astype(np.int64),
            np.concatenate([empty, *(ids for ids, _ in found)]),
            np.concatenate([empty, *(distances for _, distances in found)]),
        )

    def _query_one(self, query: Words, radius: int) -> tuple[Ids, Ids]:
        parts = [self._frozen_hits(query, radius), self._tail_hits(query, radius)]
        ids = np.concatenate([ids for ids, _ in parts])
        distances = np.concatenate([distances for _, distances in parts])
        order = np.lexsort((ids, distances))
        return ids[order], distances[order]

    def _frozen_hits(self, query: Words, radius: int) -> tuple[Ids, Ids]:
        groups, distances = _near_rows(self.rows, query, radius)
        if self.group_starts is not None and self.members is not None:
            # Of a file that was checked once before they are not looked through again: none may lead outside.
            ends = np.minimum(self.group_starts[groups + 1], len(self.ids)).astype(np.int64)
            starts = np.minimum(self.group_starts[groups], ends).astype(np.int64)
            found = [self.members[a:b] for a, b in zip(starts, ends, strict=True)]
            entries = np.concatenate([np.empty(0, np.uint32), *found]).astype(np.int64)
            distances = np.repeat(distances, ends - starts)
            is_inside = entries < len(self.ids)
            entries, distances = entries[is_inside], distances[is_inside]
        else:
            entries = groups
        return _live(entries, distances, self.ids, self.dead)

    def _tail_hits(self, query: Words, radius: int) -> tuple[Ids, Ids]:
        count = min(int(self.tail_count[0]), self.tail_words.shape[1])
        positions, distances = _near_rows(self.tail_words[:, :count].T, query, radius)
        return _live(positions, distances, self.tail_ids, self.tail_dead)


def make_searcher(
    *,
    groups: int,
    ids: Ids,
    dead: Bytes,
    columns: Words | None,
    rows: Words | None,
    offsets: Numbers | None,
    table_groups: Numbers | None,
    sketches: Sketches | None,
    group_starts: Numbers | None,
    members: Numbers | None,
    tail_words: Words,
    tail_ids: Ids,
    tail_dead: Bytes,
    tail_count: Ids,
    kernel: str,
    was_checked: bool = False,
) -> Searcher:
    """Return a searcher over these arrays.

    With `was_checked` only the offsets are looked through: all else is checked where a search follows it.

    Raises:
        ValueError: the arrays do not fit together, or another kernel is asked for.
    """
    _require(kernel == "numpy", f"no such kernel here: {kernel}")
    _require(0 <= groups <= len(ids), "shapes do not fit together: groups, ids")
    _require(rows is not None or columns is not None, "rows or columns are needed")
    if rows is not None:
        _require(rows.shape == (groups, _WORDS), "shapes do not fit together: rows")
        _check_tables(groups, offsets, table_groups, sketches)
    if columns is not None:
        _require(columns.shape[1] >= groups, "shapes do not fit together: columns")
    if group_starts is not None and members is not None:
        _require(len(group_starts) == groups + 1, "shapes do not fit together: group_starts")
        _require(len(members) == len(ids), "shapes do not fit together: members")
        if not was_checked:
            _check_members(group_starts, members, groups)
    else:
        _require(groups == len(ids), "shapes do not fit together: groups, ids")
    known = rows if rows is not None else _as_rows(columns, groups)
    return Searcher(
        known, ids, dead, group_starts, members, tail_words, tail_ids, tail_dead, tail_count
    )


def _check_tables(
    groups: int, offsets: Numbers | None, table_groups: Numbers | None, sketches: Sketches | None
) -> None:
    _require(offsets is not None and offsets.shape == (CHUNKS, OFFSET_STRIDE), "offsets")
    _require(table_groups is not None and table_groups.shape == (CHUNKS, groups), "table_groups")
    _require(sketches is not None and len(sketches) == CHUNKS * groups + SKETCH_SLACK, "sketches")
    for table in offsets if offsets is not None else ():
        _require(_is_ascending(table[: CHUNK_VALUES + 1], CHUNK_VALUES + 1, groups), "offsets")


def _check_members(group_starts: Numbers, members: Numbers, groups: int) -> None:
    entries = len(members)
    _require(_is_ascending(group_starts, groups + 1, entries), "group starts lie outside")
    _require(not entries or int(members.max()) < entries, "members lie outside")


def _as_rows(columns: Words | None, groups: int) -> Words:
    return np.empty((0, _WORDS), np.uint64) if columns is None else columns[:, :groups].T


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise ValueError(message)


def _is_ascending(starts: Numbers, count: int, end: int) -> bool:
    if len(starts) != count or int(starts[0]) != 0 or int(starts[-1]) != end:
        return False
    return bool((starts[1:] >= starts[:-1]).all())


def _check_radius(radius: int) -> None:
    if not 0 <= radius <= MAX_RADIUS:
        msg = f"a radius lies between 0 and 64, not {radius}"
        raise ValueError(msg)


def _near_rows(rows: Words, query: Words, radius: int) -> tuple[Ids, Ids]:
    positions = [np.empty(0, dtype=np.int64)]
    distances = [np.empty(0, dtype=np.int64)]
    for start, block in _blocks(rows):
        bits = np.bitwise_count(block ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(bits <= radius)
        positions.append(near + start)
        distances.append(bits[near])
    return np.concatenate(positions), np.concatenate(distances)


def _blocks(rows: Words) -> Iterator[tuple[int, Words]]:
    for start in range(0, len(rows), _BLOCK):
        yield start, rows[start : start + _BLOCK]


def _live(positions: Ids, distances: Ids, ids: Ids, dead: npt.NDArray[Any]) -> tuple[Ids, Ids]:
    alive = (dead[positions >> 3] >> (positions & 7)) & 1 == 0
    kept = positions[alive]
    return ids[kept], distances[alive]
