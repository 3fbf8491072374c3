"""`exact` and `dihedral` against the PyPI package pdqhash, bit for bit and in quality, on every kernel path."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart._native import pdq_numpy
from rempart.fingerprint import _kernels, pdq

Pixels: TypeAlias = npt.NDArray[np.uint8]
Oracle: TypeAlias = Callable[[Pixels], tuple[bytes, int]]
DihedralOracle: TypeAlias = Callable[[Pixels], tuple[tuple[bytes, ...], int]]

SIZES = [
    (5, 5),
    (5, 6),
    (7, 5),
    (16, 16),
    (63, 64),
    (64, 64),
    (64, 65),
    (65, 63),
    (127, 129),
    (128, 128),
    (129, 127),
    (255, 257),
    (333, 517),
    (512, 512),
    (513, 511),
    (640, 480),
    (1023, 769),
    (5, 3000),
    (3000, 5),
    (17, 4001),
    (2500, 33),
]


def _noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(height * 7919 + width).integers(
        0, 256, (height, width, 3), dtype=np.uint8
    )


def _flat(height: int, width: int) -> Pixels:
    return np.broadcast_to(np.array([10, 200, 77], np.uint8), (height, width, 3))


def _black(height: int, width: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def _gradient(height: int, width: int) -> Pixels:
    ramp = (np.arange(width) * 255 // max(width - 1, 1)).astype(np.uint8)
    return np.broadcast_to(ramp[None, :, None], (height, width, 3))


def _coloured_gradient(height: int, width: int) -> Pixels:
    rows, columns = np.indices((height, width))
    planes = rows * 255 // height, columns * 255 // width, (rows + columns) % 256
    return np.stack(planes, axis=2).astype(np.uint8)


def _checkerboard(height: int, width: int) -> Pixels:
    board = (np.indices((height, width)).sum(axis=0) % 2 * 255).astype(np.uint8)
    return np.repeat(board[:, :, None], 3, axis=2)


def _mirrored(height: int, width: int) -> Pixels:
    picture = _noise(height, width)
    return np.maximum(picture, picture[:, ::-1])


def _doubly_mirrored(height: int, width: int) -> Pixels:
    picture = _mirrored(height, width)
    return np.minimum(picture, picture[::-1])


KINDS = (
    _noise,
    _flat,
    _black,
    _gradient,
    _coloured_gradient,
    _checkerboard,
    _mirrored,
    _doubly_mirrored,
)


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_synthetic_picture_gives_the_reference_hash_on_every_path(
    make: Callable[[int, int], Pixels],
    size: tuple[int, int],
    oracle: Oracle,
    dihedral_oracle: DihedralOracle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = make(*size)
    expected, expected_eight = oracle(picture), dihedral_oracle(picture)
    for name in _kernels.available_kernels():
        monkeypatch.setenv("REMPART_KERNEL", name)
        found, eight = pdq.exact(picture), pdq.dihedral(picture)
        assert (found.value, found.quality) == expected, name
        assert tuple(each.value for each in eight) == expected_eight[0], name
        assert {each.quality for each in eight} == {expected_eight[1]}, name


@pytest.mark.parametrize("size", [(5, 5), (64, 64), (200, 301), (777, 512)])
def test_grey_counts_as_three_equal_channels(
    size: tuple[int, int], kernel: str, oracle: Oracle
) -> None:
    for grey in (_noise(*size)[:, :, 0], _gradient(*size)[:, :, 0], _flat(*size)[:, :, 1]):
        found = pdq.exact(grey)
        assert (found.value, found.quality) == oracle(grey), kernel
        assert found == pdq.exact(np.repeat(grey[:, :, None], 3, axis=2))


def test_real_pictures_give_the_reference_hash(
    kernel: str, pictures: dict[str, Pixels], oracle: Oracle, dihedral_oracle: DihedralOracle
) -> None:
    for name, picture in pictures.items():
        found = pdq.exact(picture)
        assert (found.value, found.quality) == oracle(picture), (kernel, name)
        values = tuple(each.value for each in pdq.dihedral(picture))
        assert values == dihedral_oracle(picture)[0], (kernel, name)


def test_flipped_turned_and_cropped_real_pictures_give_the_reference_hash(
    pictures: dict[str, Pixels], oracle: Oracle, kernel: str
) -> None:
    if kernel == "numpy":
        pictures = {name: pictures[name] for name in ("chelsea.png", "coins.png")}
    for name, picture in pictures.items():
        height, width = picture.shape[:2]
        for changed in (
            picture[::-1],
            picture[:, ::-1],
            np.rot90(picture),
            picture.transpose(1, 0, 2),
            picture[height // 7 : -height // 9, width // 11 : -width // 5],
            np.concatenate([picture, picture[:, ::-1]], axis=1),
        ):
            found = pdq.exact(changed)
            assert (found.value, found.quality) == oracle(changed), (kernel, name, changed.shape)


@pytest.mark.parametrize("size", [(70_000, 5), (6, 68_000)])
def test_windows_beyond_the_proven_division_give_the_reference_hash(
    size: tuple[int, int], kernel: str, oracle: Oracle
) -> None:
    picture = _noise(*size)
    found = pdq.exact(picture)
    assert (found.value, found.quality) == oracle(picture), kernel


@st.composite
def _pictures(draw: st.DrawFn, longest: int = 300) -> npt.NDArray[np.uint8]:
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    seed, levels = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([1, 2, 3, 17, 256]))
    generator = np.random.default_rng(seed)
    blocks = draw(st.sampled_from([1, 2, 9, 64]))
    shape = (-(-height // blocks), -(-width // blocks), 3)
    small = generator.integers(0, 256, (levels,), dtype=np.uint8)[
        generator.integers(0, levels, shape)
    ]
    large = np.repeat(np.repeat(small, blocks, axis=0), blocks, axis=1)
    return large[:height, :width]


def _check_all_paths(picture: Pixels, oracle: Oracle, dihedral_oracle: DihedralOracle) -> None:
    values, quality = dihedral_oracle(picture)
    packed = np.ascontiguousarray(picture)
    first, first_quality = pdq_numpy.variants(packed, as_reference=False)
    assert (first[:32], first_quality) == oracle(picture)
    assert pdq_numpy.variants(packed, as_reference=True) == (b"".join(values), quality)
    native = _kernels._native
    assert native is not None
    for name in native.available_kernels():
        assert native.variants(packed, name, as_reference=False) == (first, first_quality), name
        assert native.variants(packed, name, as_reference=True) == (b"".join(values), quality), name


@given(picture=_pictures())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_small_picture_gives_the_reference_hash(
    picture: Pixels, oracle: Oracle, dihedral_oracle: DihedralOracle
) -> None:
    _check_all_paths(picture, oracle, dihedral_oracle)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(picture=_pictures(longest=1200))
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_picture_gives_the_reference_hash(
    picture: Pixels, oracle: Oracle, dihedral_oracle: DihedralOracle
) -> None:
    _check_all_paths(picture, oracle, dihedral_oracle)
