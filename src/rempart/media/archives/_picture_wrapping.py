"""Packed pixels of a document as a picture file of their own: TIFF or PNG around the bytes as they are.

Nothing is unpacked here: the decoder of pictures does that, under its own limits.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rempart.media.archives._reading import PIECE_BYTES, Reading

UNPACKED: Final = 1
FAX_3: Final = 3
FAX_4: Final = 4
LZW: Final = 5
DEFLATE: Final = 8
PACKBITS: Final = 32773
"""How a TIFF's pixels are packed (TIFF 6.0 and its supplements)."""

WHITE_IS_ZERO: Final = 0
GREY: Final = 1
RGB: Final = 2
PALETTE: Final = 3
INK: Final = 5
"""What a TIFF's samples mean."""

_SHORT: Final = 3
_LONG: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitmap:
    """What packed pixels mean.

    Attributes:
        width: in pixels.
        height: in pixels.
        bits: of one sample.
        meaning: of the samples, as TIFF counts.
        palette: red, green and blue of each colour, where the samples are numbers of colours.
    """

    width: int
    height: int
    bits: int
    meaning: int
    palette: bytes = b""

    @property
    def samples(self) -> int:
        """Samples of one pixel."""
        return {RGB: 3, INK: 4}.get(self.meaning, 1)


class Pieces:
    """Bytes that are made piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end."""
        while not self._ready:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._ready = piece
        found, self._ready = self._ready[:size], self._ready[size:]
        return found


def tiff(
    bitmap: Bitmap,
    pixels: Reading,
    *,
    length: int,
    packing: int,
    predictor: int = 1,
    options: int = 0,
) -> Reading:
    """Return a TIFF of one strip around packed pixels.

    Args:
        bitmap: what they mean.
        pixels: the packed bytes.
        length: how many there are.
        packing: how they are packed.
        predictor: 2 where each sample is the difference to the one before.
        options: of fax packing, as TIFF's T4Options.
    """
    entries = {
        256: (_LONG, [bitmap.width]),
        257: (_LONG, [bitmap.height]),
        258: (_SHORT, [bitmap.bits] * bitmap.samples),
        259: (_SHORT, [packing]),
        262: (_SHORT, [bitmap.meaning]),
        273: (_LONG, [0]),
        277: (_SHORT, [bitmap.samples]),
        278: (_LONG, [bitmap.height]),
        279: (_LONG, [length]),
    }
    if packing == FAX_3:
        entries[292] = (_LONG, [options])
    if predictor != 1:
        entries[317] = (_SHORT, [predictor])
    if bitmap.palette:
        colours = 1 << bitmap.bits
        padded = bitmap.palette[: 3 * colours].ljust(3 * colours, b"\0")
        entries[320] = (_SHORT, [257 * each for at in range(3) for each in padded[at::3]])
    return Pieces(_with_head(_tiff_head(entries), pixels))


def png(bitmap: Bitmap, pixels: Reading) -> Reading:
    """Return a PNG around pixels that are packed as PNG packs them; ink cannot be given."""
    kind = {RGB: 2, PALETTE: 3}.get(bitmap.meaning, 0)
    palette = bitmap.palette
    if bitmap.meaning == WHITE_IS_ZERO:
        kind, most = 3, (1 << bitmap.bits) - 1
        palette = bytes(255 - 255 * at // most for at in range(most + 1) for _ in range(3))
    return Pieces(_png_chunks(bitmap, kind, palette[: 3 << bitmap.bits], pixels))


def _with_head(head: bytes, pixels: Reading) -> Iterator[bytes]:
    yield head
    while piece := pixels.read(PIECE_BYTES):
        yield piece


def _tiff_head(entries: dict[int, tuple[int, list[int]]]) -> bytes:
    """Return header and directory; what does not fit an entry stands behind them, then come the pixels."""
    behind_at = 8 + 2 + 12 * len(entries) + 4
    sizes = {_SHORT: 2, _LONG: 4}
    extra = {
        tag: struct.pack(f">{len(values)}{'H' if kind == _SHORT else 'L'}", *values)
        for tag, (kind, values) in entries.items()
    }
    entries[273] = (_LONG, [behind_at + sum(len(each) for each in extra.values() if len(each) > 4)])  # noqa: PLR2004 - what fits
    extra[273] = struct.pack(">L", *entries[273][1])
    directory, behind = [], b""
    for tag, (kind, values) in sorted(entries.items()):
        content = extra[tag]
        if len(content) > sizes[_LONG]:
            place = struct.pack(">L", behind_at + len(behind))
            behind += content
        else:
            place = content.ljust(4, b"\0")
        directory.append(struct.pack(">HHL", tag, kind, len(values)) + place)
    head = b"MM\0*" + struct.pack(">L", 8) + struct.pack(">H", len(entries))
    return head + b"".join(directory) + bytes(4) + behind


def _png_chunks(bitmap: Bitmap, kind: int, palette: bytes, pixels: Reading) -> Iterator[bytes]:
    header = struct.pack(">2L5B", bitmap.width, bitmap.height, bitmap.bits, kind, 0, 0, 0)
    yield b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    if kind == 3:  # noqa: PLR2004 - PNG's number for a palette
        yield _chunk(b"PLTE", palette)
    while piece := pixels.read(PIECE_BYTES):
        yield _chunk(b"IDAT", piece)
    yield _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">L", len(content)) + checked + struct.pack(">L", zlib.crc32(checked))
