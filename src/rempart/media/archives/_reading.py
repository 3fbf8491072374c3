"""Reading parts of a container's source, whose one position belongs to nobody."""

import io
from typing import Final, Protocol

PIECE_BYTES: Final = 64 * 1024
"""How much packed data is read at once."""


_LARGEST_OFFSET: Final = 2**62
"""No file is that long; a header may say so all the same."""


class ContainerSource(Protocol):
    """What a container is read from: an open file or the bytes of a member."""

    def read(self, size: int = -1, /) -> bytes | None:
        """Return up to `size` bytes; none at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset; return it."""


class Reading(Protocol):
    """Bytes one after another."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end."""


class Part:
    """The bytes of a source from one offset to another, or to the source's end."""

    def __init__(self, source: ContainerSource, start: int, end: int | None = None) -> None:
        self._source = source
        self._end = end
        self.position = start

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end of part or source."""
        if self._end is not None:
            size = min(size, self._end - self.position)
        if size <= 0 or self.position > _LARGEST_OFFSET:
            return b""
        self._source.seek(self.position)
        piece = self._source.read(size) or b""
        if 0 < len(piece) < size:
            piece = self._more(piece, size)
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> None:
        """Go forward without reading; beyond the end nothing is left."""
        self.position += count

    def _more(self, piece: bytes, size: int) -> bytes:
        pieces, missing = [piece], size - len(piece)
        while missing > 0 and (piece := self._source.read(missing) or b""):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)


class Forward:
    """Bytes that can only be read once, such as unpacked ones, with a position to skip from."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.position = 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        pieces, missing = [], size
        while missing > 0 and (piece := self._reading.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        self.position += size - missing
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def skip(self, count: int) -> None:
        """Read and forget."""
        end = self.position + count
        while self.position < end and self.read(min(end - self.position, PIECE_BYTES)):
            pass


def size_of(source: ContainerSource) -> int:
    """Return how many bytes a source has."""
    return source.seek(0, io.SEEK_END)
