"""The choice between the native kernel and its numpy twin, made in one place."""

import importlib
from types import ModuleType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from rempart._native import pdq_numpy
from rempart._native.kernel_choice import KernelUnavailableError, choose_kernel
from rempart.fingerprint.errors import KernelSettingError

Pixels: TypeAlias = npt.NDArray[np.uint8]
Variants: TypeAlias = tuple[bytes, int]
"""Eight hashes of 32 bytes in the reference's order, and the quality."""

_NUMPY: Final = "numpy"
_NATIVE_MODULE: Final = "rempart._native._pdq"


def _load_native() -> ModuleType | None:
    """Return the native module, or None in a build without a compiler; one that is there must load."""
    try:
        return importlib.import_module(_NATIVE_MODULE)
    except ModuleNotFoundError as error:
        if error.name != _NATIVE_MODULE:
            raise
        return None


_native: Final = _load_native()


def available_kernels() -> tuple[str, ...]:
    """Return the PDQ kernels that this build and processor can run, best first."""
    compiled = [] if _native is None else _native.available_kernels()
    return (*compiled, _NUMPY)


_AVAILABLE: Final = available_kernels()


def chosen_kernel() -> str:
    """Return the kernel that runs: the best one, or the one that REMPART_KERNEL names.

    Raises:
        KernelSettingError: the named kernel cannot run here.
    """
    try:
        return choose_kernel(_AVAILABLE)
    except KernelUnavailableError as error:
        message, _, hint = str(error).partition(". ")
        raise KernelSettingError(message + ".", hint=hint) from error


def variants(pixels: Pixels, *, always_filter: bool) -> Variants:
    """Hash pixels in the reference's order of operations."""
    kernel = chosen_kernel()
    if _native is None or kernel == _NUMPY:
        return pdq_numpy.variants(pixels, always_filter=always_filter)
    found: Variants = _native.variants(pixels, kernel, always_filter=always_filter)
    return found


def reduced_variants(pixels: Pixels) -> Variants:
    """Hash pixels after reduction to 512x512 by nearest neighbour."""
    kernel = chosen_kernel()
    if _native is None or kernel == _NUMPY:
        return pdq_numpy.reduced_variants(pixels)
    found: Variants = _native.reduced_variants(pixels, kernel)
    return found


def screen_variants(plane: Pixels, full_height: int, full_width: int, scale: int) -> Variants:
    """Hash a grey plane that stands for a picture of the full size at 1/scale."""
    if _native is None or chosen_kernel() == _NUMPY:
        return pdq_numpy.screen_variants(plane, full_height, full_width, scale)
    found: Variants = _native.screen_variants(plane, full_height, full_width, scale)
    return found
