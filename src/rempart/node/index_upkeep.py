"""Keep the search index in step with the store: map the saved one, apply what is newer, or build anew.

A saved index is named after the change number of the store up to which it goes. Readers map it and apply
the few later changes in memory; only when there are too many is it built again, by one process at a time.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rempart.match import KnownIndex, SnapshotDamagedError
from rempart.match.known_index import IndexChanges
from rempart.node.folder import NodeFolder
from rempart.store import Store

LARGEST_TAIL: Final = 16_384
"""Changes that are applied in memory; beyond them a new index is built and saved."""


def ready_index(
    folder: NodeFolder, store: Store, *, report: Callable[[str], None] = lambda _: None
) -> KnownIndex:
    """Return an index that goes up to the store's present change.

    Args:
        folder: where the saved indexes lie.
        store: what they are made of.
        report: told, in a sentence, when the index is damaged or has to be built.
    """
    index = _open_newest(folder, store, report)
    if index is not None:
        return index
    with folder.index_lock():
        index = _open_newest(folder, store, report)  # another process may have built it meanwhile
        if index is not None:
            return index
        report("Building the search index.")
        index = _build(store)
        place = folder.index / str(index.change_number)
        index.save(place)
        _remove_others(folder.index, keep=place)
        return KnownIndex.open(place)


def _build(store: Store) -> KnownIndex:
    """Build from the store, again if another process changed it meanwhile: the parts must fit each other."""
    while True:
        change_number = store.change_number()
        index = KnownIndex.build(store.matchable, change_number=change_number)
        if store.change_number() == change_number:
            return index


def _open_newest(
    folder: NodeFolder, store: Store, report: Callable[[str], None]
) -> KnownIndex | None:
    for place in sorted(_saved(folder.index), key=lambda path: int(path.name), reverse=True):
        try:
            index = KnownIndex.open(place)
        except SnapshotDamagedError as error:
            report(f"{error.message} It will be built again.")
            continue
        changes = store.changes_since(index.change_number, limit=LARGEST_TAIL)
        if changes is None:
            return None
        index.apply(IndexChanges(up_to=changes.up_to, added=changes.added, removed=changes.removed))
        return index
    return None


def _saved(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]


def _remove_others(folder: Path, *, keep: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path != keep:
            shutil.rmtree(path, ignore_errors=True)
