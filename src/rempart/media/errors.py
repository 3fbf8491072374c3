"""What goes wrong in opening media.

RempartError (rempart.model.errors)
├── UsageError
│   ├── PoolFullError     the pool was given more work than it has room for
│   └── PoolClosedError   the pool was used after it was closed
├── RefusedError
│   ├── PictureError      one file cannot be opened, or not within the limits
│   └── ContainerError    an archive, or one member of it, cannot be opened, or not within the limits
└── DamagedError
    └── WorkerStartError  workers cannot be started on this machine
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, RefusedError, UsageError
from rempart.model.scan import Problem, ProblemKind


class PictureError(RefusedError):
    """Say why one file yields no pixels; nothing else is affected.

    Attributes:
        kind: the reason, from the closed list of `ProblemKind`.
    """

    code: ClassVar[str] = "picture"

    def __init__(self, kind: ProblemKind, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind

    @property
    def problem(self) -> Problem:
        """The same as a value, for a file's record."""
        return Problem(self.kind, self.message, self.hint)


class ContainerError(RefusedError):
    """Say why an archive, a document or a member of it cannot be read, or not further.

    Attributes:
        kind: the reason, from the closed list of `ProblemKind`.
        gave_all: whether every byte was given before, and a checksum alone does not fit them.
    """

    code: ClassVar[str] = "container"

    def __init__(
        self, kind: ProblemKind, message: str, hint: str, *, gave_all: bool = False
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.gave_all = gave_all

    @property
    def problem(self) -> Problem:
        """The same as a value, for the member's or the archive's record."""
        return Problem(self.kind, self.message, self.hint)


class PoolFullError(UsageError):
    """The pool has no free slot: wait for a result before the next submission."""

    code: ClassVar[str] = "pool-full"

    def __init__(self) -> None:
        super().__init__("The pool has no free slot.", hint="Wait for a result first.")


class PoolClosedError(UsageError):
    """The pool was closed; open another."""

    code: ClassVar[str] = "pool-closed"

    def __init__(self) -> None:
        super().__init__("The pool of workers is closed.", hint="Open another one.")


class WorkerStartError(DamagedError):
    """Workers die or fail before they are ready; the message carries what the last one said."""

    code: ClassVar[str] = "worker-start"
