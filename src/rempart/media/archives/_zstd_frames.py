"""The frames and blocks of Zstandard data (RFC 8878), handed on one block at a time.

The library does not say where its input was cut off, so the frames are followed here: a header, blocks of three
bytes of header and their content, and a checksum where the frame says so.
"""

from typing import Final

from rempart.media.archives._reading import Reading

_MAGIC: Final = 0xFD2FB528
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
_CHECKSUM_BYTES: Final = 4
_CONTENT_SIZE_BYTES: Final = (0, 2, 4, 8)
_DICTIONARY_ID_BYTES: Final = (0, 1, 2, 4)
_RUN: Final = 1
_LARGEST_BLOCK_BYTES: Final = 128 * 1024


class FrameError(Exception):
    """What follows is no frame, or a block is larger than blocks may be."""


class FrameFeed:
    """The source that a Zstandard reader reads.

    Attributes:
        is_torn: whether the data ended inside a frame.
    """

    LARGEST_PIECE_BYTES: Final = _LARGEST_BLOCK_BYTES + 3 + _CHECKSUM_BYTES

    def __init__(self, packed: Reading) -> None:
        self._packed = packed
        self._is_inside = False
        self._has_checksum = False
        self._frames = 0
        self.is_torn = False

    def read(self, size: int = -1, /) -> bytes:
        """Return the next header or block; nothing at the end. `size` counts for nothing: no piece is larger.

        Raises:
            FrameError: see there.
        """
        del size
        return self._block() if self._is_inside else self._header()

    def _header(self) -> bytes:
        while True:
            magic = self._packed.read(4)
            number = int.from_bytes(magic, "little")
            if number == _MAGIC:
                return magic + self._descriptor()
            if number not in _SKIPPABLE:
                # What stands behind the frames and is none is left alone, as with gzip.
                self.is_torn = self.is_torn or self._frames == 0
                return b""
            self._skip(int.from_bytes(self._exactly(4), "little"))

    def _descriptor(self) -> bytes:
        first = self._exactly(1)
        if not first:
            return b""
        flags = first[0]
        is_single = bool(flags & 0x20)
        content_size = _CONTENT_SIZE_BYTES[flags >> 6] or int(is_single)
        rest = int(not is_single) + _DICTIONARY_ID_BYTES[flags & 3] + content_size
        self._is_inside = True
        self._frames += 1
        self._has_checksum = bool(flags & 4)
        return first + self._exactly(rest)

    def _block(self) -> bytes:
        head = self._exactly(3)
        if self.is_torn:
            return head
        number = int.from_bytes(head, "little")
        is_last, kind, size = number & 1, number >> 1 & 3, number >> 3
        if size > _LARGEST_BLOCK_BYTES and kind != _RUN:
            raise FrameError
        self._is_inside = not is_last
        tail = _CHECKSUM_BYTES if is_last and self._has_checksum else 0
        return head + self._exactly((1 if kind == _RUN else size) + tail)

    def _exactly(self, count: int) -> bytes:
        piece = self._packed.read(count) if count else b""
        self.is_torn = self.is_torn or len(piece) < count
        return piece

    def _skip(self, count: int) -> None:
        while count > 0 and (piece := self._packed.read(min(count, _LARGEST_BLOCK_BYTES))):
            count -= len(piece)
        self.is_torn = self.is_torn or count > 0
