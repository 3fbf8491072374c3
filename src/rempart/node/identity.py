"""The real clock and the real source of identifiers: only the node creates them."""

import os
import threading
from datetime import UTC, datetime
from uuid import UUID

from rempart.model.clock import Clock
from rempart.model.identifiers import uuid7

_ENTROPY_BYTES = 10
_RANDOM_BITS = 74
_LOW_RANDOM_BITS = 62
"""Those behind the two bits of the variant; the others stand before them."""
_COUNTER_HEADROOM = 1 << 61
"""Highest of the 62 random bits, cleared at the start: 2**29 steps of 32 bits then never carry beyond them."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class SystemIdentifiers:
    """UUIDv7 from a clock and the operating system's randomness; they grow within one process."""

    def __init__(self, clock: Clock) -> None:
        """Draw times from `clock`."""
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def new(self) -> UUID:
        """Return one new identifier, greater than every one before."""
        return UUID(bytes=self.new_bytes(1)[0])

    def new_bytes(self, count: int) -> list[bytes]:
        """Return many new identifiers of 16 bytes: one start from the clock, then random steps upwards.

        Random steps of 32 bits (RFC 9562, section 6.2, method 2) cost less than a clock reading each, and
        keep the order of creation.
        """
        start = uuid7(self._clock.now(), os.urandom(_ENTROPY_BYTES)).int & ~_COUNTER_HEADROOM
        steps = memoryview(os.urandom(4 * count)).cast("I").tolist()
        made = []
        with self._lock:
            current = max(start, self._last)
            for step in steps:
                current += 1 + step
                made.append(current.to_bytes(16, "big"))
            self._last = current
        return made


class UnrelatedIdentifiers:
    """UUIDv7 that tell their moment and a place in a row, and nothing of others that were made beside them.

    For what is shown to callers who may see a part of it only, such as the matches of one request: how far two
    of `SystemIdentifiers` lie from each other tells whether a third was made between them.
    """

    def __init__(self, clock: Clock) -> None:
        """Draw times from `clock`."""
        self._clock = clock

    def new(self, place: int = 0, count: int = 1) -> UUID:
        """Return a new identifier, greater than those that were made before for an earlier place.

        Args:
            place: in a row that the caller knows whole, from 0.
            count: places of that row.
        """
        drawn = int.from_bytes(os.urandom(_ENTROPY_BYTES), "big") % (1 << _RANDOM_BITS)
        value = ((place << _RANDOM_BITS) + drawn) // count
        low = value & ((1 << _LOW_RANDOM_BITS) - 1)
        entropy = value >> _LOW_RANDOM_BITS << (_LOW_RANDOM_BITS + 2) | low
        return uuid7(self._clock.now(), entropy.to_bytes(_ENTROPY_BYTES, "big"))
