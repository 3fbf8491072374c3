"""Checks of the arrays that callers hand in: whole, before anything is changed."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rempart.match.errors import DuplicateIdError, UnknownIdError

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ids: TypeAlias = npt.NDArray[np.int64]


def checked_values(values: object, *, width: int, rows: int | None = None) -> Bytes:
    """Return an array of hashes or digests in one piece.

    Args:
        values: must be uint8, n by `width`.
        width: bytes of one value.
        rows: how many there must be; absent: any number.

    Raises:
        TypeError: not a numpy array of uint8.
        ValueError: another shape.
    """
    array = _checked(values, np.dtype(np.uint8), axes=2)
    if array.shape[1] != width:
        msg = f"each value has {width} bytes here, not {array.shape[1]}"
        raise ValueError(msg)
    if rows is not None and len(array) != rows:
        msg = f"{len(array)} values need as many ids, not {rows}"
        raise ValueError(msg)
    return array


def checked_ids(ids: object, repeated: type[DuplicateIdError | UnknownIdError]) -> Ids:
    """Return an array of ids (int64, n, all different) in one piece.

    Args:
        ids: the ids.
        repeated: what to raise for an id that stands twice.

    Raises:
        TypeError: not a numpy array of int64.
        ValueError: not one axis.
        DuplicateIdError, UnknownIdError: an id stands twice.
    """
    array = _checked(ids, np.dtype(np.int64), axes=1)
    ordered = np.sort(array)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise repeated(int(twice[0]))
    return array


def width_of(values: object) -> int:
    """Return the bytes of each value of an array that is going to be checked; 0 where it has no rows and bytes."""
    return int(values.shape[1]) if isinstance(values, np.ndarray) and values.ndim > 1 else 0


def _checked(array: object, dtype: np.dtype[Any], *, axes: int) -> npt.NDArray[Any]:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        msg = f"a numpy array of {dtype} is needed"
        raise TypeError(msg)
    if array.ndim != axes:
        msg = f"an array with {axes} axes is needed, not {array.ndim}"
        raise ValueError(msg)
    return np.ascontiguousarray(array)
