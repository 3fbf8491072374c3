"""Which picture streams FFmpeg knows of, those included that it met behind the header, which PyAV does not hold."""

import re
from typing import Any, Final, cast

import av.logging
from av.container import InputContainer
from av.video.stream import VideoStream

_ONE_PICTURE: Final = "flv"
"""A demuxer of files with one picture stream: another one is a change of codec, whenever FFmpeg notices it."""

_OF_PICTURES: Final = ": Video: "
"""Stands in FFmpeg's table once for each picture stream. A name that a file gives can add one, and change meanwhile."""

_STREAM: Final = re.compile(r"^ *Stream #0:(\d+)", re.ASCII | re.MULTILINE)
"""Where FFmpeg's table begins to tell of a stream, with its number."""


class PictureStreams:
    """The picture streams of a video as its header tells them, to be held against what came in the end.

    FFmpeg reads a part of a file for its header, and of some also a piece at the end: a stream that it knows from
    there has no size yet, and began behind the header as well.
    """

    def __init__(self, container: InputContainer, chosen: VideoStream | None) -> None:
        """Take note of what there is, before anything is read.

        Args:
            container: just opened.
            chosen: the stream that is looked at, if there is one.
        """
        self._container = container
        self._chosen = chosen
        table = _table(container)
        self._held = len(container.streams)
        self._count = table.count(_OF_PICTURES)
        self._codec = self._codec_in(table)
        self._has_late_one = any(self._is_late(each) for each in container.streams.video)

    @property
    def has_late_one(self) -> bool:
        """Whether one began behind the header, or the one that is looked at went over to another codec."""
        if self._has_late_one:
            return True
        table = _table(self._container)
        return (
            table.count(_OF_PICTURES) > self._count
            or self._names_another(table)
            or self._codec_in(table) != self._codec
        )

    def _names_another(self, table: str) -> bool:
        """Tell whether a picture stream has a number that none had at first, whatever names the file gave meanwhile."""
        _, *found = _STREAM.split(table)
        return any(
            int(number) >= self._held and _OF_PICTURES in told
            for number, told in zip(found[::2], found[1::2], strict=True)
        )

    def _is_late(self, stream: VideoStream) -> bool:
        if self._chosen is None or stream.index == self._chosen.index:
            return False
        # Where FFmpeg has no decoder for it there is none, and nobody knows its size.
        context: Any = stream.codec_context
        is_sized = context is None or context.width > 0
        return self._container.format.name == _ONE_PICTURE or not is_sized

    def _codec_in(self, table: str) -> str | None:
        if self._chosen is None:
            return None
        line = rf"^  Stream #0:{self._chosen.index}\b.*?{_OF_PICTURES}(\w+)"
        found = re.search(line, table, re.ASCII | re.MULTILINE | re.DOTALL)
        return None if found is None else found[1]


def _table(container: InputContainer) -> str:
    """Return what FFmpeg says of all streams: a line for each.

    It costs a tenth of a millisecond. It goes through FFmpeg's log, which is off before and after.
    """
    av.logging.set_level(av.logging.INFO)
    try:
        table: str = cast("Any", container).dumps_format()  # public, and left out of PyAV's stub
    finally:
        av.logging.set_level(None)
    return table
