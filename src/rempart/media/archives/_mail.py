"""Members of an Internet message (RFC 5322, RFC 2046): attachments, embedded pictures, forwarded messages.

The parts are found by the lines between them, so that neither their depth nor their number nor the length of a line
costs memory. The text that the reader of the mail sees is passed over.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rempart.media._container_signs import mail_extent
from rempart.media.archives import _problems
from rempart.media.archives._mail_coding import decoded
from rempart.media.archives._mail_fields import PartFields, read_fields
from rempart.media.archives._reading import PIECE_BYTES, ContainerSource, Part, Reading, size_of
from rempart.media.archives._streams import MemberStream, Meter, Torn
from rempart.media.archives.container import Container, Member
from rempart.media.media_types import HEAD_BYTES, sniff

LARGEST_DEPTH: Final = 50
"""Of multiparts within multiparts."""

_USUAL_HEADER: Final = 4 * 1024
_LARGEST_HEADER: Final = 256 * 1024
_LONGEST_BOUNDARY_LINE: Final = 400
_LONGEST_LINE: Final = 1000
_LONGEST_COUNT: Final = 64
_LISTS: Final = (b"<?xml", b"<!DOCTYPE plist", b"<plist")
_FIELDS: Final = re.compile(rb"(?:[!-9;-~]{1,100}[ \t]*:[^\n]*\n|[ \t][^\n]*\n)*")
_MESSAGE: Final = b"message/rfc822"


@dataclass(frozen=True, slots=True)
class _Body:
    """A part without parts of its own: where its bytes lie, and what is said of them."""

    start: int
    end: int
    fields: PartFields
    is_torn: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line between parts.

    Attributes:
        start: offset of the line's end before it, which belongs to it.
        end: offset behind it.
        boundary: what it names.
        is_last: whether no part follows it.
    """

    start: int
    end: int
    boundary: bytes
    is_last: bool


class MailContainer(Container):
    """One message."""

    def _members(self) -> Iterator[Member]:
        for number, body in enumerate(self._bodies(), 1):
            self._require_few(number)
            if not self._is_text(body):
                yield Member(
                    number=number,
                    name=body.fields.name or b"part-%d" % number,
                    size=None,
                    _opened=self._opener(body),
                )

    def _opener(self, body: _Body) -> Callable[[], MemberStream]:
        packed = body.end - body.start
        return lambda: MemberStream(
            self._reading(body), Meter(self._limits, self._budget, packed=packed)
        )

    def _reading(self, body: _Body) -> Reading:
        reading = decoded(Part(self._source, body.start, body.end), body.fields.coding)
        return Torn(reading) if body.is_torn else reading

    def _is_text(self, body: _Body) -> bool:
        """Tell whether it is what the mail says, and nothing else that is said to be so."""
        if not body.fields.is_text:
            return False
        text = decoded(Part(self._source, body.start, body.end), body.fields.coding)
        return sniff(text.read(HEAD_BYTES)) is None

    def _bodies(self) -> Iterator[_Body]:
        """Return the parts without parts of their own, in order."""
        begin, end = self._extent()
        outer: list[PartFields] = []
        fields: PartFields | None
        fields, start = self._header(begin, b"text/plain")
        while True:
            if fields is not None and fields.boundary is not None:
                fields = self._enter(outer, fields)
            boundaries = [each.boundary for each in outer if each.boundary is not None]
            line = _next_line(self._source, start, boundaries)
            if fields is not None:
                stop = end if line is None else max(start, line.start)
                yield _Body(start, stop, fields, is_torn=line is None and bool(outer))
            if line is None:
                break
            _leave(outer, line)
            fields, start = None, line.end
            if not line.is_last:
                fields, start = self._header(line.end, _default_type(outer[-1]))
        if outer:
            self._note(_problems.truncated("message"))

    def _extent(self) -> tuple[int, int]:
        """Return where the message begins and ends; a length without the list behind it must hide nothing."""
        size = size_of(self._source)
        begin, end = mail_extent(Part(self._source, 0).read(_LONGEST_COUNT), size)
        if end > size:
            self._note(_problems.truncated("message"))
        behind = Part(self._source, end).read(_LONGEST_COUNT).lstrip()
        return begin, end if behind.startswith(_LISTS) else size

    def _enter(self, outer: list[PartFields], fields: PartFields) -> PartFields | None:
        """Go into a part with parts of its own; return it as one without where that would be too deep."""
        if len(outer) >= LARGEST_DEPTH:
            self._note(_problems.too_deep(LARGEST_DEPTH))
            return fields
        outer.append(fields)
        return None

    def _header(self, start: int, default_type: bytes) -> tuple[PartFields, int]:
        """Return what the header says that begins here, and where the body begins.

        A header ends with its last field, whether an empty line follows or not: otherwise a part without that line
        would hide the next one.
        """
        part = Part(self._source, start)
        text = part.read(_USUAL_HEADER)
        end = self._end_of_fields(text)
        is_cut = end + _LONGEST_LINE > len(text) or b"\n" not in text[end:]
        if is_cut and len(text) == _USUAL_HEADER:
            text += part.read(_LARGEST_HEADER - len(text))
            end = self._end_of_fields(text)
        if end == len(text) or b"\n" not in text[end:]:
            is_endless = len(text) == _LARGEST_HEADER
            reason = "a header is longer than any header"
            self._note(
                _problems.corrupt("message", reason)
                if is_endless
                else _problems.truncated("message")
            )
        for blank in (b"\n", b"\r\n"):
            if text.startswith(blank, end):
                return read_fields(text[:end], default_type=default_type), start + end + len(blank)
        return read_fields(text[:end], default_type=default_type), start + end

    @staticmethod
    def _end_of_fields(text: bytes) -> int:
        found = _FIELDS.match(text)
        return 0 if found is None else found.end()


def _default_type(fields: PartFields) -> bytes:
    return _MESSAGE if fields.media_type == b"multipart/digest" else b"text/plain"


def _leave(outer: list[PartFields], line: _Line) -> None:
    """Go out to the part whose boundary the line is, and out of it where the line is its last."""
    while outer[-1].boundary != line.boundary:
        outer.pop()
    if line.is_last:
        outer.pop()


def _next_line(source: ContainerSource, start: int, boundaries: list[bytes]) -> _Line | None:
    """Return the first line from here on that names one of the boundaries."""
    if not boundaries:
        return None
    openings = tuple(b"\n--" + each for each in boundaries)
    # The body may begin with the line, so the search begins with the end of the line before it.
    part = Part(source, max(start - 1, 0))
    window, offset = b"", part.position
    size = _USUAL_HEADER
    while piece := part.read(size):
        size = PIECE_BYTES
        window += piece
        at = window.find(b"\n--")
        while at >= 0:
            is_candidate = (
                window.startswith(openings, at) or len(window) - at < _LONGEST_BOUNDARY_LINE
            )
            line = _line(source, offset + at, boundaries) if is_candidate else None
            if line is not None:
                return line
            at = window.find(b"\n--", at + 1)
        offset += len(window) - 2
        window = window[-2:]
    return None


def _line(source: ContainerSource, at: int, boundaries: list[bytes]) -> _Line | None:
    """Return the line behind the line's end at this offset, if it names one of the boundaries."""
    before = max(at - 1, 0)
    text = Part(source, before).read(_LONGEST_BOUNDARY_LINE)
    has_return = at > 0 and text.startswith(b"\r")
    line, newline, _ = text[at - before + 3 :].partition(b"\n")
    named = line.rstrip()
    for is_last in (False, True):
        boundary = named[:-2] if is_last else named
        if boundary in boundaries and (not is_last or named.endswith(b"--")):
            end = at + 3 + len(line) + len(newline)
            return _Line(at - int(has_return), end, boundary, is_last)
    return None
