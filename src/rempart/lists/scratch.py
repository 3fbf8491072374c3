"""A database of our own for the time of writing: what is too much for memory waits there."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_SETTINGS: Final = (
    "page_size=4096",
    "encoding='UTF-8'",
    "journal_mode=OFF",
    "synchronous=OFF",
    "cache_size=-32768",
)


@contextmanager
def scratch_file(folder: Path | None) -> Iterator[Path]:
    """Give the name of a file that is nobody else's, and remove it with its folder afterwards.

    Args:
        folder: where; absent: the system's own place for such things.

    Raises:
        OSError: nothing can be made there.
    """
    with TemporaryDirectory(prefix=".rempart-", dir=folder) as made:
        yield Path(made) / "scratch.db"


@contextmanager
def scratch_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a new database within one transaction, which ends with the context.

    Raises:
        OSError: the disk refused.
    """
    # There is no other reason for such an error in a database of our own.
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for setting in _SETTINGS:
                connection.execute(f"pragma {setting}")
            connection.execute("begin")
            yield connection
            connection.execute("commit")
    except sqlite3.OperationalError as cause:
        msg = f"the database could not be written ({cause})"
        raise OSError(errno.EIO, msg) from cause
