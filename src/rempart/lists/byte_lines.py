"""Lines of a text list whose encoding does not matter: what is read of them is ASCII."""

from codecs import BOM_UTF8
from collections.abc import Iterator

from rempart.lists.errors import ListEncodingError, ListLimitError
from rempart.lists.limits import MAX_LINE_CHARS
from rempart.lists.source_text import SourceBytes


def byte_lines(source: SourceBytes) -> Iterator[bytes]:
    """Yield the lines of a text list as bytes, without line ends and without a byte order mark.

    Raises:
        ListEncodingError: a NUL is among the bytes.
        ListLimitError: a line is too long.
    """
    tail = b""
    count = 0
    offset = 0
    for received in source.chunks():
        if b"\0" in received:
            raise _holds_nul(received, lines=count, offset=offset)
        chunk = received if offset else received.removeprefix(BOM_UTF8)
        offset += len(received)
        lines = (tail + chunk).split(b"\n")
        tail = lines.pop()
        for line in lines:
            count += 1
            yield line.removesuffix(b"\r")
        if len(tail) > MAX_LINE_CHARS:
            msg = f"Line {count + 1} has more than {MAX_LINE_CHARS} characters."
            raise ListLimitError(msg, hint="Check that the file is a text list and complete.")
    if tail:
        yield tail.removesuffix(b"\r")


def _holds_nul(chunk: bytes, *, lines: int, offset: int) -> ListEncodingError:
    before = chunk[: chunk.index(b"\0")]
    line = lines + before.count(b"\n") + 1
    return ListEncodingError(
        f"The list holds a NUL byte: line {line}, byte {offset + len(before) + 1} of the file.",
        hint="It is UTF-16 or no text at all: save it as UTF-8.",
    )
