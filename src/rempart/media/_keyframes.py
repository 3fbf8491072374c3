"""Which keyframes of a video are worth decoding for a first look, and whether there are enough of them."""

from dataclasses import dataclass
from typing import Final

_SECOND: Final = 1_000
_SAME_SCENE: Final = 4_000
"""So soon after one that was decoded, a keyframe of nearly the same compressed size is left out."""
_NEARLY: Final = 20
"""Two sizes are nearly the same when they differ by a twentieth: a new scene seldom needs as many bytes."""
_MEAN_GAP: Final = 5_000
"""Keyframes further apart on average, in milliseconds, are too sparse to screen by."""
_LONGEST_GAP: Final = 12_000
"""No part of a video may lie further between two keyframes: encoders put 10 seconds between them by default."""


@dataclass(slots=True)
class Keyframes:
    """The keyframes of one video, as far as it was read.

    Attributes:
        most_between: packets after which a keyframe is looked at again, whatever the time stamps say.
        in_a_second: packets that make a second.
        count: keyframes that were seen, decoded or left out.
    """

    most_between: int
    in_a_second: int
    count: int = 0
    _last: int = 0
    _longest_gap: int = 0
    _taken_at: int = 0
    _taken_bytes: int | None = None
    _since: int = 0

    def pass_packet(self) -> None:
        """Count a packet of any kind."""
        self._since += 1

    def leave_out(self, at: int, size_bytes: int) -> bool:
        """Tell whether a keyframe comes so soon after the last one decoded that it is left out; then it is seen.

        Time stamps may be false or all the same: then the packets between the two are counted.

        Args:
            at: milliseconds in the video.
            size_bytes: its compressed size.
        """
        is_repeated = self._taken_bytes is not None and self._repeats(at, size_bytes)
        if is_repeated:
            self._see(at)
        return is_repeated

    def take(self, at: int, size_bytes: int) -> None:
        """Note that a keyframe was decoded."""
        self._taken_at, self._taken_bytes, self._since = at, size_bytes, 0
        self._see(at)

    def are_sparse(self, end: int | None) -> bool:
        """Tell whether they lie too far apart to tell anything of the video by.

        Args:
            end: where the video ends; absent where it was not read to its end: then the last keyframe counts.
        """
        end = self._last if end is None else end
        longest = max(self._longest_gap, end - self._last)
        return self.count == 0 or longest > _LONGEST_GAP or end > _MEAN_GAP * self.count

    def _see(self, at: int) -> None:
        self.count += 1
        self._longest_gap = max(self._longest_gap, at - self._last)
        self._last = at

    def _repeats(self, at: int, size_bytes: int) -> bool:
        gap, taken_bytes = at - self._taken_at, self._taken_bytes or 0
        if gap < 0 or self._since >= self.most_between:
            return False
        if gap < _SECOND and self._since < self.in_a_second:
            return True
        return gap < _SAME_SCENE and abs(size_bytes - taken_bytes) * _NEARLY <= taken_bytes
