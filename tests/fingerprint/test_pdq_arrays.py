"""Which arrays are taken, and how others are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from rempart.fingerprint import (
    NotAPictureError,
    PixelShapeError,
    PixelTypeError,
    TornPictureError,
    _kernels,
    pdq,
)
from rempart.media import PictureError
from rempart.model.errors import RempartError

Pixels: TypeAlias = npt.NDArray[np.uint8]
Oracle: TypeAlias = Callable[[Pixels], tuple[bytes, int]]

FUNCTIONS: tuple[Callable[[Pixels], object], ...] = (
    pdq.exact,
    pdq.cpp512,
    pdq.dihedral,
    pdq.full,
)


def _noise(*shape: int) -> Pixels:
    return np.random.default_rng(11).integers(0, 256, shape, dtype=np.uint8)


def test_any_strides_give_the_hash_of_the_same_pixels(kernel: str, oracle: Oracle) -> None:
    large = _noise(220, 300, 4)
    views = (
        large[:, :, :3],
        large[:, :, 2::-1],
        large[::-1, :, :3],
        large[:, ::-1, :3],
        large[::2, ::3, :3],
        large[:, :, :3].transpose(1, 0, 2),
        np.asfortranarray(large[:, :, :3]),
        np.broadcast_to(large[:1, :, :3], (90, 300, 3)),
        np.broadcast_to(large[:, :1, :3], (220, 90, 3)),
    )
    for view in views:
        wanted = oracle(view)
        found = pdq.exact(view)
        assert (found.value, found.quality) == wanted, (kernel, view.strides)
        assert pdq.exact(view[:, :, 1]).value == oracle(view[:, :, 1])[0]


def test_read_only_arrays_are_taken(kernel: str, oracle: Oracle) -> None:
    picture = _noise(100, 90, 3)
    picture.flags.writeable = False
    assert pdq.exact(picture).value == oracle(picture)[0], kernel


def test_hashing_changes_no_pixel(kernel: str) -> None:
    picture = _noise(150, 140, 3)
    before = picture.copy()
    for function in FUNCTIONS:
        function(picture)
    assert np.array_equal(picture, before), kernel


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (4, 900), (900, 4), (1, 5)])
def test_side_below_five_gives_a_zero_hash_of_quality_zero(
    size: tuple[int, int], kernel: str, oracle: Oracle
) -> None:
    picture = _noise(*size, 3)
    assert oracle(picture) == (bytes(32), 0)
    for found in (pdq.exact(picture), *pdq.dihedral(picture)):
        assert (found.value, found.quality) == (bytes(32), 0), kernel


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "shape", [(9, 9, 4), (9, 9, 1), (9, 9, 2), (9,), (2, 9, 9, 3), (0, 9, 3), (9, 0), ()]
)
def test_shape_of_no_picture_is_refused(
    shape: tuple[int, ...], function: Callable[[Pixels], object], kernel: str
) -> None:
    with pytest.raises(PixelShapeError) as raised:
        function(np.zeros(shape, np.uint8))
    assert isinstance(raised.value, ValueError)
    assert raised.value.hint, kernel


@pytest.mark.parametrize("kind", [np.uint16, np.int8, np.float32, np.bool_])
def test_pixels_that_are_not_uint8_are_refused(kind: type[np.generic], kernel: str) -> None:
    for function in FUNCTIONS:
        with pytest.raises(PixelTypeError) as raised:
            function(np.zeros((9, 9, 3), kind))
        assert isinstance(raised.value, TypeError), kernel
        assert isinstance(raised.value, RempartError)


def test_native_code_checks_its_arguments_itself() -> None:
    native = _kernels._native
    assert native is not None
    name = native.available_kernels()[0]
    for refused in (
        _noise(9, 9, 4),
        _noise(9),
        _noise(0, 9, 3),
        _noise(9, 9, 4)[:, :, :3],
        _noise(9, 18, 3)[:, ::2],
    ):
        with pytest.raises(ValueError, match=r"shape|side"):
            native.variants(refused, name, as_reference=False)
    with pytest.raises(ValueError, match="kernel"):
        native.variants(_noise(9, 9, 3), "avx1024", as_reference=False)
    for size in ((-8, 8), (2**31 - 1, 8), (8, 9)):
        with pytest.raises(ValueError, match="plane"):
            native.screen_variants(_noise(4, 4), *size, 2, name)
    with pytest.raises(TypeError):
        native.variants(np.zeros((9, 9, 3), np.float32), name, as_reference=False)


def test_hash_names_dialect_software_and_digits() -> None:
    found = pdq.exact(_noise(80, 90, 3))
    fingerprint = found.fingerprint()
    assert found.hex == found.value.hex() == fingerprint.text
    assert (fingerprint.kind, fingerprint.dialect, fingerprint.quality) == ("pdq", "exact", 100)
    assert fingerprint.software is not None
    assert fingerprint.software.startswith("rempart/")


def test_file_gives_the_hash_of_its_pixels(
    tmp_path: Path, picture_files: dict[str, Path], pictures: dict[str, Pixels]
) -> None:
    assert pdq.from_file(picture_files["astronaut.png"]) == pdq.exact(pictures["astronaut.png"])
    empty, text = tmp_path / "empty", tmp_path / "notes.png"
    empty.write_bytes(b"")
    text.write_bytes(b"no picture\n" * 99)
    for path in (empty, text):
        with pytest.raises(NotAPictureError):
            pdq.from_file(path)
    with pytest.raises(FileNotFoundError):
        pdq.from_file(tmp_path / "absent")
    with pytest.raises(PictureError):
        pdq.from_file(picture_files["astronaut.png"], max_pixels=100)


def test_torn_file_is_never_hashed_as_whole(tmp_path: Path, pictures: dict[str, Pixels]) -> None:
    path = tmp_path / "torn.jpg"
    Image.fromarray(pictures["astronaut.png"]).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(TornPictureError):
        pdq.from_file(path)
