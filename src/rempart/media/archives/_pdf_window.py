"""A window on a large source: text at any place, and where a word is found next."""

from typing import Final

from rempart.media.archives._reading import ContainerSource, Part

_WINDOW_BYTES: Final = 1024 * 1024
_MARGIN_BYTES: Final = 64


class Window:
    """Keeps the piece of a source that was looked at last."""

    def __init__(self, source: ContainerSource) -> None:
        self._source = source
        self._base = 0
        self._text = b""
        self._is_last = False

    def text(self, at: int, count: int) -> bytes:
        """Return up to `count` bytes, at most a window full, fewer at the end of the source."""
        self._cover(at, count)
        return self._text[at - self._base : at - self._base + count]

    def find(self, word: bytes, start: int) -> int:
        """Return the offset of a word from `start` on, -1 where there is none, as `bytes.find` does."""
        at = start
        while True:
            self._cover(at, len(word))
            found = self._text.find(word, at - self._base)
            if found >= 0:
                return self._base + found
            if self._is_last:
                return -1
            at = max(self._base + len(self._text) - len(word) + 1, at)

    def _cover(self, at: int, count: int) -> None:
        end = self._base + len(self._text)
        if self._base <= at and (at + count <= end or self._is_last) and self._text:
            return
        self._base = max(at - _MARGIN_BYTES, 0)
        self._text = Part(self._source, self._base).read(_WINDOW_BYTES)
        self._is_last = len(self._text) < _WINDOW_BYTES
