"""Whether the clock can be believed before anything is forgotten: what a wrong clock deletes does not come back."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from rempart.node.logs import log_event
from rempart.node.node import OpenNode
from rempart.node.retention import forget_expired

STEADY_SECONDS: Final = 86_400.0
"""How long a clock that jumped must run on without another jump before it is believed."""

_SLACK_SECONDS: Final = 600.0
_DAY: Final = timedelta(days=1)


def seconds_since_boot() -> float:
    """Return seconds that no clock setting changes; the time in which the machine sleeps counts."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class CarefulRetention:
    """Forgets what is over, unless the clock may have jumped; then it waits until the clock was steady for a day.

    The clock is doubted when it moved otherwise than the time since boot by more than ten minutes; and at the start
    of a keeper, unless an event is on record of the day before the last 24 hours: those after a jump are no evidence.
    A node that was off, idle or not yet there then begins to forget a day later. A clock that stays wrong for a day
    is believed.
    """

    def __init__(self, elapsed: Callable[[], float] = seconds_since_boot) -> None:
        """Take what tells the seconds that passed, whatever the clock says."""
        self._elapsed = elapsed
        self._last: tuple[datetime, float] | None = None
        self._doubted_at: float | None = None

    def tend(self, node: OpenNode) -> dict[str, int]:
        """Forget what is over if the clock is believed; return how many of each were forgotten.

        Raises:
            RempartError: the store cannot be read or written.
        """
        now, elapsed = node.clock.now(), self._elapsed()
        if self._has_jumped(node, now, elapsed):
            if self._doubted_at is None:
                log_event("retention-waits-for-clock")
            self._doubted_at = elapsed
        self._last = now, elapsed
        if self._doubted_at is not None:
            if elapsed - self._doubted_at < STEADY_SECONDS:
                return {}
            self._doubted_at = None
        return forget_expired(node)

    def _has_jumped(self, node: OpenNode, now: datetime, elapsed: float) -> bool:
        if self._last is None:
            return _is_doubtful(node, now)
        before, elapsed_before = self._last
        moved = (now - before).total_seconds()
        return abs(moved - (elapsed - elapsed_before)) > _SLACK_SECONDS


def _is_doubtful(node: OpenNode, now: datetime) -> bool:
    """Return whether nothing is on record of the day before the last one: was the clock right then, it is now."""
    return not node.store.has_events(since=now - 2 * _DAY, until=now - _DAY)
