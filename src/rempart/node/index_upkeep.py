"""Keep the search index in step with the store: map the saved one, apply what is newer, or build anew.

Readers map the saved index and apply the few later changes in memory; only when there are too many is a newer one
saved, by one process at a time.
"""

from collections.abc import Callable
from typing import Final

from rempart.match import LayeredIndex
from rempart.node.compaction import save_newer_index
from rempart.node.folder import NodeFolder
from rempart.node.index_files import advanced, brought_up_to_date, saved_indexes
from rempart.store import Store

LARGEST_TAIL: Final = 16_384
"""Changes that are applied in memory; beyond them a newer index is saved."""

_NO_LIMIT: Final = 2**31


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
        made = save_newer_index(folder, store).open()
    # What others wrote meanwhile is applied, however much it is: whoever writes without end never lets this end either.
    return advanced(made, store, limit=_NO_LIMIT) or made


def _say_nothing(_text: str) -> None:
    """Leave out what the second look, under the lock, will tell."""


def _open_newest(
    folder: NodeFolder, store: Store, report: Callable[[str], None]
) -> LayeredIndex | None:
    for saved in saved_indexes(folder.index):
        index = brought_up_to_date(saved, store, limit=LARGEST_TAIL, report=report)
        if index is not None:
            return index
    return None
