"""Benign photographs for the scan's race: real pictures of scikit-image, enlarged, with noise as of a sensor."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

SOURCES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "rocket.jpg",
    "motorcycle_left.png",
)
SIZES = {1: (1152, 864), 4: (2304, 1728), 12: (4000, 3000)}
"""Width and height for each number of megapixels."""

NOISE = 6.0
SEED = 20261122


def write_jpegs(folder: Path, mix: Mapping[int, int]) -> None:
    """Write JPEG pictures of quality 90; every one has noise of its own, so that no two are equal."""
    folder.mkdir()
    data = Path(skimage.__file__).parent / "data"
    generator = np.random.default_rng(SEED)
    for megapixels, count in mix.items():
        width, height = SIZES[megapixels]
        bases = []
        for name in SOURCES:
            with Image.open(data / name) as image:
                bases.append(
                    np.asarray(image.convert("RGB").resize((width, height)), dtype=np.int16)
                )
        noise = np.rint(generator.normal(0.0, NOISE, bases[0].shape)).astype(np.int16)
        for number in range(count):
            shifted = np.roll(
                noise, (int(generator.integers(height)), int(generator.integers(width))), (0, 1)
            )
            pixels = np.clip(bases[number % len(bases)] + shifted, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{megapixels}mp-{number}.jpg", quality=90)
