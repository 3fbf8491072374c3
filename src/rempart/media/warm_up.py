"""Decode one tiny picture of every format, so that nothing is left to import when the sandbox closes."""

import io

from PIL import Image

from rempart.media.media_types import AVIF, BMP, GIF, JPEG, PNG, TIFF, WEBP
from rempart.media.picture import open_picture

_SIDE = 16
_FORMATS = {
    JPEG: "JPEG",
    PNG: "PNG",
    WEBP: "WEBP",
    GIF: "GIF",
    AVIF: "AVIF",
    TIFF: "TIFF",
    BMP: "BMP",
}


def warm_up() -> None:
    """Make and decode a picture of every format, in colour and in grey, and one in Lab."""
    colour = Image.linear_gradient("L").resize((_SIDE, _SIDE)).convert("RGB")
    for media_type, name in _FORMATS.items():
        for image in (colour, colour.convert("L")):
            _decode(image, media_type, name)
    _decode(colour.convert("CMYK"), JPEG, "JPEG")
    _decode(Image.new("LAB", (_SIDE, _SIDE)), TIFF, "TIFF")


def _decode(image: Image.Image, media_type: str, name: str) -> None:
    buffer = io.BytesIO()
    image.save(buffer, name)
    picture = open_picture(buffer.getvalue(), media_type=media_type, max_pixels=_SIDE * _SIDE)
    picture.pixels()
    picture.reduced_grey()
