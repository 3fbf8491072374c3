"""Connections to files of SQLite, and which files this process may look into on its own.

POSIX locks belong to a process and a file: whoever closes any descriptor of the file, in any thread, drops every lock
that the process's connections hold on it. Another process that lets go of the store then takes itself for the last one
and removes the journal, into which this one goes on writing: what is committed from then on is lost. So nobody opens
the file of a store beside SQLite while this process has a connection to it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

_guard: Final = threading.Lock()
"""Held while a connection is made, and while the file is looked into: never both at a time."""

_open: Final[dict[int, tuple[int, int] | None]] = {}
"""Which file each open connection is to. Single steps alone change it: a connection may be closed by the collector of
garbage, in the midst of anything."""


class _Connection(sqlite3.Connection):
    """A connection that is known while it is open."""

    def close(self) -> None:
        """Let go of the file."""
        super().close()
        _open.pop(id(self), None)

    def __del__(self) -> None:
        _open.pop(id(self), None)


def connect(path: Path, busy_timeout_seconds: float) -> sqlite3.Connection:
    """Return a new connection to a file that is there.

    Raises:
        sqlite3.Error: the system refused.
    """
    location = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    with _guard:
        connection = sqlite3.connect(
            location,
            uri=True,
            timeout=busy_timeout_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        _open[id(connection)] = _place(path)
    return connection


@contextmanager
def alone_with(path: Path) -> Iterator[bool]:
    """Tell whether this process has no connection to a file; where that is so, it gets none within the block."""
    with _guard:
        place = _place(path)
        yield place is None or place not in _open.values()


def _place(path: Path) -> tuple[int, int] | None:
    """Return which file it is, whatever its name; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
