"""Errors of matching.

UsageError, RefusedError, DamagedError (rempart.model.errors)
├── SearchKernelError       (UsageError)     REMPART_KERNEL names a kernel that cannot run here
├── DuplicateIdError        (RefusedError)   an id is already in the index, or stands twice in one call
├── UnknownIdError          (RefusedError)   an id is not in the index
└── SnapshotDamagedError    (DamagedError)   a snapshot file is not what was written; rebuild it from the store
    └── SnapshotOutdatedError                another version wrote the index
"""

import os
from typing import ClassVar

from rempart._native.kernel_choice import KernelUnavailableError
from rempart.model.errors import DamagedError, RefusedError, UsageError


class SearchKernelError(UsageError, KernelUnavailableError):
    """REMPART_KERNEL names a kernel that this processor or build cannot run; nothing else runs instead."""

    code: ClassVar[str] = "search-kernel"


class DuplicateIdError(RefusedError, ValueError):
    """An id to be added is present already, or stands twice in one call; nothing was changed."""

    code: ClassVar[str] = "duplicate-id"

    def __init__(self, identifier: int) -> None:
        super().__init__(
            f"Id {identifier} is in the index already, or twice in this call.",
            hint="Remove it first, or give each entry an id of its own.",
        )
        self.identifier = identifier


class UnknownIdError(RefusedError, KeyError):
    """An id to be removed is absent, or stands twice in one call; nothing was changed."""

    code: ClassVar[str] = "unknown-id"
    __str__ = Exception.__str__  # KeyError would print the message in quotes

    def __init__(self, identifier: int) -> None:
        super().__init__(
            f"Id {identifier} is not in the index, or twice in this call.",
            hint="Remove only ids that were added and not yet removed.",
        )
        self.identifier = identifier


class SnapshotDamagedError(DamagedError):
    """A snapshot file is torn, altered, of another version or not a snapshot; nothing of it is used."""

    code: ClassVar[str] = "snapshot-damaged"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(
            f"The index snapshot {os.fspath(path)!r} cannot be used: {reason}.",
            hint="Rebuild the index from the store and save it again.",
        )
        self.reason = reason


class SnapshotOutdatedError(SnapshotDamagedError):
    """A snapshot was written by another version of Rempart; it is whole, and of no use."""

    code: ClassVar[str] = "snapshot-outdated"
