"""Mails out of a mailbox that is one file (RFC 4155): each behind a line that begins with `From` and names a time."""

from collections.abc import Callable, Iterator
from typing import Final

from rempart.media._container_signs import MAILBOX_LINE
from rempart.media.archives._reading import PIECE_BYTES, Part
from rempart.media.archives._streams import MemberStream, Meter
from rempart.media.archives.container import Container, Member

_MARK: Final = b"\nFrom "
_LONGEST_LINE: Final = 400


class MailboxContainer(Container):
    """A mailbox; its members are whole messages."""

    def _members(self) -> Iterator[Member]:
        lines = self._lines()
        number, start = 1, next(lines, None)
        while start is not None:
            following = next(lines, None)
            end = None if following is None else following[0]
            yield Member(
                number=number,
                name=b"mail-%d" % number,
                size=None if end is None else end - start[1],
                _opened=self._opener(start[1], end),
            )
            number, start = number + 1, following

    def _opener(self, start: int, end: int | None) -> Callable[[], MemberStream]:
        return lambda: MemberStream(
            Part(self._source, start, end), Meter(self._limits, self._budget)
        )

    def _lines(self) -> Iterator[tuple[int, int]]:
        """Return where each line between mails begins and ends."""
        part = Part(self._source, 0)
        # The first line has no end of a line before it.
        window, offset = b"\n", -1
        is_last = False
        while not is_last:
            piece = part.read(PIECE_BYTES)
            window, is_last = window + piece, not piece
            at = window.find(_MARK)
            while at >= 0 and (is_last or at <= len(window) - _LONGEST_LINE):
                line = MAILBOX_LINE.match(window, at + 1)
                if line is not None:
                    yield offset + at + 1, offset + line.end()
                at = window.find(_MARK, at + 1)
            kept = min(_LONGEST_LINE - 1, len(window))
            offset += len(window) - kept
            window = window[len(window) - kept :]
