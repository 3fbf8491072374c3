"""Frames of listed videos as rows of an index: one row for each frame that is matched.

A row's id holds the number of the fingerprint and the time of the frame, so that everything that a match says of the
entry's video can be told without reading its text again.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rempart.model.fingerprint import MATCHING_QUALITY_FLOOR, PDQ_BYTES
from rempart.model.video import frames_text, parse_frames

Ids: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.uint8]

TIME_BITS: Final = 29
"""Bits of an id that hold a time in milliseconds: six days, and a fingerprint has at most one day of frames."""

LARGEST_TIME: Final = 2**TIME_BITS - 1
LARGEST_NUMBER: Final = 2 ** (63 - TIME_BITS) - 1

_CHUNK_FRAMES: Final = 65_536
_ITEM: Final = re.compile(rb'"([0-9a-f]{64}),([0-9]{1,3}),([0-9]{1,9})\.([0-9]{3})"')
_PLAIN_ITEM: Final = rb'"[0-9a-f]{64},(?:100|[1-9]?[0-9]),[0-9]{1,9}\.[0-9]{3}"'
_WHOLE: Final = re.compile(rb"\[%b(?:,%b)*+\]" % (_PLAIN_ITEM, _PLAIN_ITEM))
"""What readers write; it needs no JSON."""


_Used: TypeAlias = dict[bytes, int]
"""Times in milliseconds by value in hexadecimal, in the order of time."""


def frame_rows(videos: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Ids, Values]]:
    """Yield ids and values (uint8, n by 32) of the frames of videos, many videos at a time.

    Args:
        videos: number and stored text of each fingerprint. A text that cannot be read, as an older version may have
            kept one, has no frames; neither has one whose frames are all of low quality.

    Raises:
        OverflowError: a number is too large to be held in an id.
    """
    ids: list[Ids] = []
    values: list[bytes] = []
    count = 0
    for number, text in videos:
        used = _used(text)
        if not used:
            continue
        ids.append(frame_ids(number, np.fromiter(used.values(), np.int64, len(used))))
        values += used
        count += len(used)
        if count >= _CHUNK_FRAMES:
            yield _joined(ids, values)
            ids, values, count = [], [], 0
    if count:
        yield _joined(ids, values)


def is_readable(text: bytes) -> bool:
    """Tell whether a stored text holds frames, good ones or bad ones."""
    return _items(text) is not None


def frame_ids(number: int, milliseconds: Ids) -> Ids:
    """Return the ids of a fingerprint's frames, whose times ascend.

    Of frames at the same time, and of those after six days, the ids hold a time that is a little, or much, another.

    Raises:
        OverflowError: the number is too large to be held in an id.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        msg = f"the number {number} of a fingerprint is too large for the index of frames"
        raise OverflowError(msg)
    order = np.arange(len(milliseconds))
    later = np.maximum.accumulate(milliseconds - order) + order
    return np.minimum(later, LARGEST_TIME + 1 - len(order) + order) | number << TIME_BITS


def numbers_of(ids: Ids) -> Ids:
    """Return the number of the fingerprint that each row belongs to."""
    return ids >> TIME_BITS


def times_of(ids: Ids) -> Ids:
    """Return the time of each row in the entry's video, in milliseconds."""
    return ids & LARGEST_TIME


def _joined(ids: list[Ids], values: list[bytes]) -> tuple[Ids, Values]:
    flat = np.frombuffer(bytes.fromhex(b"".join(values).decode("ascii")), np.uint8)
    return np.concatenate(ids), flat.reshape(-1, PDQ_BYTES)


def _used(text: bytes) -> _Used:
    """Read the frames that are matched (`rempart.model.video.used_frames`): good enough, each value once."""
    found = _items(text) or []
    timed = [
        (int(seconds) * 1000 + int(milliseconds), value)
        for value, quality, seconds, milliseconds in found
        if int(quality) >= MATCHING_QUALITY_FLOOR
    ]
    timed.sort(key=_time)
    used: _Used = {}
    for milliseconds, value in timed:
        used.setdefault(value, milliseconds)
    return used


def _time(timed: tuple[int, bytes]) -> int:
    return timed[0]


def _items(text: bytes) -> list[tuple[bytes, bytes, bytes, bytes]] | None:
    """Return value, quality, seconds and milliseconds of each frame; nothing where the text cannot be read."""
    whole = text
    if _WHOLE.fullmatch(text) is None:  # an older version kept any text
        try:
            whole = frames_text(parse_frames(text.decode())).encode()
        except ValueError:
            return None
    found: list[tuple[bytes, bytes, bytes, bytes]] = _ITEM.findall(whole)
    return found
