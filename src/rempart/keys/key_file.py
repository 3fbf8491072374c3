"""The key file on the disk: for its owner's eyes only, whole or absent."""

import contextlib
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rempart.keys.errors import (
    KeyFileDamagedError,
    KeyFileExistsError,
    KeyFileExposedError,
    KeyFileMissingError,
)
from rempart.keys.key_file_text import LARGEST_KEY_FILE_BYTES, key_file_text, parse_key_file
from rempart.keys.sealing import KeyRing

_MODE: Final = 0o600
_OTHERS: Final = 0o077
_ROOT: Final = 0
_RESTORE: Final = (
    "Restore the key file from its backup, or copy it from another machine of the node: without it the secrets"
    " cannot be opened."
)


def read_key_file(path: Path) -> KeyRing:
    """Read the keys of a key file; a link to the file is followed.

    Raises:
        KeyFileMissingError: there is none, or it cannot be read.
        KeyFileExposedError: its group or others have rights on it, or it belongs to another user than this or root.
        KeyFileDamagedError: it is torn, was changed, or belongs to another version.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        message = f"The key file {path} cannot be read: {error.strerror}."
        raise KeyFileMissingError(message, hint=_RESTORE) from error
    try:
        _refuse_exposed(path, os.fstat(descriptor))
        content = os.read(descriptor, LARGEST_KEY_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_KEY_FILE_BYTES or not content.isascii():
        message = f"The key file {path} is damaged: it is too long, or no text."
        raise KeyFileDamagedError(message, hint=_RESTORE)
    try:
        return parse_key_file(content.decode("ascii"))
    except ValueError as error:
        message = f"The key file {path} is damaged: {error}."
        raise KeyFileDamagedError(message, hint=_RESTORE) from error


def create_key_file(path: Path, ring: KeyRing) -> None:
    """Write a new key file, readable by its owner alone; it appears whole or not at all.

    Raises:
        KeyFileExistsError: something has that name already.
        OSError: the system refused; nothing is left behind.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _written_beside(path, ring) as partial:
        try:
            path.hardlink_to(partial)
        except FileExistsError as error:
            message = f"The key file {path} exists already."
            raise KeyFileExistsError(
                message, hint="Keep it: it opens the secrets of a node."
            ) from error
        _sync_folder(path)


def replace_key_file(path: Path, ring: KeyRing) -> None:
    """Put other keys in place of a key file's; whoever reads it meanwhile sees the old keys or the new ones.

    Where the path is a link, the file that it leads to is replaced. The caller holds `key_file_lock`: what a killed
    process was writing is removed, for it holds keys as well.

    Raises:
        OSError: the system refused; the old file stands.
    """
    target = path.resolve(strict=True)
    for left in target.parent.glob(f".{target.name}.*.partial"):
        left.unlink()
    with _written_beside(target, ring) as partial:
        partial.replace(target)
        _sync_folder(target)


@contextmanager
def key_file_lock(path: Path) -> Iterator[None]:
    """Hold the right to change a key file; waits while another process holds it."""
    folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _refuse_exposed(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        message = f"The key file {path} is no ordinary file."
        raise KeyFileMissingError(message, hint=_RESTORE)
    if status.st_uid not in {os.geteuid(), _ROOT}:
        message = f"The key file {path} belongs to another user."
        raise KeyFileExposedError(message, hint=f"Run: chown {os.geteuid()} {path}")
    if status.st_mode & _OTHERS:
        message = f"The key file {path} can be reached by other users of this machine."
        raise KeyFileExposedError(
            message, hint=f"Run: chmod 600 {path}. If others may have read it, rotate the keys."
        )


@contextmanager
def _written_beside(path: Path, ring: KeyRing) -> Iterator[Path]:
    # The number of a thread is that of no other on the machine while it runs.
    partial = path.with_name(f".{path.name}.{threading.get_native_id()}.partial")
    # What a thread of the same number left behind when it was killed is incomplete, and ours to remove.
    with contextlib.suppress(FileNotFoundError):
        partial.unlink()
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key_file_text(ring).encode("ascii"))
            file.flush()
            os.fsync(descriptor)
        yield partial
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()


def _sync_folder(path: Path) -> None:
    """Make a new name outlast a loss of power."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
