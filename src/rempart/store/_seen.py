"""Which entries an import has met already: one bit an entry, whatever the length of the import."""

import numpy as np
from numpy.typing import NDArray


class Seen:
    """A set of entry numbers."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> bool:
        """Add a number; tell whether it was missing."""
        place, bit = number >> 3, 1 << (number & 7)
        self._reach(place)
        if self._bits[place] & bit:
            return False
        self._bits[place] |= bit
        return True

    def add_range(self, first: int, count: int) -> None:
        """Add so many numbers in a row."""
        after = first + count
        whole, rest = min(-(-first // 8) * 8, after), max(after // 8 * 8, first)
        for number in (*range(first, whole), *range(max(rest, whole), after)):
            self.add(number)
        if rest > whole:
            self._reach(rest >> 3)
            self._bits[whole >> 3 : rest >> 3] = b"\xff" * ((rest - whole) >> 3)

    def missing(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the numbers that are not in the set, in their order."""
        if len(numbers) == 0:
            return numbers
        self._reach(int(numbers.max()) >> 3)
        bits = np.frombuffer(self._bits, np.uint8)
        is_missing = (bits[numbers >> 3] >> (numbers & 7).astype(np.uint8)) & 1 == 0
        missing: NDArray[np.int64] = numbers[is_missing]
        return missing

    def _reach(self, place: int) -> None:
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits), 4096)))
