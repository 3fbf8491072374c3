"""PDQ, the 256-bit photo hash, in three dialects.

* `exact`: full resolution; equal, bit for bit and in quality, to what the PyPI package `pdqhash` gives for
  the same pixels (grey counts as three equal channels). Published and matched.
* `cpp512`: first reduced to 512x512 by nearest neighbour when a side is longer, as the C++ tool does; equal
  to `pdqhash` on the reduced pixels. Published beside `exact`.
* `screen`: from the grey plane of a JPEG decoded at 1/2, 1/4 or 1/8; near `exact`, for a first look only.
  Never published.

Alpha is refused rather than guessed at; whoever decodes drops or flattens it. Orientation marks are not
applied: a query tries the picture in all eight orientations instead, each as if the turned pixels had been
hashed (decision 0018).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from rempart.fingerprint import _kernels
from rempart.fingerprint._software import SOFTWARE
from rempart.fingerprint.errors import (
    NotAPictureError,
    PixelShapeError,
    PixelTypeError,
    TornPictureError,
)
from rempart.media import DEFAULT_MAX_PIXELS, HEAD_BYTES, is_decodable, open_picture, sniff
from rempart.model.fingerprint import CPP512, EXACT, PDQ, SCREEN, Fingerprint

HASH_BYTES: Final = 32

_REDUCED_SIDE: Final = 512
_GREY_DIMENSIONS: Final = 2
_RGB_DIMENSIONS: Final = 3
_RGB_CHANNELS: Final = 3
_SCALES: Final = (1, 2, 4, 8)
_CONVERT: Final = "Convert the picture to 8-bit RGB (H, W, 3) or grey (H, W) first."


@dataclass(frozen=True, slots=True)
class PDQHash:
    """One PDQ value.

    Attributes:
        value: 32 bytes, bit 255 first.
        quality: 0 to 100; below 50 the hash is too unreliable to match.
        dialect: `exact`, `cpp512` or `screen`.
    """

    value: bytes
    quality: int
    dialect: str

    @property
    def hex(self) -> str:
        """The value as 64 lower-case hexadecimal digits."""
        return self.value.hex()

    def fingerprint(self) -> Fingerprint:
        """Return the hash as a fingerprint that names this software."""
        return Fingerprint(PDQ, self.value, self.dialect, self.quality, SOFTWARE)


@dataclass(frozen=True, slots=True)
class ScreenHashes:
    """What one reduced grey plane yields.

    Attributes:
        screen: the hash of dialect `screen`.
        variants: those of the turned and mirrored picture, in the order of `rempart.model.match.TRANSFORMS`; the
            first is `screen`.
    """

    screen: PDQHash
    variants: tuple[PDQHash, ...]


@dataclass(frozen=True, slots=True)
class FullHashes:
    """What one fully decoded picture yields.

    Attributes:
        exact: the hash of dialect `exact`.
        cpp512: the hash of dialect `cpp512`.
        variants: those of `exact_variants`, the first being `exact` itself.
    """

    exact: PDQHash
    cpp512: PDQHash
    variants: tuple[PDQHash, ...]


def exact(array: npt.NDArray[np.uint8]) -> PDQHash:
    """Compute the hash of dialect `exact`.

    Args:
        array: uint8, (H, W, 3) RGB or (H, W) grey; any strides. A side below 5 gives a zero hash of quality 0.

    Raises:
        PixelShapeError: the array has another shape, for example a fourth channel.
        PixelTypeError: the array holds something else than uint8.
        KernelSettingError: REMPART_KERNEL names a kernel that cannot run here.
    """
    return exact_variants(array)[0]


def exact_variants(array: npt.NDArray[np.uint8]) -> tuple[PDQHash, ...]:
    """Compute the hashes of the picture in its eight orientations; argument and errors as for `exact`.

    Returns:
        Hashes in the order of `rempart.model.match.TRANSFORMS`; the first is `exact`. The others are what `exact`
        gives for the turned pixels, but for the last digits of sums, which decide a bit here and there; sides from
        129 to 256 pixels cost a few bits more.
    """
    return _hashes(_kernels.variants(_packed(array), as_reference=False), EXACT)


def cpp512(array: npt.NDArray[np.uint8]) -> PDQHash:
    """Compute the hash of dialect `cpp512`; argument and errors as for `exact`."""
    pixels = _packed(array)
    if max(pixels.shape[:2]) <= _REDUCED_SIDE:
        return _hashes(_kernels.variants(pixels, as_reference=False), CPP512)[0]
    return _hashes(_kernels.reduced_variants(pixels), CPP512)[0]


def dihedral(array: npt.NDArray[np.uint8]) -> tuple[PDQHash, ...]:
    """Compute the reference's dihedral hashes, dialect `exact`, to compare with other programs; not for matching.

    Returns:
        Hashes in the order of `rempart.model.match.TRANSFORMS`. They lie 10 bits from the hashes of the turned
        pixels as a rule, and over 100 in a fine texture; those of `exact_variants` lie next to them. Argument and
        errors as for `exact`.
    """
    return _hashes(_kernels.variants(_packed(array), as_reference=True), EXACT)


def full(array: npt.NDArray[np.uint8]) -> FullHashes:
    """Compute everything that one decoded picture yields; argument and errors as for `exact`."""
    pixels = _packed(array)
    of_exact = _hashes(_kernels.variants(pixels, as_reference=False), EXACT)
    if max(pixels.shape[:2]) <= _REDUCED_SIDE:
        reduced = PDQHash(of_exact[0].value, of_exact[0].quality, CPP512)
    else:
        reduced = _hashes(_kernels.reduced_variants(pixels), CPP512)[0]
    return FullHashes(of_exact[0], reduced, of_exact)


def screen(
    plane: npt.NDArray[np.uint8], *, full_height: int, full_width: int, scale: int
) -> ScreenHashes:
    """Compute the hash of dialect `screen` and its variants.

    Args:
        plane: uint8 (h, w), the grey plane of a JPEG decoded at 1/scale, its sides rounded up.
        full_height: rows of the picture at full size.
        full_width: columns of the picture at full size.
        scale: 1, 2, 4 or 8.

    Raises:
        PixelShapeError: the plane is not grey, or is not the full size at that scale.
        PixelTypeError: the plane holds something else than uint8.
    """
    pixels = _packed(plane)
    expected = (-(-full_height // scale), -(-full_width // scale)) if scale in _SCALES else None
    if pixels.shape != expected:
        msg = f"A plane of shape {plane.shape} is not {full_height} x {full_width} pixels at 1/{scale}."
        raise PixelShapeError(
            msg, hint="Pass the size from the picture's header and scale 1, 2, 4 or 8."
        )
    found = _hashes(_kernels.screen_variants(pixels, full_height, full_width, scale), SCREEN)
    return ScreenHashes(found[0], found)


def from_file(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> PDQHash:
    """Compute the hash of dialect `exact` of a picture in a file that you trust: no sandbox stands around it.

    Raises:
        OSError: the file cannot be read.
        NotAPictureError: the content is no picture of a decoded format.
        rempart.media.PictureError: the picture cannot be decoded, or is over `max_pixels`.
        TornPictureError: only a part of the picture could be decoded.
    """
    data = Path(path).read_bytes()
    media_type = sniff(data[:HEAD_BYTES])
    if media_type is None or not is_decodable(media_type):
        msg = f"The content of the file is {media_type or 'of no known type'}, not a picture that is decoded."
        raise NotAPictureError(msg, hint="Convert a copy to PNG, or compute its digests only.")
    pixels = open_picture(data, media_type=media_type, max_pixels=max_pixels).pixels()
    if not pixels.is_whole:
        msg = f"Only a part of the {media_type} picture could be decoded."
        raise TornPictureError(msg, hint="Get the file again from its source.")
    return exact(pixels.array)


def _packed(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Check a picture's type and shape; copy it only where the pixels of a row lie apart."""
    if array.dtype != np.uint8:
        msg = f"Pixels are uint8, not {array.dtype}."
        raise PixelTypeError(msg, hint=_CONVERT)
    is_grey = array.ndim == _GREY_DIMENSIONS
    is_rgb = array.ndim == _RGB_DIMENSIONS and array.shape[2] == _RGB_CHANNELS
    if not (is_grey or is_rgb) or 0 in array.shape:
        msg = f"An array of shape {array.shape} is no picture."
        raise PixelShapeError(msg, hint=_CONVERT)
    wanted = (1,) if is_grey else (_RGB_CHANNELS, 1)
    return array if array.strides[1:] == wanted else np.ascontiguousarray(array)


def _hashes(found: _kernels.Variants, dialect: str) -> tuple[PDQHash, ...]:
    values, quality = found
    return tuple(
        PDQHash(values[start : start + HASH_BYTES], quality, dialect)
        for start in range(0, len(values), HASH_BYTES)
    )
