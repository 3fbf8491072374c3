"""Decoding through Pillow with exactly one format allowed: everything but ordinary JPEG."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from rempart.media import _problems
from rempart.media.errors import PictureError
from rempart.media.media_types import AVIF, BMP, GIF, HEIF_TYPES, JPEG, PNG, TIFF, WEBP
from rempart.model.scan import Problem

# Naming the plug-ins registers them: Pillow then never looks for others, and a sandboxed worker opens no file.
_FORMATS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    JPEG: JpegImagePlugin.JpegImageFile,
    PNG: PngImagePlugin.PngImageFile,
    WEBP: WebPImagePlugin.WebPImageFile,
    GIF: GifImagePlugin.GifImageFile,
    AVIF: AvifImagePlugin.AvifImageFile,
    TIFF: TiffImagePlugin.TiffImageFile,
    BMP: BmpImagePlugin.BmpImageFile,
}
_NAMES: Final = {
    JPEG: "JPEG",
    PNG: "PNG",
    WEBP: "WebP",
    GIF: "GIF",
    AVIF: "AVIF",
    TIFF: "TIFF",
    BMP: "BMP",
    **dict.fromkeys(HEIF_TYPES, "HEIF"),
}
_SIGNS_OF_AN_END: Final = (
    "truncated",
    "not enough",
    "no more images",
    "end of file",
    "unexpected end",
)
_SIGNS_OF_A_VARIANT: Final = (
    "unsupported",
    "not supported",
    "unknown pixel mode",
    "unknown data organization",
)
_settings_lock: Final = threading.RLock()


def name_of(media_type: str) -> str:
    """Return what people call a decodable media type."""
    return _NAMES[media_type]


@contextmanager
def pillow(media_type: str, *, is_lenient: bool = False) -> Iterator[None]:
    """Set Pillow's global switches for one decoding, turn what it raises into PictureError, and set them back.

    Pillow's own pixel limit is off inside, because ours was applied before; its warnings are dropped, because the
    checks here say more. Hostile bytes make a decoder raise almost any exception: each means "cannot be decoded".
    """
    with _settings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        threads_before = AvifImagePlugin.DEFAULT_MAX_THREADS
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, is_lenient
        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a sandboxed worker may not start threads
        try:
            yield
        except PictureError:
            raise
        except Exception as error:  # the decoder boundary
            raise _problems.error_of(_problem(error, media_type)) from error
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before
            AvifImagePlugin.DEFAULT_MAX_THREADS = threads_before


def open_image(data: bytes | bytearray | memoryview, media_type: str) -> ImageFile.ImageFile:
    """Return Pillow's image, headers read only. Call inside `pillow`."""
    return _FORMATS[media_type](io.BytesIO(data))


def size_of(data: memoryview, media_type: str) -> tuple[int, int]:
    """Return width and height as Pillow reads them from the header, without decoding.

    Raises:
        PictureError: the header cannot be read.
    """
    with pillow(media_type):
        return open_image(data, media_type).size


def _problem(error: Exception, media_type: str) -> Problem:
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text:
        return _problems.out_of_memory()
    if any(sign in text for sign in _SIGNS_OF_AN_END) or isinstance(error, EOFError):
        return _problems.truncated(name_of(media_type))
    if isinstance(error, NotImplementedError) or any(sign in text for sign in _SIGNS_OF_A_VARIANT):
        return _problems.unsupported_pixels(
            name_of(media_type), "its variant of the format is not decoded"
        )
    return _problems.corrupt(name_of(media_type), "its decoder gives up")
