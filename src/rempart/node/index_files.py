"""The saved indexes of a machine: one folder for each state of the store, named after what it goes up to.

A name holds the change number and the event of the store up to which the index goes: where the store does not know the
event, a backup was brought back, and the index is of another past.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from rempart.match import (
    DuplicateIdError,
    IndexChanges,
    KnownIndex,
    LayeredIndex,
    SnapshotDamagedError,
    UnknownIdError,
)
from rempart.model.identifiers import EventId
from rempart.store import Store, UnknownRecordError

_NAME: Final = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SavedIndex:
    """A saved index and the state of the store that its name says.

    Attributes:
        place: its folder.
        event_id: an event that the store had when the index was made.
    """

    place: Path
    change_number: int
    event_id: EventId

    @classmethod
    def name_in(cls, folder: Path, *, change_number: int, event_id: EventId) -> "SavedIndex":
        """Return what a new index of this state is to be called."""
        return cls(folder / f"{change_number}-{event_id.hex}", change_number, event_id)

    def open(self) -> LayeredIndex:
        """Map it.

        Raises:
            SnapshotDamagedError: it is not as it was written, or another process removed it.
        """
        return LayeredIndex(KnownIndex.open(self.place))


def saved_indexes(folder: Path) -> list[SavedIndex]:
    """Return the saved indexes of a folder, which may be absent, the newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name is not None and path.is_dir():
            found.append(SavedIndex(path, int(name[1]), EventId(UUID(name[2]))))
    return sorted(found, key=lambda saved: (saved.change_number, saved.place), reverse=True)


def remove_others(folder: Path, *, keep: SavedIndex) -> None:
    """Remove every index but one, and what an interrupted writer left; who has them mapped goes on with them."""
    for path in folder.iterdir():
        if path.is_dir() and path != keep.place:
            shutil.rmtree(path, ignore_errors=True)


def brought_up_to_date(
    saved: SavedIndex, store: Store, *, limit: int, report: Callable[[str], None]
) -> LayeredIndex | None:
    """Open a saved index and apply what changed since; nothing where it cannot be used.

    Args:
        saved: the index.
        store: what it is made of.
        limit: changes that are applied at most; nothing is returned where there are more.
        report: told, in a sentence, why the index is of no use any more.
    """
    try:
        store.events(saved.event_id, limit=1)
        return advanced(saved.open(), store, limit=limit)
    except UnknownRecordError:
        report("The index is of a state that the store was never in. It will be built again.")
    except (SnapshotDamagedError, DuplicateIdError, UnknownIdError) as error:
        report(f"{error.message} It will be built again.")
    return None


def advanced(index: LayeredIndex, store: Store, *, limit: int) -> LayeredIndex | None:
    """Return the index with what changed in the store since, or nothing where that is more than `limit` rows.

    Raises:
        DuplicateIdError, UnknownIdError: the store has another past than the index.
    """
    changes = store.changes_since(index.change_number, limit=limit)
    if changes is None:
        return None
    return index.after(
        IndexChanges(up_to=changes.up_to, added=changes.added, removed=changes.removed)
    )
