"""Text from a byte stream, piece by piece, with the place of whatever is wrong in it."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

from rempart.lists.errors import ListEncodingError, ListLimitError, ListTornError
from rempart.lists.limits import MAX_LINE_CHARS, READ_BYTES

UTF8: Final = "utf-8"
UTF16: Final = "utf-16"
ENCODINGS: Final = (UTF8, UTF16, "latin-1", "windows-1252")
"""Encodings that a column map may name."""


class SourceBytes:
    """A byte stream that can be looked at before it is read; it is never sought in.

    Args:
        stream: where the bytes come from.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""

    def peek(self) -> bytes:
        """Return the first bytes, at most `READ_BYTES`, without using them up."""
        while len(self._head) < READ_BYTES:
            more = self._stream.read(READ_BYTES - len(self._head))
            if not more:
                break
            self._head += more
        return self._head

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes in chunks of at most `READ_BYTES`; the first is whole enough to tell a mark by."""
        head = self.peek()
        self._head = b""
        if head:
            yield head
        while chunk := self._stream.read(READ_BYTES):
            yield chunk


def decoded(source: SourceBytes, encoding: str = UTF8) -> Iterator[str]:
    """Yield the text of a source in pieces, a byte order mark removed.

    Raises:
        ListEncodingError: bytes are no text in the encoding, or a NUL is among them; names line and byte.
        ListTornError: the last character is incomplete.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    place = _Place()
    for number, received in enumerate(source.chunks()):
        chunk = received
        if number == 0 and encoding == UTF8:
            refuse_utf16(chunk)
            if chunk.startswith(codecs.BOM_UTF8):
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
                place.byte += len(codecs.BOM_UTF8)
        try:
            text = decoder.decode(chunk)
        except UnicodeError as cause:
            raise place.not_text(cause, encoding=encoding) from cause
        if "\0" in text:
            raise place.holds_nul(text, encoding=encoding)
        place.lines += text.count("\n")
        place.byte += len(chunk)
        place.waiting = len(decoder.getstate()[0])
        yield text
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as cause:
        msg = f"The list ends within a character, at byte {place.byte} of the file."
        raise ListTornError(msg, hint="Get the complete file; nothing was changed.") from cause


def line_blocks(pieces: Iterator[str], *, longest: int = MAX_LINE_CHARS) -> Iterator[str]:
    """Yield blocks of whole lines, line ends kept; the last line may lack its end.

    Raises:
        ListLimitError: a line has more than `longest` characters.
    """
    tail = ""
    lines = 0
    for piece in pieces:
        block = tail + piece
        if tail:
            end = block.find("\n")
            if (len(block) if end < 0 else end) > longest:
                raise _line_too_long(lines + 1, longest)
        cut = block.rfind("\n") + 1
        tail = block[cut:]
        if cut:
            lines += block.count("\n")
            yield block[:cut]
    if tail:
        yield tail


class _Place:
    """Where in the source the reading stands."""

    def __init__(self) -> None:
        self.lines = 0
        self.byte = 0
        self.waiting = 0

    def not_text(self, cause: UnicodeError, *, encoding: str) -> ListEncodingError:
        line, byte = self.lines + 1, self.byte - self.waiting + 1
        if isinstance(
            cause, UnicodeDecodeError
        ):  # the others come from a missing mark at the start
            line += cause.object[: cause.start].decode(encoding, "replace").count("\n")
            byte += cause.start
        return ListEncodingError(
            f"The list is not {encoding} text: line {line}, byte {byte} of the file.",
            hint="Save it as UTF-8, or name its encoding in a column map.",
        )

    def holds_nul(self, text: str, *, encoding: str) -> ListEncodingError:
        before = text[: text.index("\0")]
        line = self.lines + before.count("\n") + 1
        byte = self.byte - self.waiting + len(before.encode(encoding, "replace")) + 1
        return ListEncodingError(
            f"The list holds a NUL character: line {line}, byte {byte} of the file.",
            hint="It is UTF-16 or no text at all: save it as UTF-8, or name its encoding in a column map.",
        )


def refuse_utf16(head: bytes) -> None:
    """Raise when the first bytes of a text that should be UTF-8 carry the mark of UTF-16.

    Raises:
        ListEncodingError: they do.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        msg = "The list is UTF-16 text, not UTF-8: line 1, byte 1 of the file."
        raise ListEncodingError(msg, hint="Save it as UTF-8, or name its encoding in a column map.")


def _line_too_long(line: int, longest: int) -> ListLimitError:
    return ListLimitError(
        f"Line {line} has more than {longest} characters.",
        hint="Check that the file is a text list and complete.",
    )
