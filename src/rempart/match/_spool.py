"""A spool: values on their way into a file, kept on the disk: they may be more than memory is to be spent on."""

import mmap
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt


class Spool:
    """Collects ids, in memory, and a row of values for each, in a nameless file that nobody has to remove."""

    def __init__(self, folder: Path) -> None:
        """Make the file in a folder, on the disk that the result will lie on."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by the block
        self._ids: list[npt.NDArray[np.int64]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, ids: npt.NDArray[np.int64], rows: npt.NDArray[Any]) -> None:
        """Append some ids and as many rows."""
        self._ids.append(ids)
        self._file.write(np.ascontiguousarray(rows).data)

    def whole(
        self, *, width: int, dtype: npt.DTypeLike
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Return all ids and all rows, which are mapped; nothing may be added after that."""
        ids = np.concatenate([np.empty(0, np.int64), *self._ids])
        self._ids.clear()
        self._file.flush()
        if not len(ids):
            return ids, np.empty((0, width), dtype)
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return ids, np.frombuffer(mapped, dtype).reshape(len(ids), width)
