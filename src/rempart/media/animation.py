"""Open one untrusted animated picture: GIF, animated WebP, APNG, AVIF sequence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageFile

from rempart.media import _planes, _problems
from rempart.media._other_formats import ask_for_memory
from rempart.media._pillow import open_image, pillow
from rempart.media._png_chunks import is_animated, only_frames
from rempart.media.errors import PictureError
from rempart.media.media_types import AVIF, GIF, PNG, WEBP
from rempart.media.video import Frame, VideoLimits
from rempart.model.scan import Problem

_ALWAYS_TAKEN: Final = 32
"""Frames that are taken of any animation, evenly over it, however short it plays."""
_SECOND: Final = 1000
_SHORTEST_MS: Final = 10
_USUAL_MS: Final = 100
"""A frame shown for 10 ms or less is shown for 100 ms by browsers."""
_LONGEST_MS: Final = 600_000
_MOST_PIXELS: Final = 500_000_000
"""Pixels of all frames together: some ten seconds of work; a worker has half a minute for a file."""


@dataclass(slots=True)
class Animation:
    """An animated picture whose header was read and is within the limits; its frames are read once.

    Attributes:
        width: in pixels, of the canvas.
        height: in pixels, of the canvas.
        milliseconds: playing time of one round, as far as it was read.
        problem: why what was read is not all of it; absent when it is.
    """

    width: int
    height: int
    _image: ImageFile.ImageFile = field(repr=False)
    _count: int
    _media_type: str
    _limits: VideoLimits
    milliseconds: int = 0
    problem: Problem | None = None

    def frames(self) -> Iterator[Frame]:
        """Decode all frames, and return up to 32 evenly over them and at least one a second of playing time."""
        taken_at = 0
        for number in range(self._count):
            self.problem = self._limit_before(number)
            if self.problem is not None:
                return
            is_taken = self._is_due(number) or self.milliseconds - taken_at >= _SECOND
            try:
                frame = self._decode(number, is_taken=is_taken)
            except PictureError as error:
                self.problem = error.problem
                return
            if frame is not None:
                taken_at = frame.milliseconds
                yield frame
            self.milliseconds += _milliseconds(self._image.info.get("duration"))

    def _is_due(self, number: int) -> bool:
        """Tell whether a frame is one of those that are taken of any animation."""
        share = min(1.0, _ALWAYS_TAKEN / self._count)
        return number == 0 or int(number * share) != int((number - 1) * share)

    def _decode(self, number: int, *, is_taken: bool) -> Frame | None:
        with _problems.memory_limit(), pillow(self._media_type):
            Image.MAX_IMAGE_PIXELS = self._limits.max_pixels  # a later frame may enlarge the canvas
            self._image.seek(number)
            self._image.load()
            if self._image.width * self._image.height > self._limits.max_pixels:
                size = self._image.size
                raise _problems.error_of(_problems.too_many_pixels(*size, self._limits.max_pixels))
            return Frame(_planes.to_array(self._image), self.milliseconds) if is_taken else None

    def _limit_before(self, number: int) -> Problem | None:
        if number >= self._limits.max_frames:
            return _problems.too_long(f"{self._limits.max_frames} frames")
        if self.milliseconds > self._limits.max_seconds * _SECOND:
            return _problems.too_long(f"{self._limits.max_seconds} seconds")
        if number and (number + 1) * self.width * self.height > _MOST_PIXELS:
            return _problems.too_long(f"{_MOST_PIXELS} pixels in all frames")
        return None


def open_animation(data: bytes, *, media_type: str, limits: VideoLimits) -> Animation | None:
    """Read the header of an animated picture; None for a picture that stands still.

    Args:
        data: the whole file.
        media_type: what `sniff` said of it; one that has no animation is still.
        limits: on what it may cost. One that is too long is read up to the limit.

    Raises:
        PictureError: the header cannot be read, or is over the pixel limit.
    """
    look = _MAY_MOVE.get(media_type)
    view = memoryview(data)
    if look is None or not look(view):
        return None
    with _problems.memory_limit(), pillow(media_type):
        image = open_image(only_frames(view) if media_type == PNG else data, media_type)
        if image.width * image.height > limits.max_pixels:
            problem = _problems.too_many_pixels(*image.size, limits.max_pixels)
            raise _problems.error_of(problem)
        ask_for_memory(media_type, image.size)
        count = _count(image, limits)
    if count <= 1:
        return None
    return Animation(image.width, image.height, image, count, media_type, limits)


def _webp_may_move(data: memoryview) -> bool:
    return bytes(data[12:16]) == b"VP8X" and len(data) > 20 and bool(data[20] & 2)  # noqa: PLR2004 - WebP container, section 2.7


_MAY_MOVE: Final[dict[str, Callable[[memoryview], bool]]] = {
    GIF: lambda data: len(data) > 0,
    WEBP: _webp_may_move,
    PNG: is_animated,
    AVIF: lambda data: b"avis" in bytes(data[8:64]),
}
"""A quick look that spares the many still pictures a second opening."""


def _count(image: ImageFile.ImageFile, limits: VideoLimits) -> int:
    """Return how many frames there are, or seem to be where a GIF is damaged: decoding then finds where it ends."""
    try:
        return int(getattr(image, "n_frames", 1))
    except (SyntaxError, ValueError, OSError, IndexError):
        return limits.max_frames


def _milliseconds(duration: object) -> int:
    """Return how long a frame is shown, whatever the file says."""
    if not isinstance(duration, int | float) or not duration > _SHORTEST_MS:
        return _USUAL_MS
    return round(min(duration, _LONGEST_MS))
