"""The bytes of a video as FFmpeg may see them: one file that can be read and sought, and nothing beside it."""

import io
from typing import BinaryIO, Final

_INVALID: Final = -22
"""What FFmpeg takes for a seek that cannot be done (EINVAL)."""


class VideoSource:
    """Hand FFmpeg the bytes of one file, never more than it has room for, and keep what goes wrong.

    FFmpeg reads through callbacks in C: an exception raised in one would surface at some later call. So a
    failure is kept here, FFmpeg is told that the file ends, and `raise_failure` raises it where it is understood.
    It has no name on purpose: FFmpeg would use one to look for files beside this one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: Exception | None = None

    def read(self, count: int) -> bytes:
        """Return at most `count` bytes; none at the end, or after a failure."""
        if self._failure is not None:
            return b""
        try:
            return bytes(self._file.read(count)[:count])
        except Exception as error:  # noqa: BLE001 - kept, and raised by raise_failure
            self._failure = error
            return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it, or a negative number where there is no such position."""
        if self._failure is not None or whence not in {io.SEEK_SET, io.SEEK_CUR, io.SEEK_END}:
            return _INVALID
        try:
            return self._file.seek(offset, whence)
        except ValueError:
            return _INVALID  # before the beginning: hostile offsets lead there
        except Exception as error:  # noqa: BLE001 - kept, and raised by raise_failure
            self._failure = error
            return _INVALID

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def raise_failure(self) -> None:
        """Raise what reading or seeking raised, if it did."""
        if self._failure is not None:
            raise self._failure
