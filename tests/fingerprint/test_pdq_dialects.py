"""`cpp512`, `full` and `screen`: each dialect against what defines it."""

import io
from collections.abc import Callable
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from rempart.fingerprint import pdq
from rempart.media import ReducedGrey, open_picture
from rempart.model.match import TRANSFORMS

Pixels: TypeAlias = npt.NDArray[np.uint8]
Oracle: TypeAlias = Callable[[Pixels], tuple[bytes, int]]

LARGEST_SCREEN_DISTANCE = 18
"""The largest distance from `exact` that was measured on 550 pictures; searches allow for it."""


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _nearest_512(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    rows = [i * height // 512 for i in range(512)]
    columns = [j * width // 512 for j in range(512)]
    return picture[rows][:, columns]


@pytest.mark.parametrize("size", [(513, 512), (512, 513), (9, 2000), (1000, 64), (1025, 2049)])
def test_cpp512_is_the_reference_on_nearest_pixels(
    size: tuple[int, int], kernel: str, oracle: Oracle
) -> None:
    noise = np.random.default_rng(size).integers(0, 256, (*size, 3), dtype=np.uint8)
    for picture in (noise, noise[:, :, 0], noise[::-1], noise[:, ::-1]):
        found = pdq.cpp512(picture)
        assert (found.value, found.quality) == oracle(_nearest_512(picture)), kernel


def test_cpp512_of_a_small_picture_is_its_exact_hash(kernel: str) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (512, 300, 3), dtype=np.uint8)
    found = pdq.cpp512(picture)
    assert found.dialect == "cpp512", kernel
    assert found.value == pdq.exact(picture).value


def test_cpp512_of_real_pictures(kernel: str, pictures: dict[str, Pixels], oracle: Oracle) -> None:
    for name, picture in pictures.items():
        wanted = _nearest_512(picture) if max(picture.shape) > 512 else picture
        found = pdq.cpp512(picture)
        assert (found.value, found.quality) == oracle(wanted), (kernel, name)


def test_full_gives_what_the_single_functions_give(
    kernel: str, pictures: dict[str, Pixels]
) -> None:
    for name in ("astronaut.png", "rocket.jpg", "page.png"):
        picture = pictures[name]
        found = pdq.full(picture)
        assert found.exact == pdq.exact(picture), (kernel, name)
        assert found.cpp512 == pdq.cpp512(picture)
        assert found.variants == pdq.exact_variants(picture)


def test_full_of_64x64_starts_its_variants_with_exact(kernel: str) -> None:
    for seed in range(5):
        picture = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        found = pdq.full(picture)
        assert found.variants[0] == found.exact, kernel


def _turned(picture: Pixels) -> dict[str, Pixels]:
    return {
        "original": picture,
        "rotate-90": np.rot90(picture),
        "rotate-180": np.rot90(picture, 2),
        "rotate-270": np.rot90(picture, 3),
        "flip-x": picture[::-1],
        "flip-y": picture[:, ::-1],
        "flip-plus-1": picture.swapaxes(0, 1),
        "flip-minus-1": np.rot90(picture, 2).swapaxes(0, 1),
    }


def _distances_of_variants(picture: Pixels) -> dict[str, int]:
    """Return how far each variant lies from the hash of the pixels that it stands for."""
    turned = _turned(picture)
    return {
        name: _distance(variant.value, pdq.exact(turned[name]).value)
        for name, variant in zip(TRANSFORMS, pdq.exact_variants(picture), strict=True)
    }


def test_reference_variants_lie_near_the_hashes_of_the_turned_pixels(
    pictures: dict[str, Pixels],
) -> None:
    picture = pictures["chelsea.png"]
    variants = dict(zip(TRANSFORMS, pdq.dihedral(picture), strict=True))
    for name, pixels in _turned(picture).items():
        assert _distance(variants[name].value, pdq.exact(pixels).value) <= 31, name


def test_variants_of_real_pictures_are_the_hashes_of_the_turned_pixels(
    pictures: dict[str, Pixels], kernel: str
) -> None:
    if kernel == "numpy":
        pictures = {name: pictures[name] for name in ("chelsea.png", "brick.png")}
    for name, picture in pictures.items():
        if pdq.exact(picture).quality < 50:
            continue
        distances = _distances_of_variants(picture)
        assert distances.pop("original") == 0, (kernel, name)
        largest = 16 if any(129 <= side <= 256 for side in picture.shape[:2]) else 2
        assert max(distances.values()) <= largest, (kernel, name, distances)


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (5, 5),
        (5, 700),
        (64, 64),
        (63, 65),
        (127, 128),
        (257, 258),
        (384, 300),
        (512, 512),
        (641, 480),
    ],
)
def test_variants_of_noise_are_the_hashes_of_the_turned_pixels(
    height: int, width: int, kernel: str
) -> None:
    """Windows of odd and even sizes, and sides that are and are not a multiple of the samples."""
    noise = np.random.default_rng((height, width)).integers(0, 256, (height, width), dtype=np.uint8)
    for picture in (noise, noise[::-1], np.repeat(noise[:, :, None], 3, axis=2)):
        assert max(_distances_of_variants(picture).values()) <= 2, kernel


@pytest.mark.parametrize(("height", "width"), [(129, 129), (129, 600), (200, 256), (256, 64)])
def test_variants_of_small_noise_miss_the_turned_pixels_by_their_edge_alone(
    height: int, width: int, kernel: str
) -> None:
    noise = np.random.default_rng((height, width)).integers(0, 256, (height, width), dtype=np.uint8)
    assert max(_distances_of_variants(noise).values()) <= 40, kernel


def _reduced(picture: Pixels) -> tuple[ReducedGrey, Pixels]:
    """Return the reduced grey plane and the full pixels of the picture as one JPEG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    opened = open_picture(file.getvalue(), media_type="image/jpeg", max_pixels=10**8)
    return cast("ReducedGrey", opened.reduced_grey()), opened.pixels().array


def test_screen_lies_near_exact_on_real_pictures(kernel: str, pictures: dict[str, Pixels]) -> None:
    for name, picture in pictures.items():
        reduced, full = _reduced(picture)
        found = pdq.screen(
            reduced.plane,
            full_height=reduced.full_height,
            full_width=reduced.full_width,
            scale=reduced.scale,
        )
        wanted = pdq.exact(full)
        if wanted.quality < 50:
            continue
        assert found.screen.dialect == "screen"
        assert found.variants[0] == found.screen
        assert _distance(found.screen.value, wanted.value) <= LARGEST_SCREEN_DISTANCE, (
            kernel,
            name,
        )
        for variant, exact in zip(found.variants, pdq.exact_variants(full), strict=True):
            assert _distance(variant.value, exact.value) <= LARGEST_SCREEN_DISTANCE, (kernel, name)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_screen_of_block_means_lies_near_exact(scale: int, kernel: str) -> None:
    """Sides that are no multiple of the scale: the last block is a part of one."""
    generator = np.random.default_rng(scale)
    small = generator.integers(0, 256, (37, 53), dtype=np.uint8)
    full = np.asarray(Image.fromarray(small).resize((1237, 901), Image.Resampling.BICUBIC))
    height, width = full.shape
    padded = np.pad(full, ((0, -height % scale), (0, -width % scale)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // scale, scale, padded.shape[1] // scale, scale)
    plane = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    found = pdq.screen(plane, full_height=height, full_width=width, scale=scale)
    assert _distance(found.screen.value, pdq.exact(full).value) <= 8, kernel


def test_native_and_numpy_screens_differ_by_a_few_bits_at_most(
    pictures: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("astronaut.png", "hubble_deep_field.jpg", "china.jpg", "flower.jpg"):
        reduced, _ = _reduced(pictures[name])
        found = []
        for kernel in ("", "numpy"):
            monkeypatch.setenv("REMPART_KERNEL", kernel)
            found.append(
                pdq.screen(
                    reduced.plane,
                    full_height=reduced.full_height,
                    full_width=reduced.full_width,
                    scale=reduced.scale,
                ).screen
            )
        assert _distance(found[0].value, found[1].value) <= 2, name
        assert abs(found[0].quality - found[1].quality) <= 1


def test_screen_at_scale_one_of_64x64_is_exact(kernel: str) -> None:
    plane = np.random.default_rng(9).integers(0, 256, (64, 64), dtype=np.uint8)
    found = pdq.screen(plane, full_height=64, full_width=64, scale=1)
    assert found.screen.value == pdq.exact(plane).value, kernel


def test_screen_of_a_picture_too_small_is_zero(kernel: str) -> None:
    plane = np.full((2, 200), 7, np.uint8)
    found = pdq.screen(plane, full_height=4, full_width=400, scale=2)
    assert (found.screen.value, found.screen.quality) == (bytes(32), 0), kernel


@pytest.mark.parametrize(
    ("shape", "size", "scale"),
    [
        ((100, 100), (200, 202), 2),
        ((100, 100), (203, 200), 2),
        ((100, 100), (300, 300), 3),
        ((100, 100), (100, 100), 0),
        ((100, 100), (-200, -200), 2),
        ((100, 100, 3), (200, 200), 2),
    ],
)
def test_plane_that_does_not_fit_its_full_size_is_refused(
    shape: tuple[int, ...], size: tuple[int, int], scale: int, kernel: str
) -> None:
    with pytest.raises(ValueError, match="is not"):
        pdq.screen(np.zeros(shape, np.uint8), full_height=size[0], full_width=size[1], scale=scale)
    assert kernel
