"""Deflated members of a zip: in one go where they are small and whole, else piece by piece.

One library is twice as fast as zlib and can do nothing by halves: it needs all packed bytes, and gives all unpacked
ones or none. So it is asked first, and believed only where the length and the checksum are those that the archive
promises. Of everything else zlib says what it is, as if the other had not been asked: nothing was given yet.
"""

from typing import Final

import deflate

from rempart.media.archives._reading import PIECE_BYTES, Part, Reading
from rempart.media.archives._unpackers import deflate as by_zlib

LARGEST_WHOLE_BYTES: Final = 16 * 1024**2
"""Of what is unpacked in one go, packed and unpacked: as much again is held in memory for a moment."""

MOST_TIMES_PACKED: Final = 4
"""So many times its packed bytes it may be: a small archive must not fill the memory, and pictures hardly pack."""


class DeflatedMember:
    """The unpacked bytes of a member whose size and checksum the archive promises.

    Args:
        packed: its packed bytes, not read yet.
        packed_size: how many they are.
        size: bytes that it must unpack to.
        crc: their CRC-32.
    """

    def __init__(self, packed: Part, *, packed_size: int, size: int, crc: int) -> None:
        self._packed = packed
        self._packed_size = packed_size
        self._size = size
        self._crc = crc
        self._unpacked: Reading | None = None

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; see `Unpacker`."""
        if self._unpacked is None:
            self._unpacked = self._whole() if size >= PIECE_BYTES else None
            self._unpacked = self._unpacked or by_zlib(self._packed)
        return self._unpacked.read(size)

    def _whole(self) -> Reading | None:
        """Return all bytes; None where they are not what is promised, with the packed ones to be read again."""
        start = self._packed.position
        try:
            unpacked = deflate.deflate_decompress(self._packed.read(self._packed_size), self._size)
        except (deflate.DeflateError, MemoryError):
            unpacked = bytearray()
        if len(unpacked) == self._size and deflate.crc32(unpacked) == self._crc:
            return _Whole(unpacked)
        self._packed.position = start
        return None


class _Whole:
    """Bytes in memory, one piece after another."""

    def __init__(self, data: bytearray) -> None:
        self._data = memoryview(data)
        self._position = 0

    def read(self, size: int, /) -> bytes:
        piece = bytes(self._data[self._position : self._position + size])
        self._position += len(piece)
        return piece
