"""Which kernel path runs: the best that the processor has, or the one that REMPART_KERNEL names."""

import os
from collections.abc import Sequence
from typing import Final

KERNEL_VARIABLE: Final = "REMPART_KERNEL"
KERNELS: Final = ("avx512", "avx2", "portable", "numpy")
"""Every kernel path, best first."""


class KernelUnavailableError(RuntimeError):
    """REMPART_KERNEL names a path that does not exist or that this processor or build lacks."""


def choose_kernel(available: Sequence[str]) -> str:
    """Return the kernel to run: what REMPART_KERNEL names, else the best available one.

    Args:
        available: kernels that this build and processor can run, in any order.

    Raises:
        KernelUnavailableError: the named kernel cannot run here; nothing else is run in its place.
    """
    wanted = os.environ.get(KERNEL_VARIABLE, "")
    if not wanted:
        return min(available, key=KERNELS.index)
    if wanted not in available:
        offered = ", ".join(sorted(available, key=KERNELS.index))
        msg = (
            f"{KERNEL_VARIABLE}={wanted} cannot run here. Set it to one of: {offered}; or unset it."
        )
        raise KernelUnavailableError(msg)
    return wanted
