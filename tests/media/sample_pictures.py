"""Pictures that the tests make: benign patterns and scikit-image's own examples."""

import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data as skimage_data

from rempart.media import Picture, open_picture

MAX_PIXELS = 4_000_000

NAMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}


@cache
def photograph(width: int = 200, height: int = 150) -> Image.Image:
    """Return a photograph in RGB."""
    pixels: NDArray[np.uint8] = skimage_data.astronaut()  # type: ignore[no-untyped-call]  # no types
    return Image.fromarray(pixels).resize((width, height))


def noise(*shape: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encode(image: Image.Image, media_type: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, NAMES[media_type], **options)
    return buffer.getvalue()


def opened(data: bytes, media_type: str) -> Picture:
    return open_picture(data, media_type=media_type, max_pixels=MAX_PIXELS)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png(width: int, height: int, raw: bytes, *, bits: int = 8, colour: int = 2) -> bytes:
    """Return a PNG of raw, filtered rows, which may be fewer than the header promises."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(raw))
        + png_chunk(b"IEND", b"")
    )


def tiff(tags: dict[int, tuple[int, int, int]], *, body: bytes = b"", order: str = "<") -> bytes:
    """Return a TIFF with these tags (type, count, value) and its pixels right behind the header."""
    start = 8 + len(body) + len(body) % 2
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", start)
    entries = b""
    for tag, (kind, count, value) in sorted(tags.items()):
        number = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I"}.get(kind, "I"), value)
        entries += struct.pack(order + "HHI", tag, kind, count) + number
    return (
        head
        + body
        + bytes(len(body) % 2)
        + struct.pack(order + "H", len(tags))
        + entries
        + bytes(4)
    )


def grey_tiff_tags(
    width: int, height: int, *, bits: int = 8, size: int = 0
) -> dict[int, tuple[int, int, int]]:
    return {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, bits),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, 8),
        277: (3, 1, 1),
        278: (4, 1, height),
        279: (4, 1, size or width * height * bits // 8),
    }


def jpeg_frame_at(data: bytes) -> int:
    """Return where a JPEG's frame header begins."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def with_jpeg_size(data: bytes, width: int, height: int) -> bytes:
    at = jpeg_frame_at(data) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
