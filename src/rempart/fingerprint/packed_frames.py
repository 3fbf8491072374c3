"""Frames of a video with their turned and mirrored variants, as they travel from a worker: a few bytes for each.

A frame takes 262 bytes: its eight values in the order of `rempart.model.match.TRANSFORMS`, its quality (1 byte), its
time in milliseconds (5 bytes, the highest first).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from rempart.fingerprint._software import SOFTWARE
from rempart.model.fingerprint import PDQ_BYTES, VPDQ, Fingerprint
from rempart.model.match import TRANSFORMS
from rempart.model.video import VideoFrame, frames_text

TURNED_BYTES: Final = (len(TRANSFORMS) - 1) * PDQ_BYTES
"""What the turned and mirrored variants of one frame take."""

_VALUES_BYTES: Final = PDQ_BYTES + TURNED_BYTES
_TIME_BYTES: Final = 5
FRAME_BYTES: Final = _VALUES_BYTES + 1 + _TIME_BYTES
"""What one frame takes."""

_LARGEST_TIME: Final = (0xE8 << 8 * (_TIME_BYTES - 1)) - 1
"""Milliseconds: thirty years. The text of a video's fingerprint has nine digits for its seconds."""
_BEST_QUALITY: Final = 100


def packed_frames(frames: Sequence[VideoFrame], turned: bytes) -> bytes:
    """Return the bytes that `Frames` takes.

    Args:
        frames: upright.
        turned: for each the values of its seven other variants, one behind the other.

    Raises:
        ValueError: they are not of as many frames.
    """
    if len(turned) != len(frames) * TURNED_BYTES:
        msg = f"{len(frames)} frames have {TURNED_BYTES} bytes of turned values each"
        raise ValueError(msg)
    return b"".join(
        _packed(frame, turned[at * TURNED_BYTES : (at + 1) * TURNED_BYTES])
        for at, frame in enumerate(frames)
    )


def _packed(frame: VideoFrame, turned: bytes) -> bytes:
    time = min(frame.milliseconds, _LARGEST_TIME).to_bytes(_TIME_BYTES, "big")
    return frame.value + turned + bytes((frame.quality,)) + time


class Frames:
    """Frames as they came, unfolded only when they are asked for: a day of video takes 23 megabytes."""

    __slots__ = ("_packed",)

    def __init__(self, packed: bytes = b"") -> None:
        """Take frames as `packed_frames` gives them.

        Raises:
            ValueError: they are none.
        """
        qualities = packed[_VALUES_BYTES::FRAME_BYTES]
        times = packed[_VALUES_BYTES + 1 :: FRAME_BYTES]
        if (
            len(packed) % FRAME_BYTES
            or max(qualities, default=0) > _BEST_QUALITY
            or max(times, default=0) > _LARGEST_TIME >> 8 * (_TIME_BYTES - 1)
        ):
            msg = "not frames of a video"
            raise ValueError(msg)
        self._packed = packed

    def __len__(self) -> int:
        return len(self._packed) // FRAME_BYTES

    def unfolded(self) -> tuple[VideoFrame, ...]:
        """Return the frames, upright, in the order in which they came."""
        return tuple(
            VideoFrame(
                self._packed[at : at + PDQ_BYTES],
                self._packed[at + _VALUES_BYTES],
                int.from_bytes(self._packed[at + _VALUES_BYTES + 1 : at + FRAME_BYTES], "big"),
            )
            for at in range(0, len(self._packed), FRAME_BYTES)
        )

    def turned(self) -> bytes:
        """Return for each frame the values of its seven other variants, one behind the other."""
        rows = np.frombuffer(self._packed, np.uint8).reshape(-1, FRAME_BYTES)
        return rows[:, PDQ_BYTES:_VALUES_BYTES].tobytes()

    def fingerprint(self) -> Fingerprint:
        """Return them as the fingerprint of a video: upright, as lists hold it."""
        return Fingerprint(VPDQ, frames_text(self.unfolded()).encode(), software=SOFTWARE)
