"""How far the index is, in the words of HMA's clients."""

from dataclasses import dataclass
from typing import Final

from rempart.node.hma.banks import Banks, Scope
from rempart.node.hma.signals import SIGNAL_TYPES
from rempart.node.live_index import LiveIndex
from rempart.node.node import OpenNode

_STALE_SECONDS: Final = 65.0
"""After so long without being in step, HMA calls its index stale."""


@dataclass(frozen=True, slots=True)
class IndexSize:
    """How much of one signal type is matched.

    Attributes:
        stored: signals of active contents.
        is_behind: whether the index has not taken up the last change yet.
        built_to: seconds since 1970 up to which the index goes; -1 where nothing is stored.
    """

    stored: int
    is_behind: bool
    built_to: int

    def as_index_json(self) -> dict[str, object]:
        """Return what `/c/signal_type/index` says."""
        return {
            "db_size": self.stored,
            "index_size": self.stored,
            "index_out_of_date": self.is_behind,
            "newest_db_item": self.built_to,
            "index_built_to": self.built_to,
        }

    def as_status_json(self) -> dict[str, object]:
        """Return what `/m/index/status` says."""
        return {"present": self.stored > 0, "built_to": self.built_to, "size": self.stored}


class IndexState:
    """What can be said of the index."""

    def __init__(self, node: OpenNode, banks: Banks, live: LiveIndex) -> None:
        self._node = node
        self._banks = banks
        self._live = live

    @property
    def is_ready(self) -> bool:
        """Whether look-ups can be answered."""
        return self._live.ready

    @property
    def is_stale(self) -> bool:
        """Whether the index has not been in step with the store for long."""
        return self._live.staleness_seconds > _STALE_SECONDS

    def sizes(self, scope: Scope, names: tuple[str, ...]) -> dict[str, IndexSize]:
        """Return how much of some signal types is matched within a scope."""
        store = self._node.store
        counts = [store.list_counts(list_id).by_kind for list_id in self._banks.by_list(scope)]
        is_behind = not self._live.ready or (
            self._live.current().change_number != store.change_number()
        )
        now = int(self._node.clock.now().timestamp() - self._live.staleness_seconds)
        sizes = {}
        for name in names:
            kind = SIGNAL_TYPES[name]
            stored = sum(each.get((kind.kind, kind.dialect), 0) for each in counts)
            sizes[name] = IndexSize(stored, is_behind, now if stored else -1)
        return sizes
