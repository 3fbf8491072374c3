"""Save a newer index: a delta over the base where little changed, a new base where much did.

One process of a machine does this at a time, under the lock of the index folder; all others go on with what they have
mapped and take up the new files when they stand there whole.
"""

from pathlib import Path
from typing import Final

from rempart.match import (
    DuplicateIdError,
    KnownIndex,
    LayeredIndex,
    SnapshotDamagedError,
    UnknownIdError,
)
from rempart.node.folder import NodeFolder
from rempart.node.index_files import (
    SavedIndex,
    advanced,
    delta_name,
    matchable_of,
    remove_others,
    saved_indexes,
    state_name,
)
from rempart.store import Store, UnknownRecordError

SMALL_BASE: Final = 200_000
"""Fingerprints up to which a base is made anew each time: it takes no longer than a delta is worth."""

LARGEST_DELTA: Final = 200_000
"""Changes over a base up to which a delta is saved, and for large bases one for each `BASE_TO_DELTA` of the base's."""

BASE_TO_DELTA: Final = 8


def save_newer_index(folder: NodeFolder, store: Store) -> SavedIndex:
    """Save an index of the store's present state in place of the others; call it under the folder's index lock.

    Raises:
        OSError: the disk refused; what was saved before is untouched.
        SnapshotDamagedError: what was written cannot be read back.
    """
    saved = next(iter(saved_indexes(folder.index)), None)
    newer = None if saved is None else _index_over(saved, store)
    if saved is not None and newer is not None:
        # Also where a new base is due: building that takes a while, and who starts meanwhile is to read little.
        made = _kept(folder, _save_delta(newer, saved, store))
        if newer.delta_size <= _largest_delta(newer):
            return made
    return _kept(folder, _save_base(folder, store))


def save_base(folder: NodeFolder, store: Store) -> SavedIndex:
    """Save a new base of the store's present state in place of all others, as `save_newer_index` does."""
    return _kept(folder, _save_base(folder, store))


def _kept(folder: NodeFolder, place: Path) -> SavedIndex:
    made = SavedIndex.at(place)
    if made is None:
        raise SnapshotDamagedError(place, "it has gone")
    remove_others(folder.index, keep=made)
    return made


def _index_over(saved: SavedIndex, store: Store) -> LayeredIndex | None:
    """Return the saved index with what changed since; nothing where a new base is the better, or the only, way."""
    try:
        store.events(saved.event_id, limit=1)
        index = saved.open()
        if index.base_size <= SMALL_BASE:
            return None
        newer = advanced(index, store, limit=_largest_delta(index))
    except (UnknownRecordError, SnapshotDamagedError, DuplicateIdError, UnknownIdError):
        return None
    return None if newer is index else newer


def _save_delta(newer: LayeredIndex, saved: SavedIndex, store: Store) -> Path:
    name = delta_name(newer.change_number, store.last_event_id(), base=saved.base)
    place = saved.place.with_name(name)
    newer.save_delta(place)
    return place


def _largest_delta(index: LayeredIndex) -> int:
    """Return how many changes over its base an index may hold before the base is made anew."""
    return max(LARGEST_DELTA, index.base_size // BASE_TO_DELTA)


def _save_base(folder: NodeFolder, store: Store) -> Path:
    """Build a base from the store: it is the truth, whatever the files hold.

    All parts are read as of one change, so that others may write meanwhile.
    """
    change_number = store.change_number()
    # Asked after the number: a store brought back from before this event cannot have got to this number otherwise.
    place = folder.index / state_name(change_number, store.last_event_id())
    KnownIndex.write(
        lambda kind: matchable_of(store, kind, as_of=change_number),
        place,
        change_number=change_number,
        has_cpp512_alone=store.has_cpp512_alone(),
    )
    return place
