"""The saved indexes of a machine: one folder for each state of the store, named after what it goes up to.

A name holds the change number and the event of the store up to which the index goes: where the store does not know the
event, a backup was brought back, and the index is of another past. A base stands for itself; a delta lies over one base
and names it.
"""

import re
import shutil
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from rempart.match import (
    DuplicateIdError,
    IndexChanges,
    LayeredIndex,
    SnapshotDamagedError,
    UnknownIdError,
    frame_rows,
    is_readable,
)
from rempart.model.fingerprint import PDQ_BYTES, VPDQ
from rempart.model.identifiers import EventId
from rempart.node.folder import NodeFolder
from rempart.store import Store, UnknownRecordError

_STATE: Final = r"[0-9]{1,18}-[0-9a-f]{32}"
_NAME: Final = re.compile(rf"({_STATE})(?:-over-({_STATE}))?", re.ASCII)
_PARTIAL: Final = re.compile(rf"\.{_STATE}(?:-over-{_STATE})?\.partial", re.ASCII)


@dataclass(frozen=True, slots=True)
class SavedIndex:
    """A saved index and the state of the store that its name says.

    Attributes:
        place: its folder.
        base: folder of the base that it lies over; its own for a base.
        event_id: an event that the store had when the index was made.
        inode: of the folder; tells it from a damaged one that it replaced.
    """

    place: Path
    base: Path
    change_number: int
    event_id: EventId
    inode: int

    @classmethod
    def at(cls, place: Path) -> Self | None:
        """Return the saved index at a place; nothing where the name is not that of one, or no folder is there."""
        name = _NAME.fullmatch(place.name)
        try:
            state = place.lstat()
        except OSError:
            return None
        if name is None or not stat.S_ISDIR(state.st_mode):
            return None
        number, _, event = name[1].partition("-")
        base = place if name[2] is None else place.with_name(name[2])
        return cls(place, base, int(number), EventId(UUID(event)), state.st_ino)

    @property
    def is_base(self) -> bool:
        """Whether it stands for itself."""
        return self.place == self.base

    def open(self, over: LayeredIndex | None = None) -> LayeredIndex:
        """Map it.

        Args:
            over: an index of the same base, which then need not be mapped again.

        Raises:
            SnapshotDamagedError: it is not as it was written, or another process removed it.
        """
        if self.is_base:
            return LayeredIndex.open(self.place)
        return LayeredIndex.open(self.base, self.place) if over is None else over.under(self.place)


def state_name(change_number: int, event_id: EventId) -> str:
    """Return what a base of this state is called."""
    return f"{change_number}-{event_id.hex}"


def delta_name(change_number: int, event_id: EventId, *, base: Path) -> str:
    """Return what a delta of this state over a base is called."""
    return f"{state_name(change_number, event_id)}-over-{base.name}"


def saved_indexes(folder: Path) -> list[SavedIndex]:
    """Return the saved indexes of a folder, which may be absent, the newest first."""
    paths = list(folder.iterdir()) if folder.is_dir() else []
    found = [saved for saved in map(SavedIndex.at, paths) if saved is not None]
    return sorted(found, key=_age, reverse=True)


def _age(saved: SavedIndex) -> tuple[int, bool, str]:
    return saved.change_number, saved.is_base, saved.place.name


def remove_others(folder: Path, *, keep: SavedIndex) -> None:
    """Remove every index but one with its base, and what an interrupted writer left; call it under the index lock.

    Who has them mapped goes on with them.
    """
    for path in folder.iterdir():
        if path.is_dir() and path not in {keep.place, keep.base}:
            shutil.rmtree(path, ignore_errors=True)


def remove_leftovers(folder: NodeFolder) -> None:
    """Remove what writers that were interrupted have left; call it under the index lock."""
    for path in folder.index.iterdir():
        if _PARTIAL.fullmatch(path.name) is not None:
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
    if changes.up_to == index.change_number:
        return index
    # What became of an entry does not go by itself; a base that is made anew forgets those that have gone.
    alone = index.has_cpp512_alone or store.has_cpp512_alone(since=index.change_number)
    added, removed = _frames(changes.added_videos), _frames(changes.removed_videos)
    return index.after(
        IndexChanges(
            up_to=changes.up_to,
            added={**changes.added, **({VPDQ: added} if len(added[0]) else {})},
            removed={**changes.removed, **({VPDQ: removed[0]} if len(removed[0]) else {})},
            has_cpp512_alone=alone,
        )
    )


def matchable_of(
    store: Store, kind: str, *, as_of: int
) -> Iterable[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Return parts of what an index holds of one kind: of videos, their frames."""
    if kind == VPDQ:
        return frame_rows(store.matchable_videos(as_of=as_of))
    return store.matchable(kind, as_of=as_of)


def unreadable_videos(store: Store) -> int:
    """Return how many listed videos hold no frames that can be read; it reads all of them."""
    return sum(not is_readable(text) for _, text in store.matchable_videos())


def _frames(videos: Iterable[tuple[int, bytes]]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    parts = [(np.empty(0, np.int64), np.empty((0, PDQ_BYTES), np.uint8)), *frame_rows(videos)]
    return np.concatenate([ids for ids, _ in parts]), np.concatenate([each for _, each in parts])
