"""What a scan is asked to read: named paths, or a list of paths that is read as it goes.

A list is not kept: instead a chained digest says, at every checkpoint, which paths have been read, so that a
resumed run can see that it was given the same list again.
"""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import BinaryIO, Final

from rempart.node.errors import ResumeMismatchError

_LONGEST_PATH_BYTES: Final = 64 * 1024


class NamedRoots:
    """Paths that stood on the command line; they are kept with the run."""

    def __init__(self, paths: tuple[bytes, ...]) -> None:
        """Keep the paths in their order."""
        self._paths = paths

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._paths)

    def digest_at(self, _number: int) -> str:
        """Return nothing: the paths themselves are kept."""
        return ""

    def settings(self) -> list[str]:
        """Return the paths as they are kept with the run."""
        return [base64.b64encode(path).decode("ascii") for path in self._paths]

    @classmethod
    def from_settings(cls, settings: list[str]) -> "NamedRoots":
        """Return the paths that were kept with a run."""
        return cls(tuple(base64.b64decode(text) for text in settings))


class ListedRoots:
    """Paths from a stream, one to a line or separated by NUL bytes."""

    def __init__(
        self, stream: BinaryIO, *, separator: bytes, expected: tuple[int, str] | None = None
    ) -> None:
        """Read paths from a stream.

        Args:
            stream: the list.
            separator: a line feed, or a NUL byte.
            expected: number of the last path of an earlier run, and the chained digest up to it.
        """
        self._stream = stream
        self._separator = separator
        self._expected = expected
        self._digests: OrderedDict[int, str] = OrderedDict()

    def __iter__(self) -> Iterator[bytes]:
        chained = b""
        number = -1
        for number, path in enumerate(_pieces(self._stream, self._separator)):
            chained = hashlib.sha256(chained + path).digest()
            if self._expected is not None and (
                number == self._expected[0] and chained.hex() != self._expected[1]
            ):
                raise _mismatch()
            self._digests[number] = chained.hex()
            yield path
        if self._expected is not None and number < self._expected[0]:
            raise _mismatch()

    def digest_at(self, number: int) -> str:
        """Return the chained digest up to a path, and forget the ones before it."""
        while self._digests and next(iter(self._digests)) < number:
            self._digests.popitem(last=False)
        return self._digests.get(number, "")


def _mismatch() -> ResumeMismatchError:
    message = "The list of paths is not the one that the run was begun with."
    return ResumeMismatchError(
        message, hint="Give the same list again, or start a new run; nothing was changed."
    )


def _pieces(stream: BinaryIO, separator: bytes) -> Iterator[bytes]:
    """Yield the non-empty pieces of a stream; a piece longer than any path is given in its first part."""
    rest = b""
    while block := stream.read(65536):
        *whole, rest = (rest + block).split(separator)
        yield from (piece for piece in whole if piece)
        if len(rest) > _LONGEST_PATH_BYTES:
            message = "The list of paths holds a piece longer than any path."
            raise ResumeMismatchError(
                message, hint="Separate the paths by line feeds, or use --null."
            )
    if rest:
        yield rest
