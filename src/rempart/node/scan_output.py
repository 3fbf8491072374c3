"""The file that gets every record of a scan exactly once, also when the run is killed and resumed."""

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from rempart.node.errors import (
    OutputExistsError,
    OutputFailedError,
    OutputLockedError,
    ResumeMismatchError,
)
from rempart.node.files import sync_folder

_FLAGS: Final = os.O_WRONLY | os.O_CLOEXEC


class ScanOutput:
    """An open output file. One process at a time may hold it; it is closed by `close` or with the process."""

    def __init__(self, path: Path, descriptor: int, size_bytes: int) -> None:
        """Hold an open file; use `begin` or `resume`."""
        self._path = path
        self._descriptor = descriptor
        self._size_bytes = size_bytes

    @classmethod
    def begin(cls, path: Path) -> Self:
        """Make the file.

        Raises:
            OutputExistsError: something has that name already, or nothing can be made there.
        """
        try:
            descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            message = f"{path} exists already."
            raise OutputExistsError(
                message, hint="Take another name, or go on with a stopped run by --resume RUN."
            ) from error
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}."
            raise OutputExistsError(
                message, hint="Name a file in a folder that can be written."
            ) from error
        with contextlib.suppress(OSError):  # a system that cannot
            sync_folder(path.parent)
        output = cls(path, descriptor, 0)
        output._hold()
        return output

    @classmethod
    def resume(
        cls, path: Path, size_bytes: int, *, once_held: Callable[[], None] = lambda: None
    ) -> Self:
        """Open the output of an earlier run, cut back to what its last checkpoint confirmed.

        Args:
            path: the file.
            size_bytes: what the last checkpoint confirmed.
            once_held: called when no other process can write the file any more, before anything is cut;
                raises where the checkpoint is not the last one after all.

        Raises:
            ResumeMismatchError: it is absent, or shorter than the run left it.
            OutputLockedError: the run is still under way in another process.
        """
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError as error:
            message = f"The run's output {path} cannot be opened: {error.strerror}."
            raise ResumeMismatchError(message, hint="Put it back, or start a new run.") from error
        output = cls(path, descriptor, size_bytes)
        try:
            output._hold()
            once_held()
            output._cut_back()
        except BaseException:
            output.close()
            raise
        return output

    @property
    def size_bytes(self) -> int:
        """How many bytes are on the disk for certain."""
        return self._size_bytes

    def write(self, lines: bytes) -> None:
        """Bring records to the disk.

        Raises:
            OutputFailedError: the disk refused.
        """
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            message = f"{self._path} could not be written: {error.strerror}."
            raise OutputFailedError(
                message, hint="Free space or mend the disk, then go on with --resume RUN."
            ) from error
        self._size_bytes += len(lines)

    def close(self) -> None:
        """Let go of the file. Nothing is waiting to be written: `write` brought it to the disk."""
        os.close(self._descriptor)

    def discard(self) -> None:
        """Remove the file of a run that did not come to its start."""
        self.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _hold(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Another process is writing {self._path}."
            raise OutputLockedError(
                message, hint="The run is still under way: wait for it, or stop it first."
            ) from error
        except OSError:
            pass  # a file system without locks

    def _cut_back(self) -> None:
        size = os.fstat(self._descriptor).st_size
        if size < self._size_bytes:
            message = f"{self._path} has {size} bytes; the run had written {self._size_bytes}."
            raise ResumeMismatchError(message, hint="Put the output back, or start a new run.")
        os.ftruncate(self._descriptor, self._size_bytes)
        os.lseek(self._descriptor, self._size_bytes, os.SEEK_SET)
