"""Open one untrusted picture: size from the header, pixels on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rempart.media import _problems
from rempart.media._gif_blocks import read_gif_size
from rempart.media._heif import HeifPicture, read_heif
from rempart.media._jpeg import decode_jpeg, decode_reduced_grey
from rempart.media._jpeg_header import JpegHeader, read_jpeg_header
from rempart.media._other_formats import decode_other
from rempart.media._pillow import name_of, size_of
from rempart.media._png_chunks import read_png_size
from rempart.media._riff_and_bmp import read_bmp_size, read_webp_size
from rempart.media._tiff_tags import read_tiff_tags
from rempart.media.media_types import (
    AVIF,
    BMP,
    GIF,
    HEIF_TYPES,
    JPEG,
    PNG,
    TIFF,
    WEBP,
    is_decodable,
)
from rempart.media.pixels import Pixels, ReducedGrey

DEFAULT_SHORT_SIDE: Final = 256
"""Below it a reduced plane changes PDQ hashes too much (docs/benchmarks.md)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture whose header was read and is within the limits; nothing of it is decoded yet.

    Attributes:
        media_type: its IANA media type.
        width: in pixels, as stored: the EXIF orientation is not applied; of a HEIF as its own turns show it.
        height: in pixels, likewise.
    """

    media_type: str
    width: int
    height: int
    _data: memoryview = field(repr=False)
    _header: JpegHeader | HeifPicture | None = field(repr=False)

    def pixels(self) -> Pixels:
        """Decode the picture, of an animated one the first frame, of a TIFF the first page, of a HEIF the primary one.

        Alpha is dropped, not composited; 16 bits give their high byte; ink becomes RGB.

        Raises:
            PictureError: nothing can be decoded, or the kind of pixels is not read.
        """
        with _problems.memory_limit():
            if isinstance(self._header, JpegHeader):
                return decode_jpeg(self._data, self._header)
            if isinstance(self._header, HeifPicture):
                from rempart.media._heif_decoding import decode_heif  # noqa: PLC0415 - only workers pay for FFmpeg

                return decode_heif(self._data, self._header)
            return decode_other(self._data, self.media_type, (self.width, self.height))

    def reduced_grey(self, short_side: int = DEFAULT_SHORT_SIDE) -> ReducedGrey | None:
        """Decode the grey plane of a JPEG at the smallest scale whose short side is at least `short_side`.

        Returns None where it does not apply: not a JPEG, ink, unusual colour planes. What is returned is whole.

        Raises:
            PictureError: the file is torn or damaged; `pixels` may still yield a part.
            ValueError: `short_side` is below 16.
        """
        if not isinstance(self._header, JpegHeader):
            return None
        with _problems.memory_limit():
            return decode_reduced_grey(self._data, self._header, short_side)


def open_picture(data: bytes | memoryview, *, media_type: str, max_pixels: int) -> Picture:
    """Read the header of a picture and hold it against the pixel limit, before anything is allocated.

    Args:
        data: the whole file; it must not change while the picture is in use.
        media_type: what `sniff` said of it.
        max_pixels: largest width times height.

    Raises:
        PictureError: empty, not decoded, torn or damaged in its header, or over the limit.
    """
    view = memoryview(data).cast("B")
    if not is_decodable(media_type):
        raise _problems.error_of(_problems.unsupported_format(media_type))
    if len(view) == 0:
        raise _problems.error_of(_problems.empty())
    header: JpegHeader | HeifPicture | None = None
    if media_type == JPEG:
        header = read_jpeg_header(view)
    elif media_type in HEIF_TYPES:
        header = read_heif(view, max_pixels)
    width, height = (header.width, header.height) if header else _SIZES[media_type](view)
    if width == 0 or height == 0:
        reason = "its header promises a picture without a pixel"
        raise _problems.error_of(_problems.corrupt(name_of(media_type), reason))
    if width * height > max_pixels:
        raise _problems.error_of(_problems.too_many_pixels(width, height, max_pixels))
    return Picture(media_type, width, height, view, header)


def _tiff_size(data: memoryview) -> tuple[int, int]:
    tags = read_tiff_tags(data)
    return tags.width, tags.height


_SIZES: Final[dict[str, Callable[[memoryview], tuple[int, int]]]] = {
    PNG: read_png_size,
    WEBP: read_webp_size,
    GIF: read_gif_size,
    AVIF: lambda data: size_of(data, AVIF),
    TIFF: _tiff_size,
    BMP: read_bmp_size,
}
