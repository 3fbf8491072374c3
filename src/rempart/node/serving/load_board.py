"""How many connections each worker holds, in memory that all share: a worker with more lets the others go first."""

import mmap
from typing import Final

_BYTES_PER_SLOT: Final = 8
_ABSENT: Final = -1


class LoadBoard:
    """One number for each worker; each writes its own alone, so that no lock is needed.

    Made before the fork. A worker that is not there counts as absent, so that nobody waits for it.
    """

    def __init__(self, slots: int) -> None:
        self._memory = mmap.mmap(-1, max(1, slots) * _BYTES_PER_SLOT)
        self._numbers = memoryview(self._memory).cast("q")
        for slot in range(slots):
            self._numbers[slot] = _ABSENT

    def set(self, slot: int, connections: int) -> None:
        """Say how many connections a worker holds."""
        self._numbers[slot] = connections

    def leave(self, slot: int) -> None:
        """Say that a worker takes no more connections."""
        self._numbers[slot] = _ABSENT

    def others_hold_less(self, slot: int) -> bool:
        """Whether another worker that is there holds fewer connections than this one."""
        mine = self._numbers[slot]
        return any(0 <= number < mine for number in self._numbers)
