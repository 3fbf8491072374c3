"""Open one untrusted video: keyframes for a first look, one frame a second as vPDQ takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import numpy as np
from numpy.typing import NDArray

from rempart.media import _problems
from rempart.media._keyframes import Keyframes
from rempart.media._video_formats import demuxer_for, is_video
from rempart.media._video_source import VideoSource
from rempart.media._video_structure import ends_too_early, holds_still_pictures
from rempart.media.errors import PictureError
from rempart.model.scan import Problem, ProblemKind
from rempart.model.video import LARGEST_FRAMES

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame as Picture
    from av.video.stream import VideoStream

    from rempart.media._film import Film

__all__ = ["Frame", "Video", "VideoLimits", "is_video", "open_video"]

_SECOND: Final = 1000
_LARGEST_STEP: Final = 240
"""Most frames between two that are taken, whatever rate the header promises."""
_LARGEST_JUMP: Final = 10_000
"""Most milliseconds that one step of the time stamps counts for against the limit: damaged ones leap for years."""
_LARGEST_TIME: Final = 10**12 - 1
"""Milliseconds that the text of a video's fingerprint can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What one video may cost.

    Attributes:
        max_pixels: largest width times height of a frame.
        max_seconds: playing time after which no more frames are taken.
        max_frames: frames after which no more are decoded.

    Raises:
        ValueError: a limit is not positive.
    """

    max_pixels: int = 40_000_000
    max_seconds: int = 4 * 3600
    max_frames: int = 1_000_000

    def __post_init__(self) -> None:
        if min(self.max_pixels, self.max_seconds, self.max_frames) <= 0:
            msg = "a limit on videos must be positive"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        array: uint8, (H, W, 3) RGB; rows may lie apart.
        milliseconds: time in the video, from its first frame on.
    """

    array: NDArray[np.uint8]
    milliseconds: int


class Video:
    """A video whose header was read and is within the limits. It is read once: by `keyframes` or by `each_second`.

    Attributes:
        has_picture: False where there is sound alone: then there are no frames, and nothing is wrong.
        width: in pixels, as stored: rotation marks are not applied, as vPDQ does not. 0 while nobody knows.
        height: in pixels, as stored.
    """

    def __init__(self, film: "Film", limits: VideoLimits, *, ends_too_early: bool) -> None:
        self._film = film
        self._limits = limits
        self._ends_too_early = ends_too_early
        self._played = 0
        self._decoded = 0
        self._taken = 0
        self._last = 0
        self._measured: int | None = None
        self._start = film.start
        self.has_picture = film.has_picture
        self.width = film.width
        self.height = film.height
        self._keyframes = Keyframes(most_between=_LARGEST_STEP, in_a_second=self._step)

    @property
    def milliseconds(self) -> int | None:
        """Duration: measured once the video was read to its end, before that what its header says."""
        if self._measured is not None:
            return self._measured
        promised = self._film.milliseconds
        return None if promised is None else min(max(0, promised), _LARGEST_TIME)

    @property
    def is_sparse(self) -> bool:
        """Whether the keyframes, once they were read, lie too far apart to tell anything of the video by."""
        return self.has_picture and self._keyframes.are_sparse(self._measured)

    @property
    def problem(self) -> Problem | None:
        """Why what was read is not the whole video: torn, damaged, over a limit; absent when it is whole."""
        found = self._film.problem
        if self._ends_too_early and (found is None or found.kind is ProblemKind.CORRUPT):
            return _problems.truncated("video")
        return found

    def keyframes(self) -> Iterator[Frame]:
        """Decode keyframes only, each by itself; what seems to show the same scene again is left out.

        At most about one a second comes, and within four seconds none of nearly the same compressed size as the
        last one. Whether they are many enough to tell anything by is what `is_sparse` says afterwards.
        """
        for packet in self._packets():
            self._keyframes.pass_packet()
            if not packet.is_keyframe or packet.size == 0:
                continue
            at = self._time_of(packet.pts if packet.pts is not None else packet.dts)
            if self._keyframes.leave_out(at, packet.size):
                continue
            for picture in [*self._film.decode(packet), *self._film.decode(None)][:1]:
                self._keyframes.take(at, packet.size)
                if not self._is_within_limits(picture, at):
                    return
                yield from self._frame(picture, at)
            self._film.forget()

    def each_second(self) -> Iterator[Frame]:
        """Decode all, and return the frames that vPDQ takes.

        These are the frames whose number is a multiple of the whole frames in a second of the average rate. Where
        the rate varies, so that more than a second passes without one, the next frame is returned as well.
        """
        taken = taken_at = 0
        for number, picture in enumerate(self._pictures()):
            at = self._time_of(picture.pts if picture.pts is not None else picture.dts)
            if not self._is_within_limits(picture, at):
                return
            is_taken = number % self._step == 0 or number - taken >= _LARGEST_STEP
            if is_taken or at - taken_at > _SECOND:
                taken, taken_at = number, at
                yield from self._frame(picture, at)
        if self.has_picture and self._decoded == 0:
            self._film.note(_problems.no_frames())

    def close(self) -> None:
        """Give back what the decoder holds; the file stays open."""
        self._film.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _step(self) -> int:
        """Frames in a second, cut off as vPDQ does; of no use where the header does not say."""
        rate = self._film.rate
        return _LARGEST_STEP if rate is None else max(1, int(rate))

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        """Return the packets, and measure the duration by them."""
        end = 0
        for packet in self._film.packets():
            start = packet.pts if packet.pts is not None else packet.dts
            if start is not None:
                end = max(end, self._relative(start + (packet.duration or 0)))
            yield packet
        self._measured = end

    def _pictures(self) -> Iterator["Picture"]:
        seen = False
        for packet in self._packets():
            before = self._film.problem
            pictures = self._film.decode(packet)
            if not seen and not pictures and self._film.joins_midway:
                self._film.problem = before  # a recording of a broadcast begins between keyframes
            seen = seen or bool(pictures)
            yield from pictures

    def _frame(self, picture: "Picture", at: int) -> Iterator[Frame]:
        array = self._film.rgb(picture)
        if array is not None:
            self._taken += 1
            yield Frame(array, at)

    def _time_of(self, ticks: int | None) -> int:
        """Return milliseconds from the first frame on; where a frame has no time, it follows the last one."""
        if ticks is not None:
            return self._relative(ticks)
        return self._last + round(_SECOND / (self._film.rate or _SECOND))

    def _relative(self, ticks: int) -> int:
        if self._start is None:
            self._start = ticks
        found = self._film.milliseconds_of(ticks - self._start)
        return min(max(0, found), _LARGEST_TIME)

    def _is_within_limits(self, picture: "Picture", at: int) -> bool:
        """Count one decoded frame; say False, with the film's problem set, when that is one too many."""
        limits = self._limits
        self._decoded += 1
        self._played += min(max(0, at - self._last), _LARGEST_JUMP)
        self._last = at
        if self.width == 0:  # the header did not say
            self.width, self.height = picture.width, picture.height
        if picture.width * picture.height > limits.max_pixels:
            size = picture.width, picture.height
            self._film.note(_problems.too_many_pixels(*size, limits.max_pixels))
        elif self._played > limits.max_seconds * _SECOND:
            self._film.note(_problems.too_long(f"{limits.max_seconds} seconds"))
        elif self._decoded > limits.max_frames:
            self._film.note(_problems.too_long(f"{limits.max_frames} frames"))
        elif self._taken >= LARGEST_FRAMES:
            self._film.note(_problems.too_long(f"{LARGEST_FRAMES} fingerprints"))
        else:
            return True
        return False


def open_video(source: BinaryIO, *, media_type: str, limits: VideoLimits) -> Video:
    """Read the header of a video and hold it against the pixel limit, before a frame is decoded.

    Args:
        source: the whole file, readable and seekable; it must not change, and stays open.
        media_type: what `sniff` said of it.
        limits: on what it may cost. A video that is too long is read up to the limit.

    Raises:
        PictureError: empty, not a video, torn or damaged in its header, of a codec that is not decoded, over the
            pixel limit.
        Exception: whatever the source raises when it is read.
    """
    # PyAV takes 60 ms to import: commands that open no video do not pay for it, and a worker is warmed up.
    from rempart.media._film import open_film  # noqa: PLC0415

    if not is_video(media_type):
        raise _problems.error_of(_problems.unsupported_format(media_type))
    source.seek(0)
    head = source.read(4)
    if not head:
        raise _problems.error_of(_problems.empty())
    demuxer = demuxer_for(media_type, head)
    is_torn = ends_too_early(source, demuxer)
    has_pictures = holds_still_pictures(source, demuxer)
    source.seek(0)
    try:
        film = open_film(VideoSource(source), demuxer=demuxer, max_pixels=limits.max_pixels)
    except PictureError as error:
        if is_torn and error.kind in {ProblemKind.CORRUPT, ProblemKind.NO_FRAMES}:
            raise _problems.error_of(_problems.truncated("video")) from error
        raise
    if film.width * film.height > limits.max_pixels:
        film.close()
        problem = _problems.too_many_pixels(film.width, film.height, limits.max_pixels)
        raise _problems.error_of(problem)
    if has_pictures:
        film.note(_problems.still_pictures())
    return Video(film, limits, ends_too_early=is_torn)
