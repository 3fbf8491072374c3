"""The chunks of a PNG: size from the first, and a check of all (PNG, third edition, section 5)."""

import zlib
from collections.abc import Iterator
from typing import Final

from rempart.media import _problems
from rempart.model.scan import Problem

_WHAT: Final = "PNG"
_SIGNATURE_BYTES: Final = 8
_FRAME_BYTES: Final = 12  # length, type and CRC
_IHDR_END: Final = 33
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Left, top and step across and down of each interlace pass (section 8)."""


def read_png_size(data: memoryview) -> tuple[int, int]:
    """Return width and height.

    Raises:
        PictureError: truncated, or the first chunk is no header.
    """
    if len(data) < _IHDR_END:
        raise _problems.error_of(_problems.truncated(_WHAT))
    if bytes(data[8:16]) != b"\x00\x00\x00\x0dIHDR":
        raise _problems.error_of(_problems.corrupt(_WHAT, "it does not begin with its header"))
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def check_png(data: memoryview) -> Problem | None:
    """Return what is wrong with the chunks up to IEND, or None.

    Every CRC is checked, that of IDAT too, which Pillow skips. What follows IEND is no part of the picture.
    """
    for kind, body, stored_crc in _chunks(data):
        if stored_crc is None:
            return _problems.truncated(_WHAT)
        if zlib.crc32(body) != stored_crc:
            return _problems.corrupt(_WHAT, "a chunk has a wrong checksum")
        if kind == b"IEND":
            return None
    return _problems.truncated(_WHAT)


def holds_all_rows(data: memoryview) -> bool:
    """Tell whether the compressed data hold as many bytes as the header promises.

    Pillow takes a stream that ends early as complete and leaves the missing rows black. This inflates
    everything once more, so it is asked only where the picture ends in black.
    """
    expected_bytes = _expected_bytes(data)
    inflater = zlib.decompressobj()
    found = 0
    for kind, body, _ in _chunks(data):
        if kind == b"IEND" or inflater.eof:
            break
        waiting = bytes(body[4:]) if kind == b"IDAT" else b""
        while waiting and found < expected_bytes:
            found += len(inflater.decompress(waiting, 1 << 20))
            waiting = inflater.unconsumed_tail
    return found + len(inflater.flush(1)) >= expected_bytes


def _expected_bytes(data: memoryview) -> int:
    width, height = read_png_size(data)
    bits = data[24] * _CHANNELS.get(data[25], 1)
    passes = _ADAM7 if data[28] else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview, int | None]]:
    """Give type, type with body, and stored CRC (None where the file ends inside the chunk)."""
    at = _SIGNATURE_BYTES
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + _FRAME_BYTES + length
        body = data[at + 4 : end - 4]
        is_complete = end <= len(data)
        crc = int.from_bytes(data[end - 4 : end], "big") if is_complete else None
        yield bytes(body[:4]), body, crc
        at = end
