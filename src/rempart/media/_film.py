"""The picture stream of one video behind FFmpeg: packets, decoded pictures, RGB. Beside it `_heif_decoding` imports it.

One thread, no hardware, one demuxer, no other file. FFmpeg's log goes nowhere. PyAV imports its parts for sound and
subtitles when it first meets them; inside the sandbox that is too late, so they are named here.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NoReturn

import av
import av.audio.codeccontext
import av.audio.stream
import av.logging
import av.subtitles.codeccontext
import av.subtitles.stream
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from rempart.media import _problems, _video_formats
from rempart.media._stream_table import PictureStreams
from rempart.media._video_source import VideoSource
from rempart.model.scan import Problem, ProblemKind

_STILL: Final = Disposition.attached_pic | Disposition.timed_thumbnails
"""A cover or a row of preview pictures is no video."""

_FULL_RANGE: Final = "yuvj"
"""How the names of pixel formats begin whose samples use all 256 values."""

av.logging.set_level(None)


class _AnotherFileError(Exception):
    """A video asks for a file beside it."""


_FAILURES: Final = (FFmpegError, ValueError, MemoryError, _AnotherFileError)
"""What reading and decoding hostile bytes raises."""


class Film:
    """An opened video; its pictures are read once, from the beginning.

    Attributes:
        has_picture: whether there is a picture stream: False for sound alone.
        width: in pixels, as the header says; 0 without a picture stream.
        height: likewise.
        rate: frames a second as vPDQ reads it from the header; absent where the header does not say.
        joins_midway: whether such a file may begin between two keyframes without being damaged.
        problem: what stopped or damaged reading; absent while nothing did.
    """

    def __init__(self, source: VideoSource, container: InputContainer, max_pixels: int) -> None:
        self._source = source
        self._container = container
        self._stream = _picture_stream(container)
        self._reformatter = VideoReformatter()
        self.problem: Problem | None = None
        self.has_picture = self._stream is not None
        self.width = self.height = 0
        self.joins_midway = container.format.name in _video_formats.BROADCAST
        self.rate: float | None = None
        self._streams = PictureStreams(container, self._stream)
        if self._stream is not None:
            self._prepare(self._stream, max_pixels)

    def _prepare(self, stream: VideoStream, max_pixels: int) -> None:
        _discard(self._container, but=stream)
        context = stream.codec_context
        context.thread_count = 1
        context.options = {"max_pixels": _video_formats.options(max_pixels)["max_pixels"]}
        self.width, self.height = context.width, context.height
        rate = stream.average_rate or stream.base_rate
        self.rate = float(rate) if rate else None

    @property
    def milliseconds(self) -> int | None:
        """Duration as the header says."""
        if self._stream is not None and self._stream.duration is not None:
            return self.milliseconds_of(self._stream.duration)
        duration = self._container.duration  # in microseconds
        return None if duration is None else max(0, duration // 1000)

    @property
    def start(self) -> int | None:
        """The first time stamp that the header knows of."""
        return None if self._stream is None else self._stream.start_time

    def milliseconds_of(self, ticks: int) -> int:
        """Return a time of the stream in milliseconds, negative ones included."""
        base = self._stream.time_base if self._stream is not None else None
        return round(ticks * (base or Fraction(1, 1000)) * 1000)

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Return what the file holds of the picture, compressed, and an empty packet at the end.

        Reading that fails ends it, with `problem` set; so does a picture stream that began behind the header.

        Raises:
            Exception: what the file itself raised when it was read.
        """
        if self._stream is None:
            self._pass_sound()
            return
        try:
            for packet in self._container.demux(self._stream):
                self._source.raise_failure()
                if packet.has_sidedata("encryption_info"):
                    self.note(_problems.encrypted_video())
                    return
                if packet.is_corrupt and packet.size:
                    self.note(_problems.corrupt("video", "a part of a frame is missing"))
                yield packet
        except IndexError:
            pass  # all was read: PyAV ends by flushing streams that began behind the header, which it does not hold
        except _FAILURES as error:
            self.note(_problem(error))
        self._source.raise_failure()
        self._note_late_streams()

    def _pass_sound(self) -> None:
        """Read what begins as sound alone to its end, where pictures may begin behind the header."""
        if self._container.format.name not in _video_formats.OPEN_ENDED:
            return
        _discard(self._container)
        try:
            for _ in self._container.demux():
                self._source.raise_failure()
        except (*_FAILURES, IndexError):
            pass  # damaged sound is none of our business
        self._source.raise_failure()
        self._note_late_streams()

    def _note_late_streams(self) -> None:
        """Say so where there is a picture stream that nobody looked at, because it was not there at the beginning."""
        if self.problem is None and self._streams.has_late_one:
            self.note(_problems.late_stream())

    def decode(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        """Return the pictures that a packet completes; without one, whatever the decoder still holds.

        A packet that cannot be decoded yields none and sets `problem`.
        """
        if self._stream is None:
            return []
        try:
            pictures = self._stream.codec_context.decode(packet)
        except EOFError:
            return []  # the decoder was drained before
        except _FAILURES as error:
            self.note(_problem(error))
            return []
        if any(each.is_corrupt for each in pictures):
            self.note(_problems.corrupt("video", "a part of a frame is missing"))
        return pictures

    def forget(self) -> None:
        """Make the decoder forget what came before, so that the next keyframe stands alone."""
        if self._stream is not None:
            self._stream.codec_context.flush_buffers()

    def rgb(self, picture: VideoFrame) -> NDArray[np.uint8] | None:
        """Return a picture as RGB (H, W, 3), converted as vPDQ does; None, with `problem` set, where it cannot be.

        vPDQ converts without a look at the marks for colour space, range and interlacing: as ITU-R 601 of limited
        range, but for the pixel formats that are of full range by name, and all lines as of one moment.
        """
        is_full = picture.format.name.startswith(_FULL_RANGE)
        try:
            converted = self._reformatter.reformat(
                _unmarked(picture) if picture.interlaced_frame else picture,
                format="rgb24",
                src_colorspace=Colorspace.ITU601,
                dst_colorspace=Colorspace.ITU601,
                src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
                interpolation=Interpolation.AREA,
                threads=1,
            )
        except _FAILURES as error:
            self.note(_problem(error))
            return None
        width, height = converted.width, converted.height
        rows = _rows(converted.planes[0])[:height, : 3 * width]
        array: NDArray[np.uint8] = rows.reshape(height, width, 3)
        return array

    def note(self, problem: Problem) -> None:
        """Keep the first problem; damage gives way to what stops the reading."""
        if self.problem is None or (
            self.problem.kind is ProblemKind.CORRUPT and problem.kind is not ProblemKind.CORRUPT
        ):
            self.problem = problem

    def close(self) -> None:
        """Give back what FFmpeg holds; the file stays open."""
        self._container.close()


def open_film(source: VideoSource, *, demuxer: str, max_pixels: int) -> Film:
    """Read the header of a video.

    Raises:
        PictureError: the header cannot be read, or the codec is not on the list.
        Exception: what the file itself raised when it was read.
    """
    try:
        container = av.open(
            source,
            "r",
            format=demuxer,
            options=_video_formats.options(max_pixels),
            io_open=_refuse,
            metadata_errors="replace",
        )
    except _FAILURES as error:
        source.raise_failure()
        raise _problems.error_of(_problem(error)) from error
    try:
        source.raise_failure()
        return Film(source, container, max_pixels)
    except BaseException:
        container.close()
        raise


def _discard(container: InputContainer, *, but: VideoStream | None = None) -> None:
    """Let FFmpeg pass over all streams but one."""
    for each in container.streams:
        if but is None or each.index != but.index:
            each.discard = Discard.all


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Open no other file, whatever a video asks for."""
    del url, flags, options
    raise _AnotherFileError


def _unmarked(picture: VideoFrame) -> VideoFrame:
    """Return the same picture without the mark of interlacing, which makes FFmpeg convert each field by itself."""
    copy = VideoFrame(picture.width, picture.height, picture.format.name)
    for source, target in zip(picture.planes, copy.planes, strict=True):
        read, written = _rows(source), _rows(target)
        width = min(read.shape[1], written.shape[1])  # rows are padded to different widths
        written[:, :width] = read[: written.shape[0], :width]
    return copy


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def _picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the first picture stream that is decoded, as vPDQ takes the first; None where there is sound alone.

    Raises:
        PictureError: there is no stream at all, or none of a codec on the list.
    """
    found = [each for each in container.streams.video if not each.disposition & _STILL]
    for stream in found:
        if _codec_of(stream) in _video_formats.PICTURE_CODECS:
            return stream
    if found:
        raise _problems.error_of(_problems.unsupported_codec(_codec_of(found[0])))
    if not container.streams.audio:
        raise _problems.error_of(_problems.no_frames())
    return None


def _codec_of(stream: VideoStream) -> str:
    context: VideoCodecContext | None = stream.codec_context  # FFmpeg may have no decoder for it
    return "unknown" if context is None else context.codec.name


def _problem(error: Exception) -> Problem:
    if isinstance(error, MemoryError):
        return _problems.out_of_memory()
    if isinstance(error, EOFError):
        return _problems.truncated("video")
    return _problems.corrupt("video", "its decoder gives up")
