"""The service of one worker: a node, its live index, who may do what, and one desk for each use."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from rempart.model.errors import RempartError
from rempart.node.folder import NodeFolder
from rempart.node.live_index import LiveIndex
from rempart.node.node import OpenNode, open_node, open_store
from rempart.node.service.audit_desk import AuditDesk
from rempart.node.service.entries import EntryDesk
from rempart.node.service.explaining import HitExplainer
from rempart.node.service.history import HistoryWriter
from rempart.node.service.identity import Gate
from rempart.node.service.key_desk import KeyDesk
from rempart.node.service.lists import ListDesk
from rempart.node.service.matching import MatchDesk
from rempart.node.service.memory import UploadMemory
from rempart.node.service.opening import open_gate
from rempart.node.service.reviewing import ReviewDesk
from rempart.node.service.scanning import ScanDesk
from rempart.node.service.threads import WRITE_SECONDS, StoreThreads
from rempart.node.service.uploads import UploadReaders
from rempart.node.settings import Settings
from rempart.store import Store

if TYPE_CHECKING:
    from rempart.node.service.deciding import Desks

_UPLOADS_AT_ONCE: Final = 4
"""The memory for uploads of one worker, in bodies of the largest size."""

_HASTY_SECONDS: Final = 0.25
"""How long an answer waits for another write: then its matches go into the journal, its queries on credit."""

_LONGEST_BEHIND_SECONDS: Final = 10.0
"""An index that was out of step for longer answers from too old lists: another worker or machine should be asked."""


class Service:
    """Everything that one worker answers with. Is no value: close it, or use it as a context manager.

    Attributes:
        node: store, settings, clock, identifiers.
        live: the index in step with the store.
        gate: who may do what, and how much.
        matching: matches fingerprints.
        explaining: matches those of small requests that hit, together.
        scanning: scans files.
        lists: shows and changes lists.
        entries: shows and changes entries.
        reviewing: shows the history of matches.
        keys: shows and changes API keys.
        audit: shows the audit log.
        threads: where calls wait for the store, those that read apart from those that write.
        upload_memory: what uploads may take together.
    """

    def __init__(self, node: OpenNode, gate: Gate, live: LiveIndex, *, hasty_store: Store) -> None:
        """Join the parts; use `open`."""
        settings = node.settings
        self.node: Final = node
        self.gate: Final = gate
        self.live: Final = live
        self.threads: Final = StoreThreads()
        self.upload_memory: Final = UploadMemory(_UPLOADS_AT_ONCE * settings.request_body_bytes)
        self._hasty_store = hasty_store
        self._history = HistoryWriter(node, hasty_store=hasty_store)
        self.matching: Final = MatchDesk(node, live, self._history)
        self.explaining: Final = HitExplainer(self.matching)
        workers = max(1, settings.worker_count() // settings.serve_worker_count())
        self._readers = UploadReaders(settings, self.matching.matcher, workers=workers)
        self.scanning: Final = ScanDesk(self._readers, self.matching)
        self.lists: Final = ListDesk(node, gate)
        self.entries: Final = EntryDesk(node)
        self.reviewing: Final = ReviewDesk(node)
        self.keys: Final = KeyDesk(node)
        self.audit: Final = AuditDesk(node)

    @classmethod
    def open(cls, folder: NodeFolder, settings: Settings) -> Self:
        """Open a node for answering, in the process that will answer: it starts threads.

        Args:
            folder: of the node.
            settings: as the supervisor read them, with what the command line changed.

        Raises:
            RempartError: the node, its keys or its settings cannot be used.
        """
        node = open_node(folder, settings, busy_timeout_seconds=WRITE_SECONDS)
        hasty_store = open_store(folder, settings, busy_timeout_seconds=_HASTY_SECONDS)
        live = LiveIndex(folder, node.store)
        try:
            gate = open_gate(node, charge=hasty_store.charge)
            live.start()
            return cls(node, gate, live, hasty_store=hasty_store)
        except BaseException:
            live.close()
            hasty_store.close()
            node.close()
            raise

    @cached_property
    def desks(self) -> "Desks":
        """Who decides in a case. What law needs is loaded for the first one: ask from a thread."""
        from rempart.node.service.deciding import Desks  # noqa: PLC0415 - no look-up needs law

        return Desks(self.node)

    @property
    def settings(self) -> Settings:
        """What the operator set."""
        return self.node.settings

    def warm_up(self) -> None:
        """Start what the first file would have to wait for."""
        self._readers.warm_up()

    def waits_for(self) -> Sequence[str]:
        """Return what is missing before the service can do its work; empty where nothing is. Asks the store."""
        missing = []
        if self.live.waits_for is not None:
            missing.append(self.live.waits_for)
        elif self.live.staleness_seconds > _LONGEST_BEHIND_SECONDS:
            missing.append("the search index, which is not in step with the store")
        try:
            self.node.store.change_number()
        except RempartError:
            missing.append("the store")
        return missing

    def close(self) -> None:
        """Finish what is under way, and let go of everything."""
        self.threads.shutdown()
        self._readers.close()
        self.explaining.close()
        self._history.close()
        self._hasty_store.close()
        self.live.close()
        self.node.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
