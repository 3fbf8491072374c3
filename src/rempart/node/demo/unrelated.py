"""Unrelated pictures: synthetic textures that must not match anything known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rempart.node.demo.edits import encode

Pixels = NDArray[np.uint8]
Generator = np.random.Generator

_SIDE: Final = 288
_PER_TEXTURE: Final = 8
_TILED_SIZE: Final = (4000, 3000)


@dataclass(frozen=True, slots=True)
class UnrelatedPicture:
    """One synthetic picture: its kind, the suffix of its file, and how its bytes are made."""

    kind: str
    suffix: str
    make: Callable[[Generator], bytes]


def unrelated_pictures() -> Iterator[UnrelatedPicture]:
    """Yield the synthetic pictures in their fixed order: about fifty, of every readable format."""
    for number in range(_PER_TEXTURE):
        for place, (kind, texture) in enumerate(_TEXTURES.items()):
            format_name, suffix = _FORMATS[(number + place) % len(_FORMATS)]
            yield UnrelatedPicture(kind, suffix, _writer(texture, format_name))
    yield UnrelatedPicture("flat", ".png", lambda _: encode(Image.new("RGB", (320, 240)), "PNG"))
    yield UnrelatedPicture("one-pixel", ".png", lambda _: encode(Image.new("L", (1, 1)), "PNG"))
    yield UnrelatedPicture("thin-strip", ".png", _thin_strip)
    yield UnrelatedPicture("black-and-white", ".png", _black_and_white)
    yield UnrelatedPicture("tiled-12-megapixel", ".jpg", _tiled)


def _writer(
    texture: Callable[[Generator], Pixels], format_name: str
) -> Callable[[Generator], bytes]:
    return lambda generator: encode(Image.fromarray(texture(generator)), format_name)


def _gradient(generator: Generator) -> Pixels:
    """Return a straight run from one colour to another, in a random direction."""
    angle = generator.uniform(0, 2 * np.pi)
    down, across = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    position = np.cos(angle) * across + np.sin(angle) * down
    share = ((position - position.min()) / np.ptp(position))[..., np.newaxis]
    first, second = generator.integers(0, 256, (2, 3))
    return np.asarray(first * (1 - share) + second * share, dtype=np.uint8)


def _clouds(generator: Generator) -> Pixels:
    """Return coloured noise whose strength falls with its frequency, as in natural pictures."""
    frequencies = np.hypot(np.fft.fftfreq(_SIDE)[:, np.newaxis], np.fft.rfftfreq(_SIDE))
    frequencies[0, 0] = 1.0
    spectrum = np.fft.rfft2(generator.normal(size=(3, _SIDE, _SIDE))) / frequencies
    return _spread(np.moveaxis(np.fft.irfft2(spectrum, s=(_SIDE, _SIDE)), 0, -1))


def _ripples(generator: Generator) -> Pixels:
    """Return the sum of a few waves of random length, direction and phase."""
    down, across = np.mgrid[0:_SIDE, 0:_SIDE]
    total = np.zeros((_SIDE, _SIDE))
    for _ in range(6):
        wave_down, wave_across, phase = generator.uniform([-0.2, -0.2, 0], [0.2, 0.2, 2 * np.pi])
        total += np.sin(wave_down * down + wave_across * across + phase)
    return np.repeat(_spread(total)[..., np.newaxis], 3, axis=2)


def _cells(generator: Generator) -> Pixels:
    """Return patches of one colour each, around random centres."""
    centres = generator.uniform(0, _SIDE, (24, 2))
    colours = generator.integers(0, 256, (24, 3), dtype=np.uint8)
    down, across = np.mgrid[0:_SIDE, 0:_SIDE]
    far = (down[..., np.newaxis] - centres[:, 0]) ** 2 + (
        across[..., np.newaxis] - centres[:, 1]
    ) ** 2
    return np.asarray(colours[np.argmin(far, axis=2)], dtype=np.uint8)


def _blocks(generator: Generator) -> Pixels:
    """Return a mosaic of random grey rectangles."""
    small = generator.integers(0, 256, (12, 16), dtype=np.uint8)
    return np.repeat(np.repeat(small, _SIDE // 12, axis=0), _SIDE // 16, axis=1)


def _static(generator: Generator) -> Pixels:
    """Return independent random pixels."""
    return generator.integers(0, 256, (_SIDE, _SIDE, 3), dtype=np.uint8)


def _spread(values: NDArray[np.floating]) -> Pixels:
    low, high = values.min(), values.max()
    return np.asarray((values - low) * (255.0 / (high - low)), dtype=np.uint8)


def _thin_strip(generator: Generator) -> bytes:
    return encode(Image.fromarray(generator.integers(0, 256, (4, 2000), dtype=np.uint8)), "PNG")


def _black_and_white(generator: Generator) -> bytes:
    return encode(Image.fromarray(_clouds(generator)).convert("1"), "PNG")


def _tiled(generator: Generator) -> bytes:
    """Return twelve megapixels of one mosaic, repeated from edge to edge."""
    tile = _cells(generator)
    width, height = _TILED_SIZE
    repeats = (height // _SIDE + 1, width // _SIDE + 1, 1)
    pixels = np.tile(tile, repeats)[:height, :width]
    return encode(Image.fromarray(pixels), "JPEG", quality=85)


_TEXTURES: Final[dict[str, Callable[[Generator], Pixels]]] = {
    "gradient": _gradient,
    "clouds": _clouds,
    "ripples": _ripples,
    "cells": _cells,
    "blocks": _blocks,
    "static": _static,
}
_FORMATS: Final = (
    ("JPEG", ".jpg"),
    ("PNG", ".png"),
    ("WEBP", ".webp"),
    ("BMP", ".bmp"),
    ("TIFF", ".tiff"),
)
