"""A log as others check it: JSON lines with a header, the leaves in their order, and signed checkpoints among them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rempart.log.errors import LeafUnknownError, LogDamagedError
from rempart.log.merkle import leaf_hash
from rempart.log.ports import ByteSink, LeafContents, LogStore
from rempart.log.tree import StoredTree
from rempart.model.log import StoredCheckpoint, StoredLeaf

EXPORT_SCHEMA: Final = "rempart.log/1"

_PAGE_LEAVES: Final = 1_000
_SHOWN_ALTERED: Final = 20
_BETWEEN_CHECKPOINTS: Final = 1_000
"""About every so many leaves an earlier checkpoint is put in: it tells where a log was altered, at 3.5 kB each."""


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """What was exported.

    Attributes:
        first: index of the first leaf.
        size: the log's size in the last checkpoint; leaves up to, not with, this index were written.
        erased: leaves whose content is gone.
        altered: indexes of leaves whose content is not what was hashed, the first few; they were written as they are.
    """

    first: int
    size: int
    erased: int
    altered: tuple[int, ...]


def write_export(
    sink: ByteSink,
    store: LogStore,
    log: str,
    *,
    origin: str,
    contents: LeafContents,
    checkpoint: StoredCheckpoint,
    first: int = 0,
) -> ExportCounts:
    """Write the leaves from `first` up to a checkpoint, and the checkpoint; in memory is one page of leaves.

    Raises:
        LeafUnknownError: the log of the checkpoint's size has no leaf `first`, and does not end there.
        LogDamagedError: the store lacks a leaf or a hash that it must have.
    """
    if not 0 <= first <= checkpoint.size:
        msg = f"The log of {checkpoint.size} leaves cannot be exported from {first} on."
        raise LeafUnknownError(msg, hint="Leaves are counted from 0.")
    frontier = StoredTree(store, log).frontier(first)
    _write(
        sink,
        "header",
        {
            "origin": origin,
            "first": first,
            "size": checkpoint.size,
            "frontier": [each.hex() for each in frontier],
        },
    )
    erased, altered = 0, []
    between = _Between(store, log, first, checkpoint.size)
    for leaf, content in _pages(store, log, contents, first, checkpoint.size):
        if leaf.salt is None:
            erased += 1
        elif leaf_hash(leaf.salt + content) != leaf.leaf_hash:
            altered.append(leaf.index)
        _write(sink, "leaf", _leaf_fields(leaf, content))
        for note in between.due(leaf.index + 1):
            _write(sink, "checkpoint", {"note": note})
    _write(sink, "checkpoint", {"note": checkpoint.note})
    return ExportCounts(first, checkpoint.size, erased, tuple(altered[:_SHOWN_ALTERED]))


class _Between:
    """Gives the earlier checkpoints that stand among the leaves, each where the log had its size."""

    def __init__(self, store: LogStore, log: str, first: int, size: int) -> None:
        self._store, self._log, self._size = store, log, size
        self._next = self._after(first)

    def due(self, size: int) -> Iterator[str]:
        if self._next is not None and self._next.size == size:
            yield self._next.note
            self._next = self._after(size)

    def _after(self, size: int) -> StoredCheckpoint | None:
        found = self._store.checkpoint_from(self._log, size + _BETWEEN_CHECKPOINTS)
        return found if found is not None and found.size < self._size else None


def _pages(
    store: LogStore, log: str, contents: LeafContents, first: int, size: int
) -> Iterator[tuple[StoredLeaf, bytes]]:
    for start in range(first, size, _PAGE_LEAVES):
        end = min(start + _PAGE_LEAVES, size)
        # Contents first: a leaf that is erased in between is then written as erased, and never half.
        page = contents.contents(start, end - start)
        leaves: Sequence[StoredLeaf] = store.leaves(log, start, end)
        if len(leaves) != end - start or len(page) != end - start:
            msg = f"The log lacks leaves or contents between {start} and {end}."
            raise LogDamagedError(
                msg, hint="Keep the store as it is, and restore a backup elsewhere."
            )
        yield from zip(leaves, page, strict=True)


def _leaf_fields(leaf: StoredLeaf, content: bytes) -> dict[str, object]:
    fields: dict[str, object] = {"index": leaf.index, "hash": leaf.leaf_hash.hex()}
    if leaf.salt is None:
        return {**fields, "erased": True}
    return {**fields, "salt": leaf.salt.hex(), "content": content.decode("utf-8")}


def _write(sink: ByteSink, kind: str, fields: Mapping[str, object]) -> None:
    record = {"schema": EXPORT_SCHEMA, "type": kind, **fields}
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    sink.write(text.encode() + b"\n")
