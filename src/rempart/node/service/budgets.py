"""How much a key may ask in a day: counted in the store, in bites, so that a query seldom needs a write."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

from rempart.model.clock import Clock
from rempart.model.identifiers import KeyId
from rempart.node.service.gate_errors import BudgetError
from rempart.store import StoreLockedError, StoreUnavailableError

LARGEST_BITE: Final = 1_000_000
_BITES_PER_WORKER: Final = 100
_SHRINK: Final = 8


class Charge(Protocol):
    """Counts queries of a key in the store."""

    def __call__(self, key_id: KeyId, day: date, count: int, limit: int, /) -> int | None:
        """Count all of them or none; return what is left, or nothing where they are too many."""
        ...


@dataclass(slots=True)
class _Hand:
    """What this worker has taken from one key's budget and not used yet.

    Attributes:
        refused: the smallest number that the store refused on this day; a budget does not grow before the next.
        owed: used on credit while the store took no write, and not counted there yet.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    day: date = date.min
    left: int = 0
    refused: int | None = None
    owed: int = 0


class Budgets:
    """The budgets of all keys, as one worker uses them.

    A worker takes a bite of at most a hundredth of its share ahead and uses it up in memory. So no more is ever
    used than the budget; what a worker holds when it stops, at most one bite, is lost to the key for that day.
    While the store takes no write, held by a long one or on a full disk, a worker gives up to one such bite on credit
    and has it counted afterwards.
    """

    def __init__(self, charge: Charge, *, clock: Clock, workers: int) -> None:
        """Take what counts in the store, the wall clock, and the number of workers of this machine."""
        self._charge = charge
        self._clock = clock
        self._workers = workers
        self._hands: dict[KeyId, _Hand] = {}

    def take_in_hand(self, key_id: KeyId, count: int) -> bool:
        """Use queries that are at hand, without the store and without waiting; tell whether there were enough."""
        hand = self._hand(key_id)
        if not hand.lock.acquire(blocking=False):
            return False
        try:
            return self._use(hand, self._clock.now().date(), count)
        finally:
            hand.lock.release()

    def take(self, key_id: KeyId, count: int, *, limit: int) -> None:
        """Use queries, from the store where too few are at hand; may wait for the store.

        Raises:
            BudgetError: the budget of this day has not so many left; nothing was used.
            StoreLockedError, StoreUnavailableError: the store takes no write, and this worker's credit is used up.
        """
        hand = self._hand(key_id)
        with hand.lock:
            now = self._clock.now()
            if self._use(hand, now.date(), count):
                return
            missing = count - hand.left
            if hand.refused is None or missing < hand.refused:
                if self._fill(key_id, hand, missing, limit):
                    hand.left -= count
                    return
                hand.refused = missing
        raise BudgetError(_seconds_to_midnight(now))

    def _fill(self, key_id: KeyId, hand: _Hand, missing: int, limit: int) -> bool:
        """Get what is missing from the store, or on credit while it is held; tell whether there was enough.

        Raises:
            StoreLockedError, StoreUnavailableError: the store takes no write, and the credit is used up.
        """
        try:
            taken = self._bite(key_id, hand.day, missing + hand.owed, limit)
        except (StoreLockedError, StoreUnavailableError):
            if hand.owed + missing > self._share(limit):
                raise
            hand.owed += missing
            hand.left += missing
            return True
        if taken:
            hand.left += taken - hand.owed
            hand.owed = 0
        return taken > 0

    def _share(self, limit: int) -> int:
        return min(LARGEST_BITE, limit // (self._workers * _BITES_PER_WORKER))

    def _bite(self, key_id: KeyId, day: date, missing: int, limit: int) -> int:
        """Take ahead from the store, less near the end of the budget; return how much, 0 where it is not enough."""
        size = max(missing, self._share(limit))
        while self._charge(key_id, day, size, limit) is None:
            if size == missing:
                return 0
            size = max(missing, size // _SHRINK)
        return size

    def _use(self, hand: _Hand, day: date, count: int) -> bool:
        if hand.day != day:
            hand.day, hand.left, hand.refused, hand.owed = day, 0, None, 0
        if hand.left < count:
            return False
        hand.left -= count
        return True

    def _hand(self, key_id: KeyId) -> _Hand:
        # setdefault is one step: two threads get the same hand.
        return self._hands.get(key_id) or self._hands.setdefault(key_id, _Hand())


def _seconds_to_midnight(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=UTC)
    return max(1, int((midnight - now).total_seconds()) + 1)
