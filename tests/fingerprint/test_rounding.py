"""The two roundings on which bit-equality rests: luma and division."""

import numpy as np
import pytest

from rempart.fingerprint import _kernels

ALL_COLOURS = 2**24
LARGEST_RECIPROCAL_WINDOW = 512


def _native_paths() -> list[str]:
    return [name for name in _kernels.available_kernels() if name != "numpy"]


@pytest.mark.parametrize("path", _native_paths())
def test_luma_of_every_colour_is_the_references(path: str) -> None:
    native = _kernels._native
    assert native is not None
    step = 2**20
    for start in range(0, ALL_COLOURS, step):
        packed = np.arange(start, start + step, dtype=np.uint32)
        colours = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1).astype(np.uint8)
        red, green, blue = (colours[:, channel] for channel in range(3))
        wanted = (red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32)
        found = np.empty(step, np.float32)
        native.luma(colours, found, path)
        assert np.array_equal(found, wanted)


@pytest.mark.parametrize("path", _native_paths())
def test_division_by_usual_windows_is_exactly_rounded(path: str) -> None:
    """Windows up to 40 pixels: pictures up to 5,120 pixels wide or high."""
    native = _kernels._native
    assert native is not None
    assert native.division_is_exact(path, 1, 40)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", _native_paths())
def test_division_by_every_reciprocal_window_is_exactly_rounded(path: str) -> None:
    native = _kernels._native
    assert native is not None
    assert native.division_is_exact(path, 1, LARGEST_RECIPROCAL_WINDOW)
