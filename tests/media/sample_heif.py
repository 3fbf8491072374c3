"""HEIF pictures made for the tests: coded by FFmpeg, in boxes of our own with all the variants that are allowed."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.codec import CodecContext
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_PARAMETERS = frozenset({32, 33, 34})
"""Types of units that hold parameters and no picture."""


def box(kind: bytes, *content: bytes) -> bytes:
    """Return a box."""
    inside = b"".join(content)
    return (8 + len(inside)).to_bytes(4, "big") + kind + inside


def full_box(kind: bytes, version: int, *content: bytes, flags: int = 0) -> bytes:
    """Return a box with a version."""
    return box(kind, bytes([version]), flags.to_bytes(3, "big"), *content)


def number(value: int, count: int = 2) -> bytes:
    """Return an unsigned number."""
    return value.to_bytes(count, "big")


def coded(pixels: Pixels, pixel_format: str = "gray", **marks: str) -> tuple[bytes, bytes]:
    """Return the settings for the decoder, and a picture as HEVC without loss in its pixel format.

    Args:
        pixels: (H, W) grey, (H, W, 3) RGB, or (3, H, W) planes of brightness and colour differences.
        pixel_format: FFmpeg's name; `yuv444p` for planes.
        marks: further settings of the encoder.
    """
    return _coded(pixels.tobytes(), pixels.shape, pixel_format, tuple(sorted(marks.items())))


@cache
def _coded(
    data: bytes, shape: tuple[int, ...], pixel_format: str, marks: tuple[tuple[str, str], ...]
) -> tuple[bytes, bytes]:
    pixels = np.frombuffer(data, np.uint8).reshape(shape)
    height, width = _sides(shape)
    kind = {(height, width): "gray", (height, width, 3): "rgb24"}.get(shape, pixel_format)
    frame = av.VideoFrame.from_ndarray(pixels, kind)
    encoder = CodecContext.create("libx265", "w")
    encoder.height, encoder.width = height, width
    encoder.pix_fmt = pixel_format
    encoder.time_base = Fraction(1)
    encoder.thread_count = 1
    said = "".join(f":{key}={value}" for key, value in marks)
    encoder.options = {
        "preset": "ultrafast",
        "x265-params": f"log-level=none:lossless=1:info=0:pools=none:frame-threads=1{said}",
    }
    packets = [*encoder.encode(frame.reformat(format=pixel_format)), *encoder.encode()]
    stream = b"".join(bytes(each) for each in packets)
    units = [each for each in re.split(rb"\x00*\x00\x00\x01", stream) if each]
    return _settings(units), b"".join(
        number(len(each), 4) + each for each in units if each[0] >> 1 not in _PARAMETERS
    )


def _sides(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[1:] if len(shape) == 3 and shape[0] == 3 else shape[:2]  # type: ignore[return-value]  # two are left


def _settings(units: list[bytes]) -> bytes:
    """Return the settings for the decoder: the sets of parameters (ISO/IEC 14496-15, section 8.3.3)."""
    kept = [each for each in units if each[0] >> 1 in _PARAMETERS]
    profile = next(each for each in kept if each[0] >> 1 == 33).replace(b"\0\0\3", b"\0\0")[3:15]
    fixed = b"\1" + profile + bytes.fromhex("f000fcfdf8f800000f")
    sets = [bytes([each[0] >> 1]) + number(1) + number(len(each)) + each for each in kept]
    return fixed + bytes([len(sets)]) + b"".join(sets)


@dataclass
class Part:
    """An item to write: its bytes, its properties, and what it is made of."""

    kind: bytes
    content: bytes
    properties: list[bytes] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)


def size_of(width: int, height: int) -> bytes:
    """Return the property that tells a size."""
    return full_box(b"ispe", 0, number(width, 4), number(height, 4))


def picture(pixels: Pixels, *turns: bytes, pixel_format: str = "gray", **marks: str) -> Part:
    """Return an item with a coded picture."""
    settings, content = coded(pixels, pixel_format, **marks)
    height, width = _sides(pixels.shape)
    return Part(b"hvc1", content, [size_of(width, height), box(b"hvcC", settings), *turns])


def grid(
    rows: int, columns: int, width: int, height: int, *turns: bytes, wide: bool = False
) -> Part:
    """Return an item of tiles; they are the items from 2 on."""
    count = 4 if wide else 2
    said = (
        bytes([0, int(wide), rows - 1, columns - 1]) + number(width, count) + number(height, count)
    )
    return Part(b"grid", said, [size_of(width, height), *turns], list(range(2, 2 + rows * columns)))


def photo(pixels: Pixels, *turns: bytes, side: int = 256) -> bytes:
    """Return a picture, (H, W, 3) RGB, as telephones write it: in square tiles, one in four samples of colour."""
    height, width = pixels.shape[:2]
    rows, columns = -(-height // side), -(-width // side)
    padded = np.pad(
        pixels, ((0, rows * side - height), (0, columns * side - width), (0, 0)), "edge"
    )
    tiles = [
        picture(np.ascontiguousarray(tile), pixel_format="yuv420p")
        for row in np.split(padded, rows)
        for tile in np.split(row, columns, axis=1)
    ]
    return heif(grid(rows, columns, width, height, *turns), *tiles)


def rotated(quarters: int) -> bytes:
    """Return the property of a turn against the clock."""
    return box(b"irot", bytes([quarters]))


def mirrored(axis: int) -> bytes:
    """Return the property of a mirroring."""
    return box(b"imir", bytes([axis]))


def cut(width: int, height: int, right: int = 0, down: int = 0) -> bytes:
    """Return the property of a cut; its offsets are of centres, in half pixels."""
    pairs = ((width, 1), (height, 1), (right, 2), (down, 2))
    return box(b"clap", *(number(each % 2**32, 4) for pair in pairs for each in pair))


def colours(matrix: int, *, is_full: bool) -> bytes:
    """Return the property that tells how samples become RGB."""
    return box(b"colr", b"nclx", number(1), number(13), number(matrix), bytes([is_full << 7]))


@dataclass(frozen=True)
class Layout:
    """How the boxes are written.

    Attributes:
        wide: with identifiers of four bytes, and the versions that have them.
        places: version of the box of places; from 1 on it knows of bytes inside the table.
        inside: whether the bytes lie there.
        pieces: in how many pieces each item lies.
        base: whether the offsets are told from a base.
        media_first: whether the bytes stand before the table.
        brand: of the file.
    """

    wide: bool = False
    places: int = 1
    inside: bool = False
    pieces: int = 1
    base: bool = False
    media_first: bool = False
    brand: bytes = b"heic"


PLAIN = Layout()


def heif(*parts: Part, layout: Layout = PLAIN, primary: int = 1) -> bytes:
    """Return a file of items with the identifiers from 1 on."""
    start = box(b"ftyp", layout.brand, bytes(4), b"mif1", layout.brand)
    media = box(b"mdat", *(part.content for part in parts))
    if layout.media_first:
        return start + media + _table(parts, layout, primary, len(start) + 8)
    size = len(_table(parts, layout, primary, 0))
    table = _table(parts, layout, primary, len(start) + size + 8)
    return start + table + (b"" if layout.inside else media)


def _table(parts: tuple[Part, ...], layout: Layout, primary: int, origin: int) -> bytes:
    of_id = 4 if layout.wide else 2
    kinds = [
        full_box(b"infe", 3 if layout.wide else 2, number(each, of_id), number(0), part.kind, b"\0")
        for each, part in enumerate(parts, 1)
    ]
    references = [
        box(
            b"dimg",
            number(each, of_id),
            number(len(part.parts)),
            *(number(inner, of_id) for inner in part.parts),
        )
        for each, part in enumerate(parts, 1)
        if part.parts
    ]
    contents = b"".join(part.content for part in parts)
    return full_box(
        b"meta",
        0,
        full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", int(layout.wide), number(primary, of_id)),
        _places(parts, layout, 0 if layout.inside else origin),
        full_box(b"iinf", int(layout.wide), number(len(parts), 4 if layout.wide else 2), *kinds),
        full_box(b"iref", int(layout.wide), *references) if references else b"",
        _properties(parts, wide=layout.wide),
        box(b"idat", contents) if layout.inside else b"",
    )


def _places(parts: tuple[Part, ...], layout: Layout, origin: int) -> bytes:
    version = 2 if layout.wide else layout.places
    entries = []
    for each, part in enumerate(parts, 1):
        step = max(-(-len(part.content) // layout.pieces), 1)
        base = origin if layout.base else 0
        pieces = [
            number(origin - base + at, 4) + number(min(step, len(part.content) - at), 4)
            for at in range(0, len(part.content), step)
        ]
        entries.append(
            number(each, 4 if version == 2 else 2)
            + (number(int(layout.inside)) if version else b"")
            + number(0)
            + (number(base, 4) if layout.base else b"")
            + number(len(pieces))
            + b"".join(pieces)
        )
        origin += len(part.content)
    sizes = 0x4440 if layout.base else 0x4400
    return full_box(
        b"iloc", version, number(sizes), number(len(parts), 4 if version == 2 else 2), *entries
    )


def _properties(parts: tuple[Part, ...], *, wide: bool) -> bytes:
    every = list(dict.fromkeys(each for part in parts for each in part.properties))
    size, top = (2, 0x8000) if wide else (1, 0x80)
    entries = [
        number(each, 4 if wide else 2)
        + bytes([len(part.properties)])
        + b"".join(number(every.index(said) + 1 | top, size) for said in part.properties)
        for each, part in enumerate(parts, 1)
    ]
    return box(
        b"iprp",
        box(b"ipco", *every),
        full_box(b"ipma", int(wide), number(len(parts), 4), *entries, flags=int(wide)),
    )
