"""Text that stands for bytes, decoded a bounded piece at a time: what the codings of mails and of PDFs share."""

from abc import ABC, abstractmethod

from rempart.media.archives._reading import PIECE_BYTES, Reading


class Decoding(ABC):
    """Decodes a text piece by piece, until it ends or a mark in it says so."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._text = b""
        self._ready = b""
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end."""
        while not self._ready and not self._is_over:
            piece = self._reading.read(PIECE_BYTES)
            self._is_over = not piece
            self._ready = self._decode(piece)
        found, self._ready = self._ready[:size], self._ready[size:]
        return found

    @abstractmethod
    def _decode(self, piece: bytes) -> bytes:
        """Return what can be decoded of the text so far; of an empty piece, of all that is left."""
