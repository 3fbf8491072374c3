"""What was matched, on record before the answer: look-ups of many requests share one transaction and one event.

While another write holds the store they go into a journal on this machine's disk instead (`journal`), so that no answer
waits for an import.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from rempart.model.service import Lookup
from rempart.node.node import OpenNode
from rempart.node.service.errors import BusyError, HistoryUnwritableError
from rempart.node.service.journal import HistoryJournal
from rempart.node.service.recording import record_lookups
from rempart.store import Store, StoreLockedError, StoreUnavailableError

_MOST_LOOKUPS_AT_ONCE: Final = 2_000
_MOST_WAITING: Final = 4_096
"""Requests whose look-ups wait to be written; more are refused rather than piled up in memory."""

_TRY_AGAIN_SECONDS: Final = 2.0
"""How long groups go straight into the journal once the store was found held."""

_IDLE_SECONDS: Final = 10.0
"""After which a journal is left to the keeper, where nothing more was matched."""


@dataclass(slots=True)
class _Waiting:
    lookups: Sequence[Lookup]
    done: Future[None] = field(default_factory=Future)


class HistoryWriter:
    """Writes look-ups in groups: what arrives while one transaction is committed goes into the next."""

    def __init__(
        self,
        node: OpenNode,
        *,
        hasty_store: Store,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the thread that writes.

        Args:
            node: who writes, and where journals lie.
            hasty_store: the node's store, opened to wait for another write for a moment only.
            monotonic: tells seconds.
        """
        self._node = node
        self._store = hasty_store
        self._journal = HistoryJournal(node.folder.history_journals)
        self._monotonic = monotonic
        self._held_until = float("-inf")
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def record(self, lookups: Sequence[Lookup]) -> Future[None]:
        """Take look-ups; the future is done when they are on record, or says why they are not.

        Raises:
            BusyError: too many wait already.
        """
        waiting = _Waiting(lookups)
        waiting.done.set_running_or_notify_cancel()  # who does not wait any more must not end the thread
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            raise BusyError from None
        return waiting.done

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()
        self._journal.release()

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Return what waits, at least one; and whether there will be more."""
        first = self._first()
        if first is None:
            return [], False
        group = [first]
        size = len(first.lookups)
        while size < _MOST_LOOKUPS_AT_ONCE:
            try:
                each = self._waiting.get_nowait()
            except queue.Empty:
                break
            if each is None:
                return group, False
            group.append(each)
            size += len(each.lookups)
        return group, True

    def _first(self) -> _Waiting | None:
        """Wait for what comes next; a journal to which nothing is added for a moment is left to the keeper."""
        if self._journal.is_open:
            try:
                return self._waiting.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                self._journal.release()
        return self._waiting.get()

    def _write(self, group: list[_Waiting]) -> None:
        try:
            self._keep([lookup for each in group for lookup in each.lookups])
        except BaseException as error:  # noqa: BLE001 - each request is told, in its own thread
            for each in group:
                each.done.set_exception(error)
            return
        for each in group:
            each.done.set_result(None)

    def _keep(self, lookups: Sequence[Lookup]) -> None:
        if self._monotonic() < self._held_until:
            self._keep_in_journal(lookups)
            return
        try:
            record_lookups(self._node, self._store, lookups)
        except (StoreLockedError, StoreUnavailableError):
            self._keep_in_journal(lookups)
            self._held_until = self._monotonic() + _TRY_AGAIN_SECONDS
        else:
            self._journal.release()

    def _keep_in_journal(self, lookups: Sequence[Lookup]) -> None:
        try:
            self._journal.append(lookups)
        except OSError as error:
            raise HistoryUnwritableError from error
