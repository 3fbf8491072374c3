"""Tiny pictures of every decoded format, made in memory: decoding one loads what its decoder loads lazily."""

import io
from collections.abc import Iterator
from typing import Final

from PIL import Image

PIXELS: Final = 64 * 48
"""Pixels of each picture."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")


def pictures() -> Iterator[bytes]:
    """Return one small file in each format, and the kinds of JPEG that take other paths."""
    colour = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    for name in _FORMATS:
        yield _encoded(colour, name)
    for mode in ("L", "CMYK"):
        yield _encoded(colour.convert(mode), "JPEG")
    for mode in ("P", "RGBA", "I;16", "1", "LA"):
        converted = colour.convert("L").convert(mode) if mode == "I;16" else colour.convert(mode)
        yield _encoded(converted, "PNG")


def _encoded(picture: Image.Image, name: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, name)
    return file.getvalue()
