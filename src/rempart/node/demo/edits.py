"""Edits: what happens to a picture on its way through the net, made on benign pictures only."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

LARGE_PIXELS: Final = 12_000_000
"""Size of the enlarged pictures: that of a usual telephone camera."""

_ROTATED_FOR_DISPLAY: Final = 6  # EXIF: the viewer turns the stored pixels by 90 degrees clockwise
_EVERY_THIRD: Final = 3
"""An edit that is rare in practice is made of every third picture only."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One way of changing a picture.

    Attributes:
        kind: name of the edit, used in file names and in the manifest.
        suffix: of the file that it writes.
        make: from an RGB picture and a random generator to the bytes of a file.
        every: the edit is made of each picture whose number is divisible by this.
    """

    kind: str
    suffix: str
    make: Callable[[Image.Image, np.random.Generator], bytes]
    every: int = 1


def open_rgb(path: Path) -> Image.Image:
    """Return the first frame of a trusted picture file as RGB pixels; transparency is dropped."""
    with Image.open(path) as picture:
        return picture.convert("RGB")


def enlarge(picture: Image.Image, pixels: int = LARGE_PIXELS) -> Image.Image:
    """Return the picture at about `pixels` pixels, never more, with its aspect kept."""
    factor = (pixels / (picture.width * picture.height)) ** 0.5
    size = (int(picture.width * factor), int(picture.height * factor))
    return picture.resize(size, Image.Resampling.BICUBIC)


def encode(picture: Image.Image, format_name: str, **options: Any) -> bytes:
    """Return the picture as the bytes of a file; options are those of Pillow's writer, hence untyped."""
    sink = io.BytesIO()
    picture.save(sink, format_name, **options)
    return sink.getvalue()


def _jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    return encode(picture, "JPEG", quality=quality)


def _png(picture: Image.Image) -> bytes:
    return encode(picture, "PNG", compress_level=1)


def _crop(picture: Image.Image, share: float) -> Image.Image:
    """Cut `share` of the width and height off: half on each side, one pixel at least."""
    across = max(1, round(picture.width * share / 2))
    down = max(1, round(picture.height * share / 2))
    return picture.crop((across, down, picture.width - across, picture.height - down))


def _half_size(picture: Image.Image, _: np.random.Generator) -> bytes:
    size = (max(1, picture.width // 2), max(1, picture.height // 2))
    return _jpeg(picture.resize(size, Image.Resampling.LANCZOS))


def _noise(picture: Image.Image, generator: np.random.Generator) -> bytes:
    pixels = np.asarray(picture, dtype=np.float32)
    noisy = pixels + generator.normal(0.0, 6.0, pixels.shape).astype(np.float32)
    return _jpeg(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)))


def _text_line(picture: Image.Image, _: np.random.Generator) -> bytes:
    marked = picture.copy()
    height = max(8, picture.height // 24)
    position = (picture.width // 20, picture.height - 2 * height)
    font = ImageFont.load_default(size=height)
    ImageDraw.Draw(marked).text(position, "exercise", fill=(255, 255, 255), font=font)
    return _jpeg(marked)


def _to_gif(picture: Image.Image, _: np.random.Generator) -> bytes:
    return encode(picture.quantize(256), "GIF")


def _animated_gif(picture: Image.Image, _: np.random.Generator) -> bytes:
    first = picture.quantize(256)
    second = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).quantize(256)
    return encode(first, "GIF", save_all=True, append_images=[second], duration=200, loop=0)


def _to_avif(picture: Image.Image, _: np.random.Generator) -> bytes:
    # One thread: the encoder may divide the picture differently on a machine with other cores.
    return encode(picture, "AVIF", quality=80, speed=9, max_threads=1)


def _palette_png(picture: Image.Image, _: np.random.Generator) -> bytes:
    return encode(picture.quantize(64), "PNG")


def _grey_16_bit(picture: Image.Image, generator: np.random.Generator) -> bytes:
    high = np.asarray(picture.convert("L"), dtype=np.uint16) << 8
    low = generator.integers(0, 256, high.shape, dtype=np.uint16)
    return encode(Image.fromarray(high | low), "PNG")


def _alpha_png(picture: Image.Image, _: np.random.Generator) -> bytes:
    """Fade the picture out to the right; the colours below stay as they are."""
    fade = np.linspace(255, 0, picture.width).astype(np.uint8)
    veiled = picture.copy()
    veiled.putalpha(Image.fromarray(np.tile(fade, (picture.height, 1))))
    return _png(veiled)


def _exif_orientation(picture: Image.Image, _: np.random.Generator) -> bytes:
    """Store the picture lying on its side, with the tag that makes a viewer set it upright."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = _ROTATED_FOR_DISPLAY
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    return encode(stored, "JPEG", quality=90, exif=tags)


EDITS: Final = (
    Edit("recompressed-75", ".jpg", lambda picture, _: _jpeg(picture, 75)),
    Edit("recompressed-30", ".jpg", lambda picture, _: _jpeg(picture, 30)),
    Edit("half-size", ".jpg", _half_size),
    Edit("cropped-1-percent", ".jpg", lambda picture, _: _jpeg(_crop(picture, 0.01))),
    Edit("cropped-2-percent", ".png", lambda picture, _: _png(_crop(picture, 0.02))),
    Edit("blurred", ".jpg", lambda p, _: _jpeg(p.filter(ImageFilter.GaussianBlur(1.2)))),
    Edit("noise", ".jpg", _noise),
    Edit("greyscale", ".jpg", lambda picture, _: _jpeg(picture.convert("L"))),
    Edit("brighter", ".jpg", lambda p, _: _jpeg(ImageEnhance.Brightness(p).enhance(1.15))),
    Edit("more-contrast", ".jpg", lambda p, _: _jpeg(ImageEnhance.Contrast(p).enhance(1.2))),
    Edit("text-line", ".jpg", _text_line),
    Edit("mirrored", ".jpg", lambda p, _: _jpeg(p.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
    Edit("rotated-90", ".png", lambda p, _: _png(p.transpose(Image.Transpose.ROTATE_90))),
    Edit("same-pixels", ".png", lambda picture, _: _png(picture)),
    Edit("webp", ".webp", lambda picture, _: encode(picture, "WEBP", quality=80, method=2)),
    Edit("avif", ".avif", _to_avif),
    Edit("progressive", ".jpg", lambda p, _: encode(p, "JPEG", quality=85, progressive=True)),
    Edit("cmyk", ".jpg", lambda picture, _: _jpeg(picture.convert("CMYK"))),
    Edit("gif", ".gif", _to_gif),
    Edit("tiff", ".tiff", lambda p, _: encode(p, "TIFF", compression="tiff_lzw"), _EVERY_THIRD),
    Edit("bmp", ".bmp", lambda picture, _: encode(picture, "BMP"), _EVERY_THIRD),
    Edit("palette", ".png", _palette_png, _EVERY_THIRD),
    Edit("grey-16-bit", ".png", _grey_16_bit, _EVERY_THIRD),
    Edit("alpha", ".png", _alpha_png, _EVERY_THIRD),
    Edit("exif-orientation", ".jpg", _exif_orientation, _EVERY_THIRD),
    Edit("animated", ".gif", _animated_gif, _EVERY_THIRD),
    Edit("webp-lossless", ".webp", lambda p, _: encode(p, "WEBP", lossless=True), _EVERY_THIRD),
)
"""Every edit of a picture at its own size."""

ENLARGEMENTS: Final = (
    Edit("12-megapixel", ".jpg", lambda picture, _: _jpeg(enlarge(picture))),
    Edit(
        "12-megapixel-progressive",
        ".jpg",
        lambda picture, _: encode(enlarge(picture), "JPEG", quality=90, progressive=True),
    ),
    Edit("6-megapixel", ".png", lambda picture, _: _png(enlarge(picture, LARGE_PIXELS // 2))),
    Edit(
        "4-megapixel", ".webp", lambda p, _: encode(enlarge(p, LARGE_PIXELS // 3), "WEBP", method=0)
    ),
)
"""Enlarged pictures: each is made of one picture only, because they are large."""


def edits_of(number: int) -> Iterator[Edit]:
    """Yield the edits that the picture of this number, counted from 0, gets."""
    for place, edit in enumerate(EDITS):
        # The rare edits take turns, so that every picture gets some of them.
        if (number + place) % edit.every == 0:
            yield edit
    if number < len(ENLARGEMENTS):
        yield ENLARGEMENTS[number]
