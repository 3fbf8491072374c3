"""How fast a caller may ask: token buckets in the memory of one worker."""

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_BUCKETS: Final = 50_000
"""Beyond this the bucket that was unused longest is forgotten: its owner begins with a full one."""

_SECONDS_PER_MINUTE: Final = 60.0


class Pacer:
    """Buckets by name. A bucket holds one minute's share of this worker, and fills evenly.

    Each worker counts for itself, with the limit divided by the number of workers: no write is needed, and a caller
    whose connections all end at one worker gets that share only. A clock that is set by hand has no effect.
    """

    def __init__(self, *, workers: int, monotonic: Callable[[], float]) -> None:
        """Take the number of workers of this machine, and a clock that only goes forward."""
        self._workers = workers
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, per_minute: int) -> int:
        """Take one from a bucket; return 0, or after how many seconds there is one again.

        Args:
            name: whose bucket.
            per_minute: limit of all workers together; 0 sets none.
        """
        if per_minute <= 0:
            return 0
        with self._lock:
            tokens, now = self._level(name, per_minute)
            missing = 1.0 - tokens
            self._buckets[name] = (tokens if missing > 0 else tokens - 1.0, now)
            self._buckets.move_to_end(name)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return math.ceil(missing / self._rate(per_minute)) if missing > 0 else 0

    def waits(self, name: str, per_minute: int) -> int:
        """Return what `take` would, and take nothing."""
        if per_minute <= 0:
            return 0
        with self._lock:
            missing = 1.0 - self._level(name, per_minute)[0]
        return math.ceil(missing / self._rate(per_minute)) if missing > 0 else 0

    def _rate(self, per_minute: int) -> float:
        return per_minute / self._workers / _SECONDS_PER_MINUTE

    def _level(self, name: str, per_minute: int) -> tuple[float, float]:
        now = self._monotonic()
        # A share below one could never hold a whole token.
        most = max(1.0, per_minute / self._workers)
        tokens, at = self._buckets.get(name, (most, now))
        return min(most, tokens + (now - at) * self._rate(per_minute)), now


def address_name(address: str | None) -> str:
    """Return the name under which callers from one place are counted: the address, of IPv6 its /64 network.

    Who has one IPv6 address has 2**64 of them.
    """
    if address is None:
        return "address:unknown"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64))}"
    return f"address:{parsed}"
