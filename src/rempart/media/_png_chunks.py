"""The chunks of a PNG: size from the first, and a check of all (PNG, third edition, section 5)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rempart.media import _problems
from rempart.model.scan import Problem

_WHAT: Final = "PNG"
_SIGNATURE_BYTES: Final = 8
_FRAME_BYTES: Final = 12  # length, type and CRC
_IHDR_END: Final = 33
_PIXEL_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_ANIMATION_CHUNKS: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
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
    is_complete = False
    for chunk in _chunks(data):
        if chunk.crc is None:
            return _problems.truncated(_WHAT)
        if zlib.crc32(chunk.checked) != chunk.crc:
            return _problems.corrupt(_WHAT, "a chunk has a wrong checksum")
        is_complete = chunk.kind == b"IEND"
    return None if is_complete else _problems.truncated(_WHAT)


def only_pixels(data: memoryview) -> bytes:
    """Return the same picture without texts, profiles, transparency and animation: less for Pillow to stumble over.

    A chunk that the file's end cuts is kept as far as it goes.
    """
    return _only(data, _PIXEL_CHUNKS)


def only_frames(data: memoryview) -> bytes:
    """Return the same animation without texts, profiles and transparency, as `only_pixels` does a picture."""
    return _only(data, _PIXEL_CHUNKS | _ANIMATION_CHUNKS)


def is_animated(data: memoryview) -> bool:
    """Tell whether the chunk that announces an animation stands before the first pixels."""
    for chunk in _chunks(data):
        if chunk.kind in {b"acTL", b"IDAT"}:
            return chunk.kind == b"acTL"
    return False


def _only(data: memoryview, kinds: frozenset[bytes]) -> bytes:
    parts = [data[:_SIGNATURE_BYTES]]
    parts += [chunk.raw for chunk in _chunks(data) if chunk.kind in kinds]
    return b"".join(parts)


def holds_all_rows(data: memoryview) -> bool:
    """Tell whether the compressed data hold as many bytes as the header promises.

    Pillow takes a stream that ends early as complete and leaves the missing rows black. This inflates
    everything once more, so it is asked only where the picture ends in black.
    """
    expected_bytes = _expected_bytes(data)
    inflater = zlib.decompressobj()
    found = 0
    for chunk in _chunks(data):
        if inflater.eof:
            break
        waiting = bytes(chunk.checked[4:]) if chunk.kind == b"IDAT" else b""
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


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk, cut where the file is cut.

    Attributes:
        kind: its type.
        raw: all of it.
        checked: type and body, which the CRC covers.
        crc: as stored; absent where the file ends inside the chunk.
    """

    kind: bytes
    raw: memoryview
    checked: memoryview
    crc: int | None


def _chunks(data: memoryview) -> Iterator[_Chunk]:
    """Give the chunks up to IEND."""
    at = _SIGNATURE_BYTES
    while at < len(data):
        end = at + _FRAME_BYTES + int.from_bytes(data[at : at + 4], "big")
        checked = data[at + 4 : end - 4]
        crc = int.from_bytes(data[end - 4 : end], "big") if end <= len(data) else None
        chunk = _Chunk(bytes(checked[:4]), data[at:end], checked, crc)
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = end
