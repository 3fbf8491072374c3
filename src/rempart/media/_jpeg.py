"""Decoding JPEG through simplejpeg, whose strict mode raises on every warning of libjpeg; Pillow swallows them."""

import re
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from rempart.media import _planes, _problems
from rempart.media._jpeg_header import JpegHeader
from rempart.media._pillow import open_image, pillow
from rempart.media.media_types import JPEG
from rempart.media.pixels import Pixels, ReducedGrey
from rempart.model.scan import Problem

_WHAT: Final = "JPEG"
_COLOUR_SPACES: Final = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_CHANNELS: Final = {"GRAY": 1, "RGB": 3, "CMYK": 4}
_SCALES: Final = (8, 4, 2)
_SMALLEST_SHORT_SIDE: Final = 16
_UNKNOWN_SAMPLING: Final = "subsampling level"
_ODD_SCAN_PARAMETERS: Final = "Invalid SOS parameters for sequential JPEG"
_LEAST_SCAN_BYTES: Final = 32
"""Fewer decode to nothing but the padding that libjpeg invents."""
_SEQUENTIAL_SCAN: Final = b"\x00\x3f\x00"
_SIGNS_OF_AN_END: Final = ("premature end",)
_SAFE_TEXT: Final = re.compile(r"[A-Za-z0-9 ,.:()/=_-]{1,120}", re.ASCII)


class _UnknownSamplingError(Exception):
    """The colour planes have proportions that the strict decoder does not know."""


def decode_jpeg(data: memoryview, header: JpegHeader) -> Pixels:
    """Return all pixels; those of a torn or damaged file as far as they go.

    Raises:
        PictureError: nothing can be decoded.
    """
    colour_space = _COLOUR_SPACES[header.components]
    try:
        array = _decode(data, header, colour_space=colour_space)
        problem = None
    except _UnknownSamplingError:
        return _decode_unknown_sampling(data)
    except ValueError as error:
        problem = _problem(str(error))
        array = _decode_leniently(data, header, colour_space, problem)
    return Pixels(_to_light(array, header), problem is None, problem)


def decode_reduced_grey(
    data: memoryview, header: JpegHeader, short_side: int
) -> ReducedGrey | None:
    """Return the grey plane at the smallest of 1/8, 1/4, 1/2 and 1/1 whose short side is long enough.

    Returns None where it does not apply: ink, or colour planes of unknown proportions.

    Raises:
        PictureError: the file is torn or damaged.
        ValueError: the short side asked for is below 16.
    """
    if short_side < _SMALLEST_SHORT_SIDE:
        msg = f"the short side must be at least {_SMALLEST_SHORT_SIDE}"
        raise ValueError(msg)
    if header.is_cmyk:
        return None
    shortest = min(header.width, header.height)
    scale = next((each for each in _SCALES if -(-shortest // each) >= short_side), 1)
    try:
        array = _decode(data, header, colour_space="GRAY", scale=scale)
    except _UnknownSamplingError:
        return None
    except ValueError as error:
        raise _problems.error_of(_problem(str(error))) from error
    return ReducedGrey(array[:, :, 0], header.height, header.width, scale)


def _decode(
    data: memoryview,
    header: JpegHeader,
    *,
    colour_space: str,
    scale: int = 1,
    is_strict: bool = True,
) -> NDArray[np.uint8]:
    """Return uint8 (h, w, channels).

    Raises:
        ValueError: libjpeg's error, or in strict mode its first warning.
        _UnknownSamplingError: see there.
    """
    try:
        return _call(data, header, colour_space, scale, is_strict=is_strict)
    except ValueError as error:
        if _ODD_SCAN_PARAMETERS in str(error):
            usual = _with_usual_scan(data, header)
            return _call(usual, header, colour_space, scale, is_strict=is_strict)
        if _UNKNOWN_SAMPLING in str(error):
            raise _UnknownSamplingError from error
        raise


def _call(
    data: memoryview | bytearray,
    header: JpegHeader,
    colour_space: str,
    scale: int,
    *,
    is_strict: bool,
) -> NDArray[np.uint8]:
    """Decode into a buffer of the size that was held against the pixel limit: a decoder that sees another fails.

    The buffer is clean where the decoder may leave rows out.
    """
    height, width = -(-header.height // scale), -(-header.width // scale)
    shape = height, width, _CHANNELS[colour_space]
    array: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data,
        colour_space,
        min_height=height if scale > 1 else 0,
        min_width=width if scale > 1 else 0,
        buffer=np.empty(shape, np.uint8) if is_strict else np.zeros(shape, np.uint8),
        strict=is_strict,
    )
    if array.shape != shape:
        msg = "it states two sizes"
        raise ValueError(msg)
    return array


def _with_usual_scan(data: memoryview, header: JpegHeader) -> bytearray:
    """Return a copy whose scan parameters are those that a sequential JPEG must have.

    Several makes of camera write others; every decoder ignores them there, so the pixels are the same. Without
    the warning that they cause, strict mode can see the warnings that matter.
    """
    copy = bytearray(data)
    copy[header.scan_offset - 3 : header.scan_offset] = _SEQUENTIAL_SCAN
    return copy


def _decode_leniently(
    data: memoryview, header: JpegHeader, colour_space: str, problem: Problem
) -> NDArray[np.uint8]:
    """Return what can be decoded of a file with a known problem; raise the problem when that is nothing."""
    if len(data) - header.scan_offset < _LEAST_SCAN_BYTES:
        raise _problems.error_of(problem)
    try:
        array = _decode(data, header, colour_space=colour_space, is_strict=False)
    except ValueError as error:
        raise _problems.error_of(problem) from error
    if array.min() == array.max():  # libjpeg fills what is missing with one grey
        raise _problems.error_of(problem)
    return array


def _decode_unknown_sampling(data: memoryview) -> Pixels:
    """Decode through Pillow; without the strict decoder nobody can say whether the picture is whole."""
    with pillow(JPEG):
        image = open_image(data, JPEG)
        image.load()
        array = _planes.to_array(image)
    reason = "its colour planes have unusual proportions, so damage would go unseen"
    return Pixels(array, is_whole=False, problem=_problems.unsupported_pixels(_WHAT, reason))


def _to_light(array: NDArray[np.uint8], header: JpegHeader) -> NDArray[np.uint8]:
    """Return RGB or a grey plane; ink is inverted where Adobe's marker says so."""
    if not header.is_cmyk:
        return array[:, :, 0] if header.components == 1 else array
    raw_mode = "CMYK;I" if header.has_adobe_marker else "CMYK"
    size = header.width, header.height
    return _planes.to_array(Image.frombuffer("CMYK", size, array, "raw", raw_mode, 0, 1))


def _problem(text: str) -> Problem:
    lowered = text.lower()
    if "memory" in lowered:
        return _problems.out_of_memory()
    if any(sign in lowered for sign in _SIGNS_OF_AN_END):
        return _problems.truncated(_WHAT)
    reason = text.removeprefix("Corrupt JPEG data: ")
    is_safe = _SAFE_TEXT.fullmatch(reason) is not None
    return _problems.corrupt(_WHAT, reason if is_safe else "its decoder gives up")
