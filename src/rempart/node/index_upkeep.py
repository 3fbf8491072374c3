"""Keep the search index in step with the store: map the saved one, apply what is newer, or build anew.

A saved index is named after the change number and the event of the store up to which it goes: where the store
does not know the event, a backup was brought back, and the index is of another past. Readers map it and apply
the few later changes in memory; only when there are too many is it built again, by one process at a time.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from rempart.match import (
    DuplicateIdError,
    IndexChanges,
    KnownIndex,
    SnapshotDamagedError,
    UnknownIdError,
)
from rempart.model.identifiers import EventId
from rempart.node.folder import NodeFolder
from rempart.store import Store, UnknownRecordError

LARGEST_TAIL: Final = 16_384
"""Changes that are applied in memory; beyond them a new index is built and saved."""

_NAME: Final = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})", re.ASCII)


def ready_index(
    folder: NodeFolder, store: Store, *, report: Callable[[str], None] = lambda _: None
) -> KnownIndex:
    """Return an index that goes up to the store's present change.

    Args:
        folder: where the saved indexes lie.
        store: what they are made of.
        report: told, in a sentence, when the index is damaged or has to be built.
    """
    index = _open_newest(folder, store, _say_nothing)
    if index is not None:
        return index
    with folder.index_lock():
        index = _open_newest(folder, store, report)  # another process may have built it meanwhile
        if index is not None:
            return index
        report("Building the search index.")
        index, event_id = _build(store)
        place = folder.index / f"{index.change_number}-{event_id.hex}"
        index.save(place)
        _remove_others(folder.index, keep=place)
        return KnownIndex.open(place)


def _say_nothing(_text: str) -> None:
    """Leave out what the second look, under the lock, will tell."""


def _build(store: Store) -> tuple[KnownIndex, EventId]:
    """Build from the store, again if another process changed it meanwhile: the parts must fit each other."""
    while True:
        change_number = store.change_number()
        index = KnownIndex.build(store.matchable, change_number=change_number)
        event_id = store.last_event_id()
        if store.change_number() == change_number:
            return index, event_id


def _open_newest(
    folder: NodeFolder, store: Store, report: Callable[[str], None]
) -> KnownIndex | None:
    for place, event_id in _saved(folder.index):
        try:
            store.events(event_id, limit=1)
            index = KnownIndex.open(place)
            changes = store.changes_since(index.change_number, limit=LARGEST_TAIL)
            if changes is None:
                return None
            index.apply(
                IndexChanges(up_to=changes.up_to, added=changes.added, removed=changes.removed)
            )
        except UnknownRecordError:
            report("The index is of a state that the store was never in. It will be built again.")
        except (SnapshotDamagedError, DuplicateIdError, UnknownIdError) as error:
            report(f"{error.message} It will be built again.")
        else:
            return index
    return None


def _saved(folder: Path) -> list[tuple[Path, EventId]]:
    """Return the saved indexes with the event that each goes up to, the newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name is not None and path.is_dir():
            found.append((int(name[1]), path, EventId(UUID(name[2]))))
    return [(path, event_id) for _, path, event_id in sorted(found, reverse=True)]


def _remove_others(folder: Path, *, keep: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path != keep:
            shutil.rmtree(path, ignore_errors=True)
