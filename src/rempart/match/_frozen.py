"""The frozen part of an index: each distinct hash once, in columns or tables, with the ids of its entries."""

import math
import mmap
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from rempart._native.hamming_numpy import (
    CHUNKS,
    COLUMN_BLOCK,
    OFFSET_STRIDE,
    SKETCH_SLACK,
    Ids,
    Numbers,
    Sketches,
    Words,
)
from rempart.match._kernels import KernelModule
from rempart.match.snapshot import AnyArray, Room, Section, Wanted

SECTIONS: Final = {
    "ids": Section("<i8", 1, is_required=True),
    "columns": Section("<u8", 2),
    "rows": Section("<u8", 2),
    "offsets": Section("<u4", 2),
    "table_groups": Section("<u4", 2),
    "sketches": Section("<u2", 1),
    "group_starts": Section("<u4", 1),
    "members": Section("<u4", 1),
}

TABLES_FROM: Final = 8_192
"""Distinct hashes from which tables are built: below, comparing every hash is as quick (docs/decisions/0004)."""

COLUMNS_BELOW: Final = 131_072
"""Distinct hashes below which columns are kept beside the tables, for wide radii."""

MOST_ENTRIES: Final = 2**31 - 1
"""Entries have 32-bit numbers inside one part."""

_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Frozen:
    """Arrays of a frozen part; see docs/decisions/0004-exact-search.md for the layout.

    Attributes:
        ids: id of each entry, strictly ascending (int64, n).
        columns: words of the distinct hashes by column (uint64, 4 by a multiple of 32), for small parts.
        rows: words of the distinct hashes by row (uint64, g by 4), with the tables.
        offsets: where each bucket of each table begins (uint32, 16 by 65,552).
        table_groups: numbers of the distinct hashes in bucket order (uint32, 16 by g).
        sketches: value of the next chunk in bucket order (uint16, 16 g and some slack).
        group_starts: where the entries of each distinct hash begin in `members` (uint32, g + 1); absent where every
            hash occurs once, then entry and distinct hash have the same number.
        members: entry numbers by distinct hash (uint32, n).
    """

    ids: Ids
    columns: Words | None = None
    rows: Words | None = None
    offsets: Numbers | None = None
    table_groups: Numbers | None = None
    sketches: Sketches | None = None
    group_starts: Numbers | None = None
    members: Numbers | None = None

    @property
    def groups(self) -> int:
        """How many distinct hashes there are."""
        return len(self.ids) if self.group_starts is None else len(self.group_starts) - 1

    def arrays(self) -> dict[str, AnyArray]:
        """Return the arrays that are present, by name, in the order of a snapshot."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in named.items() if array is not None}

    def entry_rows(self) -> Words:
        """Return the permuted hash of every entry, in the order of `ids` (uint64, n by 4)."""
        distinct = self.rows
        if distinct is None:
            if self.columns is None:
                return np.empty((0, _WORDS), np.uint64)
            distinct = np.ascontiguousarray(self.columns[:, : self.groups].T)
        if self.group_starts is None or self.members is None:
            return distinct
        group_of_entry = np.empty(len(self.ids), np.intp)
        group_of_entry[self.members] = np.repeat(
            np.arange(self.groups), self.group_starts[1:] - self.group_starts[:-1]
        )
        return distinct[group_of_entry]

    @classmethod
    def build(
        cls, rows: Words, ids: Ids, *, module: KernelModule, room: Room | None = None
    ) -> Self:
        """Return the frozen part of these permuted hashes (uint64, n by 4) and their distinct ids.

        Args:
            rows: may be mapped; each is read a few times.
            ids: in any order; ascending ones need no sorting.
            module: does the work.
            room: where the part is to lie; absent: in memory.

        Raises:
            ValueError: there are more than 2**31 - 1 entries.
        """
        if len(ids) > MOST_ENTRIES:
            msg = f"one index holds at most {MOST_ENTRIES} entries, not {len(ids)}"
            raise ValueError(msg)
        if not bool((ids[1:] > ids[:-1]).all()):
            order = np.argsort(ids, kind="stable")
            rows, ids = rows[order], ids[order]
        group_of_row = np.empty(len(ids), np.uint32)
        groups = module.find_groups(rows, group_of_row)
        arrays = (room or _in_one_piece)(_wanted(groups, len(ids)))
        arrays["ids"][:] = ids
        first_rows = None
        if groups < len(ids):
            members, starts = arrays["members"], arrays["group_starts"]
            members[:] = np.argsort(group_of_row, kind="stable")
            np.cumsum(np.bincount(group_of_row, minlength=groups), out=starts[1:])
            first_rows = members[starts[:-1]]
        del group_of_row
        _fill(arrays, rows, first_rows, module)
        return cls(**arrays)

    @classmethod
    def from_sections(cls, arrays: Mapping[str, AnyArray], *, was_checked: bool = False) -> Self:
        """Return the part that a snapshot holds.

        Args:
            arrays: the sections by name.
            was_checked: the order of the ids was checked before, and the file is the same.

        Raises:
            ValueError: shapes do not fit together or the ids do not ascend. Positions inside the arrays are checked by
                the searcher.
        """
        frozen = cls(**arrays)
        ids = frozen.ids
        _require(was_checked or bool((ids[1:] > ids[:-1]).all()), "its ids do not ascend")
        _require(frozen.columns is not None or frozen.rows is not None, "it holds no hashes")
        _require((frozen.members is None) == (frozen.group_starts is None), "its groups are torn")
        _require(frozen.groups >= 0, "its groups are torn")
        for name, width in (("columns", _WORDS), ("offsets", CHUNKS), ("table_groups", CHUNKS)):
            _require(name not in arrays or arrays[name].shape[0] == width, f"{name} is misshapen")
        for name, width in (("rows", _WORDS), ("offsets", OFFSET_STRIDE)):
            _require(name not in arrays or arrays[name].shape[1] == width, f"{name} is misshapen")
        return frozen


def _wanted(groups: int, entries: int) -> Wanted:
    wanted: dict[str, tuple[tuple[int, ...], npt.DTypeLike]] = {"ids": ((entries,), np.int64)}
    if groups < COLUMNS_BELOW:
        wanted["columns"] = ((_WORDS, groups + -groups % COLUMN_BLOCK), np.uint64)
    if groups >= TABLES_FROM:
        wanted["rows"] = ((groups, _WORDS), np.uint64)
        wanted["offsets"] = ((CHUNKS, OFFSET_STRIDE), np.uint32)
        wanted["table_groups"] = ((CHUNKS, groups), np.uint32)
        wanted["sketches"] = ((CHUNKS * groups + SKETCH_SLACK,), np.uint16)
    if groups < entries:
        wanted["group_starts"] = ((groups + 1,), np.uint32)
        wanted["members"] = ((entries,), np.uint32)
    return wanted


def _fill(
    arrays: Mapping[str, AnyArray], rows: Words, first_rows: Numbers | None, module: KernelModule
) -> None:
    """Fill in the distinct hashes, which are all rows or some of them, and their tables."""
    if "columns" in arrays:
        distinct = rows if first_rows is None else rows[first_rows]
        arrays["columns"][:, : len(distinct)] = distinct.T
    if "rows" in arrays:
        if first_rows is None:
            arrays["rows"][:] = rows
        else:  # clipped, because numpy makes a copy of the whole where it may have to raise
            np.take(rows, first_rows, axis=0, out=arrays["rows"], mode="clip")
        tables = {name: arrays[name] for name in ("rows", "offsets", "table_groups", "sketches")}
        module.fill_tables(**tables)


def _in_one_piece(wanted: Wanted) -> dict[str, AnyArray]:
    """Return arrays of zeros that begin on cache lines, on large pages where the system has them.

    Searching reads this memory at random: on small pages it would wait for their addresses too.
    """
    starts, end = {}, 0
    for name, (shape, dtype) in wanted.items():
        starts[name] = end
        end += _to_line(math.prod(shape) * np.dtype(dtype).itemsize)
    memory = mmap.mmap(-1, max(end, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            memory.madvise(mmap.MADV_HUGEPAGE)
    return {
        name: np.frombuffer(memory, dtype, math.prod(shape), starts[name]).reshape(shape)
        for name, (shape, dtype) in wanted.items()
    }


def _to_line(size: int) -> int:
    return size + -size % 64


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise ValueError(reason)
