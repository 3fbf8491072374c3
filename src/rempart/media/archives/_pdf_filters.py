"""The filters of PDF streams that are undone here, each forward and a bounded piece at a time (ISO 32000-1, 7.4)."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from rempart.media.archives import _problems, _unpackers
from rempart.media.archives._decoding import Decoding
from rempart.media.archives._reading import Reading

_BLANKS: Final = b"\0\t\n\f\r "
_RUN_END: Final = 128
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]")


class _Hexadecimal(Decoding):
    def _decode(self, piece: bytes) -> bytes:
        text, mark, _ = piece.partition(b">")
        self._is_over = self._is_over or bool(mark)
        text = self._text + _NOT_HEX.sub(b"", text)
        if self._is_over:
            text += b"0" * (len(text) % 2)
        whole = len(text) // 2 * 2
        self._text = text[whole:]
        return binascii.unhexlify(text[:whole])


class _Base85(Decoding):
    def _decode(self, piece: bytes) -> bytes:
        text, mark, _ = piece.partition(b"~")
        self._is_over = self._is_over or bool(mark)
        text = self._text + text.translate(None, _BLANKS)
        whole = len(text)
        if not self._is_over:
            # A z stands for a group of its own: cut where the letters since the last one make whole groups.
            since = len(text) - 1 - text.rfind(b"z")
            whole = len(text) - since % 5
        self._text = text[whole:]
        try:
            return base64.a85decode(text[:whole])
        except ValueError as error:
            raise _problems.error_of(
                _problems.corrupt("embedded picture", "its text makes no sense")
            ) from error


class _RunLength(Decoding):
    def _decode(self, piece: bytes) -> bytes:
        text = self._text + piece
        found, at = [], 0
        while at < len(text):
            length = text[at]
            if length == _RUN_END:
                self._is_over = True
                break
            needed = length + 2 if length < _RUN_END else 2
            if at + needed > len(text):
                break
            if length < _RUN_END:
                found.append(text[at + 1 : at + needed])
            else:
                found.append(text[at + 1 : at + 2] * (257 - length))
            at += needed
        self._text = text[at:]
        return b"".join(found)


FILTERS: Final[dict[bytes, Callable[[Reading], Reading]]] = {
    b"FlateDecode": _unpackers.zlib_stream,
    b"ASCIIHexDecode": _Hexadecimal,
    b"ASCII85Decode": _Base85,
    b"RunLengthDecode": _RunLength,
    b"Fl": _unpackers.zlib_stream,
    b"AHx": _Hexadecimal,
    b"A85": _Base85,
    b"RL": _RunLength,
    b"Crypt": lambda packed: packed,
}
