"""The bytes of a mail's part out of how they are written: base64 and quoted-printable (RFC 2045, section 6).

Nothing in the text is an error, as readers of mail have it.
"""

import binascii
import re
from typing import Final

from rempart.media.archives._decoding import Decoding
from rempart.media.archives._reading import PIECE_BYTES, Reading

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANKS: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_NOT_BASE64: Final = bytes(set(range(256)) - set(_BASE64 + b"="))


def decoded(reading: Reading, coding: bytes) -> Reading:
    """Return the bytes behind a transfer encoding; of an unknown one as they stand there."""
    if coding == b"base64":
        return _Base64(reading)
    if coding == b"quoted-printable":
        return _QuotedPrintable(reading)
    return reading


class _Base64(Decoding):
    def _decode(self, piece: bytes) -> bytes:
        text = self._text + piece.translate(None, _NOT_BASE64)
        found = []
        while (at := text.find(b"=")) >= 0:
            found.append(_quads(text[:at]))
            text = text[at:].lstrip(b"=")
        whole = len(text) // 4 * 4 if piece else len(text)
        self._text = text[whole:]
        found.append(_quads(text[:whole]))
        return b"".join(found)


class _QuotedPrintable(Decoding):
    def _decode(self, piece: bytes) -> bytes:
        text = self._text + piece
        end = len(text)
        if piece:
            # A line may end in blanks that do not count, and a cut must not divide `=XX` or a line's end.
            end = text.rfind(b"\n") + 1 or (end - 3 if end > PIECE_BYTES else 0)
        self._text = text[end:]
        return binascii.a2b_qp(_BLANKS.sub(b"", text[:end]))


def _quads(text: bytes) -> bytes:
    """Decode base64 without padding; a single letter too many is dropped."""
    if len(text) % 4 == 1:
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
