"""The choice between the native kernel and its numpy twin, made in one place."""

from importlib.util import find_spec
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


def _load_native() -> ModuleType | None:
    if find_spec("rempart._native._pdq") is None:
        return None
    from rempart._native import _pdq  # noqa: PLC0415 - a build without a compiler has no such module

    return _pdq


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


def variants(pixels: Pixels, *, as_reference: bool) -> Variants:
    """Hash pixels in the reference's order of operations; `as_reference` makes its dihedral hashes."""
    kernel = chosen_kernel()
    if _native is None or kernel == _NUMPY:
        return pdq_numpy.variants(pixels, as_reference=as_reference)
    found: Variants = _native.variants(pixels, kernel, as_reference=as_reference)
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
    kernel = chosen_kernel()
    if _native is None or kernel == _NUMPY:
        return pdq_numpy.screen_variants(plane, full_height, full_width, scale)
    found: Variants = _native.screen_variants(plane, full_height, full_width, scale, kernel)
    return found
