"""Oracle, kernels and benign pictures for the tests of fingerprinting."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pdqhash
import pytest
import skimage
import sklearn
from PIL import Image

from rempart._native.kernel_choice import KERNEL_VARIABLE
from rempart.fingerprint import available_kernels

Pixels: TypeAlias = npt.NDArray[np.uint8]


class Expected(NamedTuple):
    value: bytes
    quality: int


Oracle: TypeAlias = Callable[[Pixels], Expected]
DihedralOracle: TypeAlias = Callable[[Pixels], tuple[tuple[bytes, ...], int]]

SCIKIT_IMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "chessboard_GRAY.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "phantom.png",
    "rocket.jpg",
    "text.png",
)
PHOTOGRAPHS = ("china.jpg", "flower.jpg")


def _as_rgb(array: Pixels) -> Pixels:
    three = np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array
    return np.ascontiguousarray(three)


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    """What the PyPI package pdqhash computes; grey counts as three equal channels."""

    def compute(array: Pixels) -> Expected:
        bits, quality = pdqhash.compute(_as_rgb(array))
        return Expected(np.packbits(bits).tobytes(), quality)

    return compute


@pytest.fixture(scope="session")
def dihedral_oracle() -> DihedralOracle:
    def compute(array: Pixels) -> tuple[tuple[bytes, ...], int]:
        eight, quality = pdqhash.compute_dihedral(_as_rgb(array))
        return tuple(np.packbits(bits).tobytes() for bits in eight), quality

    return compute


@pytest.fixture(params=available_kernels())
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test once with every kernel path of this processor and build."""
    monkeypatch.setenv(KERNEL_VARIABLE, request.param)
    return str(request.param)


@pytest.fixture(scope="session")
def picture_files() -> dict[str, Path]:
    """Benign pictures that scikit-image and scikit-learn install, by name."""
    data = Path(skimage.__file__).parent / "data"
    images = Path(sklearn.__file__).parent / "datasets" / "images"
    return {name: data / name for name in SCIKIT_IMAGE} | {
        name: images / name for name in PHOTOGRAPHS
    }


@pytest.fixture(scope="session")
def pictures(picture_files: dict[str, Path]) -> dict[str, Pixels]:
    """The same pictures as RGB pixels."""
    found = {}
    for name, path in picture_files.items():
        with Image.open(path) as image:
            found[name] = np.asarray(image.convert("RGB"))
    return found
