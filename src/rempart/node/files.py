"""Open the files that an operator names, and write whole files or none."""

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from rempart.node.errors import OutputExistsError, OutputFailedError, SourceUnreadableError

STANDARD_INPUT: Final = Path("-")


@contextmanager
def open_source(path: Path) -> Iterator[BinaryIO]:
    """Open a list's file for reading; `-` is standard input.

    Raises:
        SourceUnreadableError: it cannot be opened.
    """
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise SourceUnreadableError(message, hint="Name a readable file.") from error
    with file:
        yield file


@contextmanager
def write_whole(path: Path, *, is_private: bool = False) -> Iterator[BinaryIO]:
    """Write a new file that appears under its name only when it is complete.

    Args:
        path: the name.
        is_private: whether only its owner may read it.

    Raises:
        OutputExistsError: something has that name already.
        OutputFailedError: the disk refused; nothing is left behind.
    """
    if os.path.lexists(path):
        raise _exists(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        mode = 0o600 if is_private else 0o666
        opened = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(opened, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(partial, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        message = f"{path} could not be written: {error.strerror}."
        raise OutputFailedError(message, hint="Free space or name another place.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file for its owner's eyes only and force it to the disk; after a crash it may be there in part.

    Raises:
        OSError: something has that name already, or the disk refused.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder outlast a loss of power.

    Raises:
        OSError: the system refused.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_name(partial: Path, path: Path) -> None:
    """Let a complete file appear under its name, never over a file that appeared there meanwhile."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        partial.rename(path)


def _exists(path: Path) -> OutputExistsError:
    message = f"{path} exists already."
    return OutputExistsError(message, hint="Take another name, or move the old file away.")
