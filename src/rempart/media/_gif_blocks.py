"""The blocks of a GIF: canvas of the first frame, and whether the file is complete (GIF89a)."""

from typing import Final

from rempart.media import _problems
from rempart.model.scan import Problem

_WHAT: Final = "GIF"
_SCREEN_END: Final = 13
_EXTENSION: Final = 0x21
_IMAGE: Final = 0x2C
_TRAILER: Final = 0x3B
_DESCRIPTOR_BYTES: Final = 10


def read_gif_size(data: memoryview) -> tuple[int, int]:
    """Return width and height of the canvas that the first frame needs.

    A frame may be larger than the screen that the header promises: the decoder then grows the canvas.

    Raises:
        PictureError: truncated, or without a frame.
    """
    at = _first_block(data)
    while at < len(data) and data[at] == _EXTENSION:
        at = _behind_sub_blocks(data, at + 2)
    if len(data) < at + _DESCRIPTOR_BYTES:
        raise _problems.error_of(_problems.truncated(_WHAT))
    if data[at] != _IMAGE:
        raise _problems.error_of(_problems.corrupt(_WHAT, "it has no frame"))
    left, top, across, down = (_number(data, at + offset) for offset in (1, 3, 5, 7))
    if across == 0 or down == 0:
        raise _problems.error_of(_problems.corrupt(_WHAT, "its first frame is empty"))
    return max(_number(data, 6), left + across), max(_number(data, 8), top + down)


def check_gif(data: memoryview) -> Problem | None:
    """Return what is wrong with the blocks up to the trailer, or None. GIF has no checksum."""
    at = _first_block(data)
    while at < len(data):
        kind = data[at]
        if kind == _TRAILER:
            return None
        if kind == _EXTENSION:
            at = _behind_sub_blocks(data, at + 2)
        elif kind == _IMAGE:
            at = _behind_image(data, at)
        else:
            return _problems.corrupt(_WHAT, "a block has an unknown kind")
    return _problems.truncated(_WHAT)


def _number(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _first_block(data: memoryview) -> int:
    if len(data) < _SCREEN_END:
        raise _problems.error_of(_problems.truncated(_WHAT))
    return _SCREEN_END + _colour_table_bytes(data[10])


def _behind_image(data: memoryview, at: int) -> int:
    if len(data) < at + _DESCRIPTOR_BYTES:
        return len(data)
    table = _colour_table_bytes(data[at + 9])
    return _behind_sub_blocks(data, at + _DESCRIPTOR_BYTES + table + 1)


def _behind_sub_blocks(data: memoryview, at: int) -> int:
    """Return the offset behind a chain of sub-blocks, or one at or beyond the end where it is cut."""
    while at < len(data):
        length = data[at]
        at += 1 + length
        if length == 0:
            break
    return at
