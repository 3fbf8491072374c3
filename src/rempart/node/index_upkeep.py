"""Keep the search index in step with the store: map the saved one, apply what is newer, or build anew.

Readers map the saved index and apply the few later changes in memory; only when there are too many is it built again,
by one process at a time.
"""

from collections.abc import Callable
from typing import Final

from rempart.match import KnownIndex, LayeredIndex
from rempart.node.folder import NodeFolder
from rempart.node.index_files import SavedIndex, brought_up_to_date, remove_others, saved_indexes
from rempart.store import Store

LARGEST_TAIL: Final = 16_384
"""Changes that are applied in memory; beyond them a new index is built and saved."""


def ready_index(
    folder: NodeFolder, store: Store, *, report: Callable[[str], None] = lambda _: None
) -> LayeredIndex:
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
        return build_index(folder, store).open()


def build_index(folder: NodeFolder, store: Store) -> SavedIndex:
    """Build the index from the store and save it in place of every other; call it under the folder's index lock.

    Raises:
        OSError: the disk refused; what was saved before is untouched.
    """
    index, saved = _build(folder, store)
    index.save(saved.place)
    remove_others(folder.index, keep=saved)
    return saved


def _say_nothing(_text: str) -> None:
    """Leave out what the second look, under the lock, will tell."""


def _build(folder: NodeFolder, store: Store) -> tuple[KnownIndex, SavedIndex]:
    """Build from the store, again if another process changed it meanwhile: the parts must fit each other."""
    while True:
        change_number = store.change_number()
        index = KnownIndex.build(store.matchable, change_number=change_number)
        event_id = store.last_event_id()
        if store.change_number() == change_number:
            saved = SavedIndex.name_in(folder.index, change_number=change_number, event_id=event_id)
            return index, saved


def _open_newest(
    folder: NodeFolder, store: Store, report: Callable[[str], None]
) -> LayeredIndex | None:
    for saved in saved_indexes(folder.index):
        index = brought_up_to_date(saved, store, limit=LARGEST_TAIL, report=report)
        if index is not None:
            return index
    return None
