"""What decoding yields."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rempart.model.scan import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A decoded picture.

    Attributes:
        array: uint8, (H, W, 3) RGB or (H, W) grey, C-contiguous.
        is_whole: whether every pixel was decoded without a sign of damage.
        problem: why it is not whole, or what there is beside it that was not looked at.
    """

    array: NDArray[np.uint8]
    is_whole: bool
    problem: Problem | None


@dataclass(frozen=True, slots=True, eq=False)
class ReducedGrey:
    """The grey plane of a JPEG, decoded at a fraction of its size; always whole.

    Attributes:
        plane: uint8 (h, w) with h = ceil(full_height / scale), w = ceil(full_width / scale).
        full_height: height of the picture in pixels.
        full_width: width of the picture in pixels.
        scale: 1, 2, 4 or 8; each reduced pixel stands for scale x scale pixels.
    """

    plane: NDArray[np.uint8]
    full_height: int
    full_width: int
    scale: int
