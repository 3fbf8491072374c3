"""What one request takes of the memory that a worker has for bodies."""

from types import TracebackType
from typing import Self

from rempart.node.service import UploadMemory


class Memory:
    """What one request takes of the memory for bodies."""

    def __init__(self, shared: UploadMemory) -> None:
        self._shared = shared
        self._taken = 0

    def take(self, size: int) -> None:
        """Take bytes, as far as they are not taken already; what needs more than there is takes all of it.

        Raises:
            BusyError: so many are not left.
        """
        wanted = min(size, self._shared.most)
        missing = wanted - self._taken
        if missing > 0:
            self._shared.take(missing)
            self._taken = wanted

    def give_back(self) -> None:
        """Give all of it back."""
        self._shared.give_back(self._taken)
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()
