"""Reading one open file to its end, and noticing when it changes meanwhile."""

import os
from collections.abc import Iterator
from typing import Final

CHUNK_BYTES: Final = 256 * 1024
"""Fits the processor's second cache, so that three digests read each chunk from memory once."""


class ChangedWhileReadError(Exception):
    """The file's size or time of change differs from what it was at the start."""


class OpenFile:
    """A regular file open for reading; its own position is neither used nor moved.

    Attributes:
        size: bytes, when it was first looked at.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._first_look = self._look()
        self.size = self._first_look[0]

    def head(self, count: int) -> bytes:
        """Return the first bytes, fewer when the file is shorter."""
        return os.pread(self._descriptor, count, 0)

    def pread(self, count: int, offset: int) -> bytes:
        """Return up to `count` bytes from an offset on; whether the file changed is told by `chunks` alone."""
        return os.pread(self._descriptor, count, offset)

    def chunks(self) -> Iterator[bytes]:
        """Return the file's bytes in order.

        Raises:
            ChangedWhileReadError: at the end, when the file is not what it was at the start.
            OSError: the system cannot read it.
        """
        return self._read(CHUNK_BYTES)

    def content(self) -> bytes:
        """Return the whole file; raises as `chunks`."""
        return b"".join(self._read(max(self.size, 1)))

    def _read(self, step: int) -> Iterator[bytes]:
        position = 0
        while position < self.size:
            chunk = os.pread(self._descriptor, min(step, self.size - position), position)
            if not chunk:
                break
            position += len(chunk)
            yield chunk
        has_more = bool(os.pread(self._descriptor, 1, position))
        if position != self.size or has_more or self._look() != self._first_look:
            raise ChangedWhileReadError

    def _look(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns
