"""How much memory the uploads of one worker may take together."""

import threading

from rempart.node.service.errors import BusyError


class UploadMemory:
    """Counts the bytes of uploads that are under way; may be used from several threads."""

    def __init__(self, most_bytes: int) -> None:
        """Set the limit of all uploads together."""
        self._most = most_bytes
        self._used = 0
        self._lock = threading.Lock()

    @property
    def most(self) -> int:
        """Bytes that all may take together."""
        return self._most

    @property
    def used(self) -> int:
        """Bytes that are taken now."""
        return self._used

    def take(self, size: int) -> None:
        """Take bytes before they arrive.

        Raises:
            BusyError: so many are not left; the caller comes again later.
        """
        with self._lock:
            if self._used + size > self._most:
                raise BusyError
            self._used += size

    def give_back(self, size: int) -> None:
        """Give bytes back when their upload is done or given up."""
        with self._lock:
            self._used -= size
