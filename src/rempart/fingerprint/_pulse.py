"""Telling the pool now and then that long work goes on, so that it is not taken for a worker that hangs."""

import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from rempart.fingerprint.parts import Answer

_BETWEEN_SECONDS: Final = 5.0

_Piece = TypeVar("_Piece")


class Pulse:
    """Says `working` where some seconds have gone by since it last did.

    Attributes:
        monotonic: tells seconds.
    """

    def __init__(
        self, answer: Answer | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Speak through an answer; without one say nothing."""
        self._answer = answer
        self.monotonic = monotonic
        self._last = monotonic()

    def beat(self) -> None:
        """Call this as often as the work goes on a little."""
        now = self.monotonic()
        if now - self._last >= _BETWEEN_SECONDS:
            self._last = now
            if self._answer is not None:
                self._answer.working()

    def along(self, pieces: Iterable[_Piece]) -> Iterator[_Piece]:
        """Return the same pieces, with a beat before each."""
        for piece in pieces:
            self.beat()
            yield piece


class PulsingFile(io.RawIOBase):
    """A source for decoders that shows by its reading that the work goes on, and that ends when its time is over.

    Attributes:
        is_over_time: whether it pretended to end before its end.
    """

    def __init__(self, reader: "Reader", pulse: Pulse, *, seconds: float | None = None) -> None:
        """Read from what has `pread` and `size`; stop after some seconds, or never."""
        super().__init__()
        self._reader = reader
        self._pulse = pulse
        self._position = 0
        self._until = None if seconds is None else pulse.monotonic() + seconds
        self.is_over_time = False

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether it can be moved: always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to an offset; return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._reader.size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def tell(self) -> int:
        """Return the offset."""
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        self._pulse.beat()
        if self._until is not None and self._pulse.monotonic() > self._until:
            self.is_over_time = True
            return b""
        wanted = max(0, self._reader.size - self._position)
        if size is not None and size >= 0:
            wanted = min(wanted, size)
        piece = self._reader.pread(wanted, self._position)
        self._position += len(piece)
        return piece

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any writable buffer will do
        """Fill a buffer; return how many bytes it took."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class Reader:
    """Bytes at offsets: those of an open file, or some in memory.

    Attributes:
        size: how many there are.
    """

    def __init__(self, size: int, pread: Callable[[int, int], bytes]) -> None:
        """Read by a function of count and offset."""
        self.size = size
        self.pread = pread

    @classmethod
    def of_bytes(cls, data: bytes) -> "Reader":
        """Return a reader of bytes in memory."""
        return cls(len(data), lambda count, offset: data[offset : offset + count])
