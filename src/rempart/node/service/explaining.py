"""Hits of small requests, explained together: one question to the store and one write for all that wait.

A small look-up that hits costs little more than its transaction. So whoever hits while others are explained waits for
them, and all who waited share the next question; while their matches are written, the next ones are explained.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from rempart.model.identifiers import PrincipalId
from rempart.node.service.errors import BusyError
from rempart.node.service.matching import Found, HitBatch, MatchDesk
from rempart.node.service.queries import Batch

_MOST_AT_ONCE: Final = 256
_MOST_WAITING: Final = 4_096
"""Requests that hit and wait; more are refused rather than piled up in memory."""


@dataclass(slots=True)
class _Waiting:
    asked: HitBatch
    done: Future[Found] = field(default_factory=Future)


class HitExplainer:
    """Explains hits in groups, in a thread of its own; for callers who may see every list."""

    def __init__(self, matching: MatchDesk) -> None:
        """Start the thread."""
        self._matching = matching
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="explain", daemon=True)
        self._thread.start()

    def match(
        self, batch: Batch, hits: Sequence[int], *, principal_id: PrincipalId
    ) -> Future[Found]:
        """Take queries that hit; the future holds what they found as soon as that is on record.

        Args:
            batch: the queries.
            hits: positions that `MatchDesk.hits` returned, at least one.
            principal_id: who asks; may see every list.

        Raises:
            BusyError: too many wait already.
        """
        waiting = _Waiting(HitBatch(batch, hits, principal_id))
        waiting.done.set_running_or_notify_cancel()  # what matched goes on record, whoever still waits
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            raise BusyError from None
        return waiting.done

    def close(self) -> None:
        """Explain what waits, and end; its matches are on record when the history has ended too."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                self._explain(group)

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Return what waits, at least one; and whether there will be more."""
        group: list[_Waiting] = []
        each = self._waiting.get()
        while each is not None:
            group.append(each)
            if len(group) == _MOST_AT_ONCE:
                return group, True
            try:
                each = self._waiting.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _explain(self, group: Sequence[_Waiting]) -> None:
        try:
            found, recorded = self._matching.match_together([each.asked for each in group])
        except BaseException as error:  # noqa: BLE001 - each request is told, in its own thread
            for each in group:
                each.done.set_exception(error)
            return
        if recorded is None:
            _tell(group, found, None)
        else:
            recorded.add_done_callback(partial(_tell, group, found))


def _tell(group: Sequence[_Waiting], found: Sequence[Found], recorded: Future[None] | None) -> None:
    """Give each request its answer, or why its matches could not be written."""
    error = None if recorded is None else recorded.exception()
    for each, one in zip(group, found, strict=True):
        if error is None:
            each.done.set_result(one)
        else:
            each.done.set_exception(error)
