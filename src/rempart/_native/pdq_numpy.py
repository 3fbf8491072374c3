"""PDQ in numpy: the twin of the native kernel, equal to it bit for bit (`screen_variants` nearly so).

The two box filters run as four passes of running sums in the reference's order of operations: rows, columns,
rows, columns; each step adds the pixel that enters the window, subtracts the one that leaves it, and divides
by the count. Zeros around the picture turn the reference's four phases into one loop: adding or subtracting
a zero changes no bit of a sum. Rows are taken in bands, so that memory does not grow with the height.

A decimated picture is an array (2, 64, 2, 64): reading of the rows, row, reading of the columns, column. A reading is
forwards, or backwards as in the mirrored picture; see `pdq_layout.h` for the samples of each.
"""

import math
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

_Floats: TypeAlias = npt.NDArray[np.float32]
_Pixels: TypeAlias = npt.NDArray[np.uint8]

_SIDE: Final = 64
_READINGS: Final = 2
_SAMPLES: Final = _READINGS * _SIDE
_FREQUENCIES: Final = 16
_SMALLEST_SIDE: Final = 5
_REDUCED_SIDE: Final = 512
_BAND_ROWS: Final = 128
_VARIANTS: Final = 8
_HASH_BYTES: Final = 32
_GREY_DIMENSIONS: Final = 2


def variants(pixels: _Pixels, *, as_reference: bool) -> tuple[bytes, int]:
    """Return the hashes of the picture turned and mirrored (8 x 32 bytes, reference order), and its quality.

    Args:
        pixels: uint8, (H, W, 3) RGB or (H, W) grey.
        as_reference: make the reference's dihedral hashes: all from the samples of the picture as it is, and a
            64x64 picture is filtered too.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST_SIDE:
        return bytes(_VARIANTS * _HASH_BYTES), 0
    if (height, width) == (_SIDE, _SIDE) and not as_reference:
        return _finish(_same_in_every_reading(_luma(pixels)), as_reference=False)
    return _finish(_filter(pixels), as_reference=as_reference)


def reduced_variants(pixels: _Pixels) -> tuple[bytes, int]:
    """Return what `variants` gives for the picture reduced to 512x512 by nearest neighbour."""
    height, width = pixels.shape[:2]
    rows = np.arange(_REDUCED_SIDE) * height // _REDUCED_SIDE
    columns = np.arange(_REDUCED_SIDE) * width // _REDUCED_SIDE
    return variants(pixels[rows[:, None], columns[None, :]], as_reference=False)


def screen_variants(
    plane: _Pixels, full_height: int, full_width: int, scale: int
) -> tuple[bytes, int]:
    """Return hashes and quality from a grey plane that stands for a full-size picture at 1/scale."""
    if min(full_height, full_width) < _SMALLEST_SIDE:
        return bytes(_VARIANTS * _HASH_BYTES), 0
    if (full_height, full_width, scale) == (_SIDE, _SIDE, 1):
        return _finish(_same_in_every_reading(_luma(plane)), as_reference=False)
    rows = _tents(full_height, plane.shape[0], scale)
    columns = _tents(full_width, plane.shape[1], scale)
    samples = (rows @ plane.astype(np.float32)) @ columns.T
    return _finish(_in_readings(samples), as_reference=False)


class _Axis:
    """One axis of the filter; `count` is by step of a pass, whose output lags its input by `delay` steps."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.window = -(-length // 128)
        self.delay = (self.window + 2) // 2 - 1
        self.steps = length + 2 * self.delay
        outputs = np.arange(self.steps) - self.delay
        self.is_inside = (outputs >= 0) & (outputs < length)
        first, last = self.edges(outputs)
        self.count = np.where(self.is_inside, last - first + 1, 1).astype(np.float32)
        twice = (2 * np.arange(_SIDE) + 1) * length
        shift = 0 if self.window % 2 else 2
        sampled = np.concatenate([twice // (2 * _SIDE), (twice - 1) // (2 * _SIDE) - shift])
        self.sample_steps = sampled + 2 * self.delay
        first, last = self.edges(sampled)
        self.sample_count = (last - first + 1).astype(np.float32)

    def edges(self, outputs: npt.NDArray[np.int_]) -> tuple[npt.NDArray[np.int_], ...]:
        """Return the first and last pixel of each output's window."""
        last = outputs + self.delay
        return np.maximum(last - self.window + 1, 0), np.minimum(last, self.length - 1)

    def divide(self, sums: _Floats, start: int) -> _Floats:
        """Turn the sums of the steps from `start` on into outputs; outside the picture they are 0."""
        steps = slice(start, start + len(sums))
        outputs: _Floats = sums / self.count[steps, None]
        outputs[~self.is_inside[steps]] = 0
        return outputs


class _RunningSums:
    """Running sums over windows along the first dimension of blocks that follow one another."""

    def __init__(self, window: int, lanes: int) -> None:
        self._total = np.zeros(lanes, np.float32)
        self._history = np.zeros((window, lanes), np.float32)

    def feed(self, block: _Floats) -> _Floats:
        """Return the sum after each step of the next block."""
        inputs = np.concatenate([self._history, block])
        sums = np.empty_like(block)
        for entering, leaving, out in zip(block, inputs, sums, strict=False):
            self._total += entering
            self._total -= leaving
            out[:] = self._total
        self._history = inputs[len(block) :]
        return sums


def _filter(pixels: _Pixels) -> _Floats:
    height, width = pixels.shape[:2]
    x, y = _Axis(width), _Axis(height)
    second, fourth = _RunningSums(y.window, x.steps), _RunningSums(y.window, _SAMPLES)
    samples = np.empty((_SAMPLES, _SAMPLES), np.float32)
    for start in range(0, y.steps, _BAND_ROWS):
        rows = min(_BAND_ROWS, y.steps - start)
        band = np.zeros((x.steps, rows), np.float32)
        inside = pixels[start : min(start + rows, height)]
        band[:width, : len(inside)] = _luma(inside).T
        first = x.divide(_RunningSums(x.window, rows).feed(band), 0)
        blurred = y.divide(second.feed(np.ascontiguousarray(first.T)), start)
        third = _RunningSums(x.window, rows).feed(np.ascontiguousarray(blurred.T))
        columns = third[x.sample_steps] / x.sample_count[:, None]
        sums = fourth.feed(np.ascontiguousarray(columns.T))
        wanted = (y.sample_steps >= start) & (y.sample_steps < start + rows)
        samples[wanted] = sums[y.sample_steps[wanted] - start] / y.sample_count[wanted, None]
    return _in_readings(samples)


def _in_readings(samples: _Floats) -> _Floats:
    return samples.reshape(_READINGS, _SIDE, _READINGS, _SIDE)


def _same_in_every_reading(picture: _Floats) -> _Floats:
    return np.tile(picture[None, :, None, :], (_READINGS, 1, _READINGS, 1))


def _luma(pixels: _Pixels) -> _Floats:
    if pixels.ndim == _GREY_DIMENSIONS:
        return pixels.astype(np.float32)
    weighted = pixels.astype(np.int32) @ np.array([299, 587, 114], np.int32)
    return weighted.astype(np.float32) / np.float32(1000)


@lru_cache(maxsize=256)
def _tents(full: int, reduced: int, scale: int) -> _Floats:
    """Return the (128, reduced) weights of both box passes in both readings, summed over each reduced pixel."""
    axis = _Axis(full)
    left, right = axis.edges(axis.sample_steps - 2 * axis.delay)
    slope = np.zeros((_SAMPLES, full + 1))
    for offset in range(axis.window):
        middle = left + offset
        is_in = middle <= right
        first, last = axis.edges(np.minimum(middle, full - 1))
        share = np.where(is_in, 1 / ((right - left + 1) * (last - first + 1)), 0)
        slope[np.arange(_SAMPLES), first] += share
        slope[np.arange(_SAMPLES), last + 1] -= share
    weights = np.zeros((_SAMPLES, reduced * scale))
    weights[:, :full] = np.cumsum(slope, axis=1)[:, :full]
    summed = weights.reshape(_SAMPLES, reduced, scale).sum(axis=2)
    return np.ascontiguousarray(summed, np.float32)


def _cosines() -> _Floats:
    # The scale is rounded to float before it meets the cosine, as in the reference.
    scale = float(np.float32(math.sqrt(2 / _SIDE)))
    step = math.pi / 2 / _SIDE
    rows = [
        [scale * math.cos(step * (i + 1) * (2 * j + 1)) for j in range(_SIDE)]
        for i in range(_FREQUENCIES)
    ]
    return np.array(rows).astype(np.float32)


_COSINES: Final = _cosines()
_SIGNS: Final = np.where(np.arange(_FREQUENCIES) % 2 == 1, 1, -1).astype(np.float32)
"""What the coefficients of a picture become where it is read backwards."""


def _finish(decimated: _Floats, *, as_reference: bool) -> tuple[bytes, int]:
    """Return the hashes and the quality; `as_reference` takes the samples that were read forwards for all of them."""
    forwards = decimated[0, :, 0]
    plain = _coefficients(forwards)
    if as_reference:
        upside_down, mirrored, both = plain, plain, plain
    else:
        upside_down, mirrored, both = (
            _coefficients(decimated[rows, :, columns]) for rows, columns in ((1, 0), (0, 1), (1, 1))
        )
    flip_x, flip_y = upside_down * _SIGNS[:, None], mirrored * _SIGNS
    both = both * _SIGNS[:, None] * _SIGNS
    turned = (plain, flip_y.T, both, flip_x.T, flip_x, flip_y, plain.T, both.T)
    return b"".join(map(_bits, turned)), _quality(forwards)


def _coefficients(picture: _Floats) -> _Floats:
    rows = np.zeros((_FREQUENCIES, _SIDE), np.float32)
    for k in range(_SIDE):
        rows += _COSINES[:, k, None] * picture[k]
    coefficients = np.zeros((_FREQUENCIES, _FREQUENCIES), np.float32)
    for k in range(_SIDE):
        coefficients += rows[:, k, None] * _COSINES[:, k]
    return coefficients


def _bits(coefficients: _Floats) -> bytes:
    # The reference's median of the 256 values is the 128th smallest; bit 255 is written first.
    flat = coefficients.ravel()
    median = np.partition(flat, 127)[127]
    return np.packbits((flat > median)[::-1]).tobytes()


def _quality(picture: _Floats) -> int:
    total = 0
    for axis in (0, 1):
        steps = np.diff(picture, axis=axis) * np.float32(100) / np.float32(255)
        total += int(np.abs(steps.astype(np.int32)).sum())
    return min(100, total // 90)
