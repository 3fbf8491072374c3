"""The root of every error that Rempart raises on purpose.

RempartError
├── UsageError       the caller put it wrongly: exit code 2
├── RefusedError     the input was refused and nothing was changed: exit code 3
└── DamagedError     the store or an index is damaged or locked: exit code 4

Each stage keeps its own classes in its `errors.py`, below one of these three: who can put it right decides.
"""

from typing import ClassVar


class RempartError(Exception):
    """Say what happened, to which thing, and what to do next.

    Attributes:
        code: stable name of the kind of error, in lower case with hyphens.
        message: what happened and to which thing; never a secret or the content of a case.
        hint: what to do next.
        exit_code: what the command line returns.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


class UsageError(RempartError):
    """The call or a setting is wrong; the caller can put it right."""

    code = "usage"
    exit_code = 2


class RefusedError(RempartError):
    """The input was refused as a whole; nothing was changed."""

    code = "refused"
    exit_code = 3


class DamagedError(RempartError):
    """The store or an index is damaged or locked; the operator can put it right."""

    code = "damaged"
    exit_code = 4
