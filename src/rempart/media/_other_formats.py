"""Decoding PNG, WebP, GIF, AVIF, TIFF and BMP: structure first, then Pillow, then what can be saved."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from rempart.media import _planes, _problems
from rempart.media._gif_blocks import check_gif
from rempart.media._heif_boxes import has_film
from rempart.media._pillow import name_of, open_image, pillow
from rempart.media._png_chunks import check_png, holds_all_rows, only_pixels
from rempart.media._riff_and_bmp import check_webp
from rempart.media._tiff_tags import TiffTags, read_tiff_tags, without_orientation
from rempart.media.errors import PictureError
from rempart.media.media_types import AVIF, GIF, PNG, TIFF, WEBP
from rempart.media.pixels import Pixels
from rempart.model.scan import Problem, ProblemKind

_CHECKS: Final[dict[str, Callable[[memoryview], Problem | None]]] = {
    PNG: check_png,
    GIF: check_gif,
    WEBP: check_webp,
}
_CANVAS_BYTES: Final = {WEBP: 13, AVIF: 8}
"""Bytes a pixel that the decoder itself needs, measured at 100 megapixels."""
_ALL_OR_NOTHING: Final = frozenset({WEBP, AVIF})
_SALVAGED: Final = frozenset({ProblemKind.TRUNCATED, ProblemKind.CORRUPT})


def decode_other(data: memoryview, media_type: str, size: tuple[int, int]) -> Pixels:
    """Return all pixels; those of a torn or damaged file as far as they go.

    Args:
        data: the whole file.
        media_type: any decodable one but JPEG.
        size: width and height that the header was read to promise.

    Raises:
        PictureError: nothing can be decoded, or the kind of pixels is not read.
    """
    check = _CHECKS.get(media_type)
    problem = check(data) if check is not None else None
    try:
        array = _decode(data, media_type, size)
    except PictureError as error:
        if error.kind not in _SALVAGED:
            raise
        problem = problem or error.problem
        array = _salvage(data, media_type, size, problem)
    else:
        problem = problem or _missing_rows(data, media_type, array)
    if problem is None and media_type == AVIF and _hides_film(data):
        return Pixels(array, is_whole=True, problem=_problems.film_beside())
    return Pixels(array, problem is None, problem)


def _hides_film(data: memoryview) -> bool:
    """Tell whether there is a film that the decoder passes over, because the first brand does not name it."""
    return bytes(data[8:12]) != b"avis" and has_film(data)


def ask_for_memory(media_type: str, size: tuple[int, int]) -> None:
    """Raise MemoryError where a decoder would lack memory and not say so, without touching a page."""
    np.empty(size[0] * size[1] * _CANVAS_BYTES.get(media_type, 0), np.uint8)


def _decode(
    data: memoryview, media_type: str, size: tuple[int, int], *, is_lenient: bool = False
) -> NDArray[np.uint8]:
    ask_for_memory(media_type, size)
    tags = read_tiff_tags(data) if media_type == TIFF else None
    prepared = _prepare(data, media_type, tags)
    with pillow(media_type, is_lenient=is_lenient):
        image = open_image(prepared, media_type)
        if image.size != size:
            reason = "its header and its decoder disagree about the size"
            raise _problems.error_of(_problems.corrupt(name_of(media_type), reason))
        image.load()
        return _to_array(image, tags)


def _prepare(
    data: memoryview, media_type: str, tags: TiffTags | None
) -> bytes | bytearray | memoryview:
    """Return what Pillow is given: without what has no bearing on the pixels but on how Pillow treats them."""
    if media_type == PNG:
        return only_pixels(data)
    return data if tags is None else without_orientation(data, tags)


def _to_array(image: ImageFile.ImageFile, tags: TiffTags | None) -> NDArray[np.uint8]:
    if tags is None:
        return _planes.to_array(image)
    return _planes.to_array(image, bits=tags.bits, is_inverted=tags.is_white_zero)


def _salvage(
    data: memoryview, media_type: str, size: tuple[int, int], problem: Problem
) -> NDArray[np.uint8]:
    """Return what can be decoded of a file with a known problem; raise the problem when that is nothing."""
    if media_type in _ALL_OR_NOTHING:
        raise _problems.error_of(problem)
    try:
        array = _decode(data, media_type, size, is_lenient=True)
    except PictureError as error:
        raise _problems.error_of(problem) from error
    if array.min() == array.max():  # what is missing is filled with one value
        raise _problems.error_of(problem)
    return array


def _missing_rows(data: memoryview, media_type: str, array: NDArray[np.uint8]) -> Problem | None:
    """Look for the rows that Pillow left black because the compressed data of a PNG end early."""
    if media_type != PNG or not any(_is_uniform(row) for row in array[-2:]):
        return (
            None  # two rows, because the last pass of an interlaced picture holds every other row
        )
    return None if holds_all_rows(data) else _problems.truncated(name_of(media_type))


def _is_uniform(row: NDArray[np.uint8]) -> bool:
    return bool((row == row[0]).all())
