"""Look-ups that the store could not take at once, on the disk of this machine until the keeper takes them in.

One long write, an import of a large list, holds the store for a minute; what is matched meanwhile must be answered,
and must be on record when it is. A journal is a file of lines, each a checksum and the look-ups of one group as JSON,
forced to the disk before anybody is answered. Its writer holds a lock on it; who finds one without may take it in.
What a crash tore off at the end was never answered. Taking in can be cut off and begun again: what is kept already is
left out.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from rempart.model.service import Lookup
from rempart.node.files import sync_folder
from rempart.node.node import OpenNode
from rempart.node.service.recording import record_lookups

_SUFFIX: Final = ".journal"
_DAMAGED: Final = ".damaged"
_SUM_DIGITS: Final = 8
_AT_ONCE: Final = 2_000
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(list[Lookup])


class HistoryJournal:
    """The journal of one process; used from one thread."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is made before it is needed."""
        self._folder = folder
        self._descriptor: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a file that the keeper must leave alone still."""
        return self._descriptor is not None

    def append(self, lookups: Sequence[Lookup]) -> None:
        """Force look-ups to the disk.

        Raises:
            OSError: the disk refused; nothing of them stays in the journal.
        """
        content = _encoder.encode(lookups)
        line = b"%08x %s\n" % (zlib.crc32(content), content)
        descriptor = self._opened()
        end = os.lseek(descriptor, 0, os.SEEK_END)
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fdatasync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise

    def release(self) -> None:
        """Leave what is in the journal to the keeper; what comes next begins a new one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        while self._descriptor is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._folder / f"{uuid4().hex}{_SUFFIX}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            if _is_ours(descriptor, path):
                sync_folder(self._folder)
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        return self._descriptor


def take_in_journals(node: OpenNode) -> int:
    """Bring look-ups from journals that nobody writes any more into the store; return how many.

    Raises:
        RempartError: the store does not take them now; they stay where they are.
    """
    folder = node.folder.history_journals
    taken = 0
    for path in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                if _is_ours(descriptor, path):
                    taken += _take_in(node, path)
            finally:
                os.close(descriptor)
    return taken


def _take_in(node: OpenNode, path: Path) -> int:
    taken = 0
    group: list[Lookup] = []
    is_whole = True
    for lookups in _read(path):
        if lookups is None:
            is_whole = False
            continue
        group += [each for each in lookups if node.store.lookups.get(each.matches[0].id) is None]
        if len(group) >= _AT_ONCE:
            taken += _record(node, group)
            group = []
    taken += _record(node, group)
    if is_whole:
        path.unlink()
    else:
        path.rename(path.with_suffix(_DAMAGED))
    sync_folder(path.parent)
    return taken


def _record(node: OpenNode, lookups: Sequence[Lookup]) -> int:
    if lookups:
        record_lookups(node, node.store, lookups, is_late=True)
    return len(lookups)


def _read(path: Path) -> Iterator[list[Lookup] | None]:
    """Yield each line's look-ups; nothing for one that is not as it was written, but for a torn last one."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _parsed(line[:-1])


def _parsed(line: bytes) -> list[Lookup] | None:
    content = line[_SUM_DIGITS + 1 :]
    if line[: _SUM_DIGITS + 1] != b"%08x " % zlib.crc32(content):
        return None
    try:
        return _decoder.decode(content)
    except msgspec.DecodeError:
        return None


def _is_ours(descriptor: int, path: Path) -> bool:
    """Lock a journal; tell whether that was possible and the file is still the one of that name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
