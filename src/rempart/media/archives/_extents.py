"""Which bytes of an archive are taken, so that it shows whose bytes are another's too, as a bomb would have it."""

from array import array
from bisect import bisect_right
from typing import Final

_BLOCK: Final = 2000
_LARGEST: Final = 2**63


class Extents:
    """Ranges that do not overlap, in sixteen bytes each.

    They are kept in order in blocks of some thousand: members may come in any order, and a hostile archive has the
    one that is dearest.
    """

    def __init__(self) -> None:
        self._blocks = [(array("Q"), array("Q"))]
        self._firsts = [0]

    def take(self, start: int, end: int) -> bool:
        """Take a range; False where some of it is taken already."""
        start, end = min(start, _LARGEST), min(end, _LARGEST)
        number = max(bisect_right(self._firsts, start) - 1, 0)
        starts, ends = self._blocks[number]
        at = bisect_right(starts, start)
        before = ends[at - 1] if at else self._end_before(number)
        after = starts[at] if at < len(starts) else self._start_after(number)
        if before > start or after < end:
            return False
        starts.insert(at, start)
        ends.insert(at, end)
        if len(starts) > 2 * _BLOCK:
            self._blocks[number : number + 1] = [
                (starts[:_BLOCK], ends[:_BLOCK]),
                (starts[_BLOCK:], ends[_BLOCK:]),
            ]
            self._firsts.insert(number + 1, starts[_BLOCK])
        return True

    def _end_before(self, number: int) -> int:
        return self._blocks[number - 1][1][-1] if number else 0

    def _start_after(self, number: int) -> int:
        return self._firsts[number + 1] if number + 1 < len(self._firsts) else _LARGEST
