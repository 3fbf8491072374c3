"""The real clock and the real source of identifiers: only the node creates them."""

import os
import threading
from datetime import UTC, datetime
from uuid import UUID

from rempart.model.clock import Clock
from rempart.model.identifiers import uuid7

_ENTROPY_BYTES = 10
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
