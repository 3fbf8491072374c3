"""Count what lies below the roots, beside the scan, so that the time left can be told."""

import os
import stat
import threading
from collections.abc import Sequence


class Census:
    """Counts files and bytes in a thread of its own; it opens nothing and follows no link."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        """Begin to count."""
        self._roots = roots
        self._files = 0
        self._size_bytes = 0
        self._is_done = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._count, name="census", daemon=True)
        self._thread.start()

    @property
    def files(self) -> int | None:
        """How many files there are; absent while the count goes on."""
        return self._files if self._is_done else None

    @property
    def size_bytes(self) -> int | None:
        """How many bytes they have; absent while the count goes on."""
        return self._size_bytes if self._is_done else None

    def close(self) -> None:
        """Stop counting."""
        self._is_stopped = True
        self._thread.join()

    def _count(self) -> None:
        pending = list(self._roots)
        while pending and not self._is_stopped:
            path = pending.pop()
            try:
                with os.scandir(path) as inside:
                    for each in inside:
                        if each.is_dir(follow_symlinks=False):
                            pending.append(each.path)
                        else:
                            self._add(each.stat(follow_symlinks=False))
            except NotADirectoryError:
                self._add_path(path)
            except OSError:
                self._files += 1  # the scan will say why it cannot be read
        self._is_done = not self._is_stopped

    def _add_path(self, path: bytes) -> None:
        try:
            self._add(os.stat(path))  # noqa: PTH116 - paths are bytes here
        except OSError:
            self._files += 1

    def _add(self, status: os.stat_result) -> None:
        self._files += 1
        if stat.S_ISREG(status.st_mode):
            self._size_bytes += status.st_size
