"""What the keeper of a machine does for the search index: save newer ones in time, and check what lies on the disk."""

import threading
from typing import Final

from rempart.match import KnownIndex, SnapshotDamagedError
from rempart.node.compaction import save_newer_index
from rempart.node.folder import NodeFolder
from rempart.node.index_files import SavedIndex, remove_leftovers, saved_indexes
from rempart.store import Store, UnknownRecordError

SAVE_FROM: Final = 8_192
"""Changes since the newest file from which a newer one is saved: what a process reads when it starts is never much."""


class IndexKeeper:
    """Keeps the saved index of one machine near the store; ask it to `tend` every second.

    Whatever happens to the process, the index that was saved before stays usable.
    """

    def __init__(self) -> None:
        self._seen: tuple[SavedIndex | None, int] | None = None
        self._checked: set[SavedIndex] = set()
        self._lock = threading.Lock()

    def tend(self, folder: NodeFolder, store: Store) -> bool:
        """Do what is due, and tell whether anything was.

        Raises:
            OSError: the disk refused; the index that was saved before is untouched.
            RempartError: the store cannot be read.
        """
        with self._lock:
            if self._seen is None and folder.index.is_dir():
                with folder.index_lock():
                    remove_leftovers(folder)
            saved = next(iter(saved_indexes(folder.index)), None)
            now = saved, store.change_number()
            if now == self._seen and self._is_sound(saved):
                return False
            if now == self._seen or _is_due(saved, store):
                return self._save(folder, store)
            self._seen = now
            return False

    def _save(self, folder: NodeFolder, store: Store) -> bool:
        with folder.index_lock():
            saved = save_newer_index(folder, store)
        self._seen = saved, saved.change_number
        if saved.is_base:  # checked while it was written
            self._checked = {saved}
        return True

    def _is_sound(self, saved: SavedIndex | None) -> bool:
        """Check whole, once for each, what was opened on the word of a stamp, or without one."""
        if saved is None or saved in self._checked:
            return True
        parts = {SavedIndex.at(saved.base) or saved, saved}
        try:
            for part in parts - self._checked:
                KnownIndex.certify(part.place)
            saved.open()
        except SnapshotDamagedError:
            return (
                SavedIndex.at(saved.place) != saved
            )  # gone: another process has saved a newer one
        self._checked = parts
        return True


def _is_due(saved: SavedIndex | None, store: Store) -> bool:
    if saved is None:
        return True
    try:
        store.events(saved.event_id, limit=1)
    except UnknownRecordError:
        return True
    return store.changes_since(saved.change_number, limit=SAVE_FROM) is None
