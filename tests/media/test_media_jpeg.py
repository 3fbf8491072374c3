"""JPEG: the strict decoder shows the same pixels as Pillow, and the reduced plane is the one it claims to be."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
import sklearn
from PIL import Image
from tests.media.sample_pictures import encode, noise, opened, photograph

from rempart.media import open_picture

REAL = sorted(
    path
    for package in (skimage, sklearn)
    for path in Path(package.__path__[0]).rglob("*")
    if path.suffix in {".jpg", ".jpeg"}
)


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(mode))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_pictures_equal_pillow(path: Path) -> None:
    data = path.read_bytes()
    picture = open_picture(data, media_type="image/jpeg", max_pixels=10**8)
    pixels = picture.pixels()
    assert pixels.is_whole
    assert np.array_equal(pixels.array, by_pillow(data))


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (8, 8), (17, 33), (200, 150), (1, 300), (255, 1)])
@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2},
        {"subsampling": "4:1:1"},
        {"progressive": True},
        {"optimize": True, "quality": 5},
        {"quality": 100, "subsampling": 0},
        {"restart_marker_blocks": 3},
        {"keep_rgb": True},
    ],
    ids=str,
)
def test_made_pictures_equal_pillow(size: tuple[int, int], options: dict[str, Any]) -> None:
    data = encode(photograph(*size), "image/jpeg", **options)
    pixels = opened(data, "image/jpeg").pixels()
    assert pixels.is_whole
    assert np.array_equal(pixels.array, by_pillow(data))


def test_noise_in_colour_and_grey_equals_pillow() -> None:
    for seed in range(5):
        for shape, mode in (((61, 83, 3), "RGB"), ((61, 83), "L")):
            data = encode(Image.fromarray(noise(*shape, seed=seed)), "image/jpeg", quality=95)
            assert np.array_equal(opened(data, "image/jpeg").pixels().array, by_pillow(data, mode))


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((255, 255), 1),
        ((511, 511), 2),
        ((510, 510), 1),
        ((513, 700), 2),
        ((1021, 1500), 4),
        ((1020, 1500), 2),
        ((2041, 2600), 8),
        ((2040, 2600), 4),
    ],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_reduced_plane_is_the_smallest_that_is_large_enough(
    size: tuple[int, int],
    scale: int,
    progressive: bool,  # noqa: FBT001 - a parameter
) -> None:
    data = encode(photograph(*size), "image/jpeg", progressive=progressive)
    reduced = opened_large(data).reduced_grey(256)
    assert reduced is not None
    assert (reduced.full_width, reduced.full_height, reduced.scale) == (*size, scale)
    assert reduced.plane.shape == (-(-size[1] // scale), -(-size[0] // scale))
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", (size[0] // scale, size[1] // scale))
        expected = np.asarray(image)
    if expected.shape == reduced.plane.shape:
        assert np.array_equal(reduced.plane, expected)
    else:
        assert scale == 1  # Pillow's draft took another scale


def test_the_plane_at_full_size_is_the_luma() -> None:
    data = encode(photograph(100, 90), "image/jpeg", quality=95)
    reduced = opened(data, "image/jpeg").reduced_grey()
    assert reduced is not None
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", None)
        assert np.array_equal(reduced.plane, np.asarray(image))


def test_grey_pictures_have_a_reduced_plane_too() -> None:
    data = encode(photograph(600, 600).convert("L"), "image/jpeg")
    reduced = opened(data, "image/jpeg").reduced_grey()
    assert reduced is not None
    assert reduced.plane.shape == (300, 300)


@pytest.mark.parametrize("media_type", ["image/png", "image/webp", "image/tiff"])
def test_other_formats_have_none(media_type: str) -> None:
    assert opened(encode(photograph(), media_type), media_type).reduced_grey() is None


def test_ink_has_none() -> None:
    data = encode(photograph(600, 600).convert("CMYK"), "image/jpeg")
    assert opened(data, "image/jpeg").reduced_grey() is None


def test_a_short_side_below_sixteen_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        opened(encode(photograph(), "image/jpeg"), "image/jpeg").reduced_grey(15)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_will_do(kind: type) -> None:
    data = encode(photograph(), "image/jpeg")
    picture = open_picture(kind(data), media_type="image/jpeg", max_pixels=10**6)
    assert np.array_equal(picture.pixels().array, by_pillow(data))


def opened_large(data: bytes) -> Any:
    return open_picture(data, media_type="image/jpeg", max_pixels=10**8)
