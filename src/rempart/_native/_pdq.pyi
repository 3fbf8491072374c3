# Native kernel of PDQ. Arrays are uint8, (H, W, 3) RGB or (H, W) grey, with the pixels of a row side by side; any
# distance between rows. The interpreter lock is released while a picture is hashed.
#
# Each `*variants` function returns the hashes of the picture turned and mirrored (8 x 32 bytes, reference order, the
# first is the picture as it is) and the quality. `kernel` is one of `available_kernels()`. Raises ValueError for other
# shapes or strides, a kernel that cannot run here, or a plane that is not the full size at its scale; MemoryError.

import numpy as np
import numpy.typing as npt

# The kernel paths that this build and processor can run, best first.
def available_kernels() -> list[str]: ...

# Hash in the reference's order of operations; `as_reference` makes the reference's dihedral hashes: all from the
# samples of the picture as it is, and a 64x64 picture is filtered too.
def variants(
    pixels: npt.NDArray[np.uint8], kernel: str, *, as_reference: bool
) -> tuple[bytes, int]: ...

# Hash after reduction to 512x512 by nearest neighbour.
def reduced_variants(pixels: npt.NDArray[np.uint8], kernel: str) -> tuple[bytes, int]: ...

# Hash a grey plane that stands for a picture of the full size at 1/scale (sides rounded up).
def screen_variants(
    plane: npt.NDArray[np.uint8], full_height: int, full_width: int, scale: int, kernel: str
) -> tuple[bytes, int]: ...

# Divide every float in [1, 2) by each count from `first` to `last` as the filter does, and tell whether each is
# the exactly rounded quotient. For tests.
def division_is_exact(kernel: str, first: int, last: int) -> bool: ...

# Write the luma of (n, 3) colours into (n,) floats as the filter computes it; n is a multiple of 16. For tests.
def luma(colours: npt.NDArray[np.uint8], out: npt.NDArray[np.float32], kernel: str) -> None: ...
