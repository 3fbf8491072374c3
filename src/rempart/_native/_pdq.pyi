"""Native kernel of PDQ. Arrays are uint8 with the pixels of a row side by side; the interpreter lock is released.

Each `*_variants` function returns the eight dihedral hashes (8 x 32 bytes, reference order, the first is the
picture as it is) and the quality.
"""

import numpy as np
import numpy.typing as npt

def available_kernels() -> list[str]:
    """Return the kernel paths that this build and processor can run, best first."""

def variants(
    pixels: npt.NDArray[np.uint8], kernel: str, always_filter: bool
) -> tuple[bytes, int]:
    """Hash (H, W, 3) RGB or (H, W) grey pixels in the reference's order of operations.

    Args:
        pixels: the picture.
        kernel: one of `available_kernels()`.
        always_filter: filter a 64x64 picture too, as the reference does for dihedral hashes only.

    Raises:
        ValueError: wrong shape or strides, or the kernel cannot run here.
    """

def reduced_variants(pixels: npt.NDArray[np.uint8], kernel: str) -> tuple[bytes, int]:
    """Hash pixels after reduction to 512x512 by nearest neighbour; arguments and errors as `variants`."""

def screen_variants(
    plane: npt.NDArray[np.uint8], full_height: int, full_width: int, scale: int
) -> tuple[bytes, int]:
    """Hash a grey plane that stands for a picture of the full size at 1/scale (sides rounded up).

    Raises:
        ValueError: wrong shape or strides, or the plane is not the full size at that scale.
    """
