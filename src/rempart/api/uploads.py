"""Uploads: multipart/form-data taken apart while it arrives, every file into anonymous memory and none onto a disk."""

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl
from typing import Final, Protocol, TypeVar
from urllib.parse import unquote

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from rempart.api.bodies import declared_length
from rempart.api.call import Call
from rempart.api.errors import BodyMalformedError, BodyTooLargeError, MediaTypeError
from rempart.api.memory import Memory

MOST_FILES: Final = 64
"""Most files of one request."""

_LARGEST_TEXT: Final = 100_000
_LARGEST_HEADER: Final = 2_048
_MOST_HEADERS: Final = 4
_MOST_PARTS: Final = MOST_FILES + 1
_LONGEST_BOUNDARY: Final = 70  # RFC 2046, section 5.1.1
_PLAIN: Final = frozenset({"binary", "7bit", "8bit"})
_CONTEXT: Final = "context"
_FILE: Final = "file"
# One that is not closed ends with the header: sought anew from each of its quotation marks, it would take for ever.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_EXTENDED_NAME: Final = re.compile(
    r";\s*filename\*\s*=\s*(?P<charset>[^';\s]*)(?:'[^';\s]*'(?P<escaped>[^;\s]*))?", re.IGNORECASE
)
_CHARSETS: Final = {"utf-8": "utf-8", "iso-8859-1": "latin-1"}  # RFC 8187, section 3.2.1
_Whole_co = TypeVar("_Whole_co", covariant=True)
_SEALS: Final = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE


@dataclass(frozen=True, slots=True)
class FilePart:
    """One whole file; whoever takes it closes the descriptor.

    Attributes:
        name: as the caller gave it; never used as a path.
        descriptor: of anonymous memory that nobody can change any more.
    """

    name: str | None
    descriptor: int
    size: int


@dataclass(frozen=True, slots=True)
class TextPart:
    """One whole text, as it was sent."""

    content: bytes


class PartBeingWritten(Protocol[_Whole_co]):
    """A part of a form, while it arrives."""

    def write(self, data: bytes) -> None:
        """Take what arrived."""
        ...

    def end(self) -> _Whole_co:
        """Return the whole part."""
        ...

    def give_up(self) -> None:
        """Let go of what arrived."""
        ...


def boundary_of(content_type: bytes | None) -> str:
    """Return the boundary of a form.

    Raises:
        MediaTypeError: the body is no form, or its boundary has not the form of RFC 2046.
    """
    kind, options = parse_options_header((content_type or b"").decode("latin-1"))
    boundary = options.get("boundary", "")
    is_form = kind == "multipart/form-data" and 0 < len(boundary) <= _LONGEST_BOUNDARY
    if not is_form or not (boundary.isascii() and boundary.isprintable()):
        message = "The body is no form of files."
        raise MediaTypeError(
            message, hint="Send multipart/form-data with one or more parts named file."
        )
    return str(boundary)


async def form_parts(
    call: Call,
    boundary: str,
    memory: Memory,
    begin: Callable[[MultipartSegment], PartBeingWritten[_Whole_co]],
) -> AsyncIterator[tuple[str, _Whole_co]]:
    """Yield the parts of a form with their names, each when it is whole.

    Args:
        call: whose body is the form.
        boundary: that `boundary_of` returned.
        memory: of this request; counts every byte before it is kept.
        begin: takes up each part, or refuses it.

    Raises:
        BodyTooLargeError: a part, its head or their number is beyond its limit.
        BodyMalformedError: the body is no form, is torn, or holds a part that is not expected.
        BusyError: the memory for uploads is used up.
    """
    limit = call.service.settings.request_body_bytes
    declared = declared_length(call.header(b"content-length"))
    if declared is not None and declared <= limit:
        memory.take(declared)
    parser = PushMultipartParser(
        boundary,
        max_header_size=_LARGEST_HEADER,
        max_header_count=_MOST_HEADERS,
        max_segment_size=limit,
        max_segment_count=_MOST_PARTS,
        strict=True,
    )
    part: PartBeingWritten[_Whole_co] | None = None
    name, size = "", 0
    try:
        async for chunk in call.body_parts(limit=limit):
            size += len(chunk)
            memory.take(size)
            with _translated():
                events = list(parser.parse(chunk))
            for event in events:
                if isinstance(event, MultipartSegment):
                    _require_plain(event)
                    name, part = event.name, begin(event)
                elif event is not None and part is not None:
                    part.write(event)
                elif part is not None:
                    whole, part = part.end(), None
                    yield name, whole
        with _translated():
            parser.close()
    finally:
        if part is not None:
            part.give_up()


def _require_plain(segment: MultipartSegment) -> None:
    """Refuse a part whose bytes are not those of its file: taken as they are they would match nothing.

    Raises:
        BodyMalformedError: it is encoded.
    """
    if segment.header("Content-Transfer-Encoding", "binary").lower() not in _PLAIN:
        message = "A part of the form is encoded."
        raise BodyMalformedError(message, hint="Send its bytes as they are (RFC 7578, 4.7).")


class FileBeingWritten:
    """A file of the form, while it arrives."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._size = 0
        self._descriptor = os.memfd_create("upload", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)

    def write(self, data: bytes) -> None:
        """Take what arrived."""
        view = memoryview(data)
        while view:
            written = os.write(self._descriptor, view)
            view = view[written:]
        self._size += len(data)

    def end(self) -> FilePart:
        """Return the whole file, which nobody can change any more."""
        fcntl(self._descriptor, F_ADD_SEALS, _SEALS)
        return FilePart(self._name, self._descriptor, self._size)

    def give_up(self) -> None:
        """Let go of what arrived."""
        os.close(self._descriptor)


class TextBeingWritten:
    """A text of the form, while it arrives."""

    def __init__(self, noun: str) -> None:
        """Begin a text.

        Args:
            noun: what it is called where it is refused.
        """
        self._noun = noun
        self._content = bytearray()

    def write(self, data: bytes) -> None:
        """Take what arrived."""
        self._content += data
        if len(self._content) > _LARGEST_TEXT:
            message = f"{self._noun} is too large."
            raise BodyTooLargeError(message, hint=f"It has at most {_LARGEST_TEXT} bytes.")

    def end(self) -> TextPart:
        """Return the whole text."""
        return TextPart(bytes(self._content))

    def give_up(self) -> None:
        """Let go of what arrived."""
        self._content.clear()


def file_name(segment: MultipartSegment) -> str | None:
    """Return the name that a part gives its file; nothing where it is no file.

    The extended form (RFC 8187), which .NET and some clients of Java and Python write for a name that is not ASCII,
    goes before the plain one, which then holds a makeshift. One that cannot be read is left out.
    """
    plain: str | None = segment.filename
    disposition: str = segment.header("Content-Disposition", "")
    given = _EXTENDED_NAME.search(_QUOTED.sub("", disposition)) if "*" in disposition else None
    if given is None:
        return plain
    encoding, escaped = _CHARSETS.get(given["charset"].lower()), given["escaped"]
    if encoding is not None and escaped is not None:
        with suppress(UnicodeDecodeError):
            return unquote(escaped, encoding, "strict")
    return plain or ""


def files_and_context(segment: MultipartSegment) -> PartBeingWritten[FilePart | TextPart]:
    """Take up a part of a form of files, each named `file`, and of the case that they belong to.

    Raises:
        BodyMalformedError: it has another name.
    """
    if segment.name == _FILE:
        return FileBeingWritten(file_name(segment))
    if segment.name == _CONTEXT:
        return TextBeingWritten("The part context")
    message = "The form holds a part that is not expected."
    raise BodyMalformedError(message, hint="Name files file, and the case of them context.")


@contextmanager
def _translated() -> Iterator[None]:
    """Say what the parser found in our words; its own may quote what was sent."""
    try:
        yield
    except ParserLimitReached as error:
        message = "A part of the form, its head, or the number of parts is beyond its limit."
        raise BodyTooLargeError(
            message, hint=f"Send at most {MOST_FILES} files in one request."
        ) from error
    except (MultipartError, LookupError, ValueError) as error:
        message = "The body is no whole form."
        raise BodyMalformedError(
            message, hint="Check the boundary, and that the body is complete."
        ) from error
