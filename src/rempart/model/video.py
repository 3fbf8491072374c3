"""Video as the alliance shares it: one PDQ for each second, and what two such sequences have in common."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rempart.model.fingerprint import MATCHING_QUALITY_FLOOR, PDQ_BYTES

LARGEST_FRAMES: Final = 86_400
"""Most frames of one video's fingerprint: a day at one frame a second."""

LONGEST_FRAMES_TEXT: Final = 8 * 1024 * 1024
"""Most characters of a video's frames as text: a day of them, as `frames_text` writes them, has seven million."""

_BEST_QUALITY: Final = 100
_LONGEST_SECONDS: Final = 10**9
"""As many as nine digits can say, in whichever form they are written."""
# python-threatexchange writes three significant digits: two minutes are `1.2e+02`.
_SECONDS: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?|[0-9](?:\.[0-9]{1,9})?e(?:\+0[0-8]|-[0-9]{2}))"
_ITEM: Final = re.compile(rf"([0-9a-fA-F]{{64}}),([0-9]{{1,3}}),{_SECONDS}", re.ASCII)
_LINE: Final = re.compile(
    rf"([0-9]{{1,9}}),([0-9]{{1,3}}),([0-9a-fA-F]{{64}}),{_SECONDS}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video as vPDQ keeps it.

    Attributes:
        value: PDQ in dialect `exact`, 32 bytes.
        quality: PDQ quality, 0 to 100.
        milliseconds: time in the video.

    Raises:
        ValueError: a part is not possible.
    """

    value: bytes
    quality: int
    milliseconds: int

    def __post_init__(self) -> None:
        if (
            len(self.value) != PDQ_BYTES
            or not 0 <= self.quality <= _BEST_QUALITY
            or self.milliseconds < 0
        ):
            msg = "not a frame of a video"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class VideoSummary:
    """What is known of a file's moving picture.

    Attributes:
        milliseconds: duration; absent where the file does not say and was not decoded to its end.
        width: of a frame in pixels, as stored.
        height: of a frame in pixels, as stored.
        is_screened: whether only keyframes were looked at, because none came near anything known.
        frames: how many frames were hashed.
    """

    milliseconds: int | None
    width: int
    height: int
    is_screened: bool
    frames: int


@dataclass(frozen=True, slots=True)
class VideoEvidence:
    """How far the frames of a query and those of an entry are the same; a still picture counts as one frame.

    Attributes:
        query_percent: share of the query's frames that lie near one of the entry's, 0 to 100.
        list_percent: share of the entry's frames that lie near one of the query's, 0 to 100.
        query_frames: different frames of the query that were good enough to be used.
        list_frames: different frames of the entry that were good enough to be used.
        milliseconds: time in the query of the frame that lies nearest; absent for a still picture.
        list_milliseconds: time in the entry's video of that frame; absent where the entry is a still picture.
    """

    query_percent: float
    list_percent: float
    query_frames: int
    list_frames: int
    milliseconds: int | None
    list_milliseconds: int | None


def used_frames(frames: Iterable[VideoFrame]) -> list[VideoFrame]:
    """Return the frames that the vPDQ rule counts: good enough to be matched, each value once, the earliest of it."""
    given = list(frames)
    return [given[place] for place in used_places(given)]


def used_places(frames: Iterable[VideoFrame]) -> list[int]:
    """Return the places, ascending, of the frames that `used_frames` gives."""
    first: dict[bytes, int] = {}
    for place, frame in enumerate(frames):
        if frame.quality >= MATCHING_QUALITY_FLOOR:
            first.setdefault(frame.value, place)
    return list(first.values())


def frames_text(frames: Iterable[VideoFrame]) -> str:
    """Write frames as python-threatexchange's signal of a video: a JSON list of `hex,quality,seconds`."""
    return json.dumps(
        [f"{each.value.hex()},{each.quality},{each.milliseconds / 1000:.3f}" for each in frames],
        separators=(",", ":"),
    )


def parse_frames(text: str) -> tuple[VideoFrame, ...]:
    """Read the frames of a video in any form that the field writes, in the order of their time.

    Args:
        text: a JSON list of `hex,quality,seconds`; a JSON object of `{quality, hash, timestamp}` by frame number;
            or lines `frame,quality,hex,seconds`, as the vPDQ program writes them.

    Raises:
        ValueError: it is none of these, or has no frame or more than `LARGEST_FRAMES`.
    """
    stripped = text.strip()
    if stripped.startswith("["):
        frames = [_from_item(item) for item in _json(stripped)]
    elif stripped.startswith("{"):
        frames = [_from_object(item) for item in _json(stripped).values()]
    else:
        frames = [_from_line(line) for line in stripped.splitlines()]
    if not 0 < len(frames) <= LARGEST_FRAMES:
        msg = f"a video has 1 to {LARGEST_FRAMES} frames, not {len(frames)}"
        raise ValueError(msg)
    return tuple(sorted(frames, key=lambda frame: frame.milliseconds))


def _json(text: str) -> Any:  # Any: JSON values
    try:
        return json.loads(text)
    except RecursionError as error:
        msg = "nested too deep for a video's frames"
        raise ValueError(msg) from error


def _from_item(item: object) -> VideoFrame:
    found = _ITEM.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        raise _not_a_frame()
    return _frame(found[1], int(found[2]), float(found[3]))


def _from_line(line: str) -> VideoFrame:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise _not_a_frame()
    return _frame(found[3], int(found[2]), float(found[4]))


def _from_object(item: object) -> VideoFrame:
    if not isinstance(item, dict):
        raise _not_a_frame()
    value, quality, seconds = (item.get(name) for name in ("hash", "quality", "timestamp"))
    if not isinstance(value, str) or type(quality) is not int:
        raise _not_a_frame()
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _not_a_frame()
    return _frame(value, quality, seconds)


def _frame(value: str, quality: int, seconds: float) -> VideoFrame:
    if not 0 <= seconds < _LONGEST_SECONDS or len(value) != 2 * PDQ_BYTES:
        raise _not_a_frame()
    return VideoFrame(bytes.fromhex(value), quality, round(seconds * 1000))


def _not_a_frame() -> ValueError:
    msg = "not a frame of a video"
    return ValueError(msg)
