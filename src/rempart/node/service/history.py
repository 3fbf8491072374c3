"""What was matched, on record before the answer: look-ups of many requests share one transaction and one event."""

import queue
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from rempart.model.service import Lookup
from rempart.node.node import OpenNode
from rempart.node.service.errors import BusyError

_MOST_LOOKUPS_AT_ONCE: Final = 2_000
_MOST_WAITING: Final = 4_096
"""Requests whose look-ups wait to be written; more are refused rather than piled up in memory."""


@dataclass(slots=True)
class _Waiting:
    lookups: Sequence[Lookup]
    done: Future[None] = field(default_factory=Future)


class HistoryWriter:
    """Writes look-ups in groups: what arrives while one transaction is committed goes into the next."""

    def __init__(self, node: OpenNode) -> None:
        """Start the thread that writes."""
        self._node = node
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def record(self, lookups: Sequence[Lookup]) -> Future[None]:
        """Take look-ups; the future is done when they are on record, or says why they are not.

        Raises:
            BusyError: too many wait already.
        """
        waiting = _Waiting(lookups)
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            raise BusyError from None
        return waiting.done

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Return what waits, at least one; and whether there will be more."""
        first = self._waiting.get()
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

    def _write(self, group: list[_Waiting]) -> None:
        lookups = [lookup for each in group for lookup in each.lookups]
        asked = Counter(str(lookup.principal_id) for lookup in lookups)
        node = self._node
        try:
            with node.store.write(
                principal=node.principal, clock=node.clock, identifiers=node.identifiers
            ) as writer:
                writer.lookups.record(lookups)
                writer.record(
                    "matches.recorded",
                    {
                        "lookups": len(lookups),
                        "matches": sum(len(lookup.matches) for lookup in lookups),
                        "asked_by": dict(asked),
                    },
                )
        except BaseException as error:  # noqa: BLE001 - each request is told, in its own thread
            for each in group:
                each.done.set_exception(error)
            return
        for each in group:
            each.done.set_result(None)
