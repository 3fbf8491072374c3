"""Errors of the service's gate.

RempartError
├── UsageError
│   └── UnauthenticatedError    401  no key, or none that holds; which of these is not said
└── RefusedError
    ├── ForbiddenError          403  the caller's roles do not allow this
    └── UseLimitError           429  too much was asked; says when to come again
        ├── PaceError                too many requests in a short time
        └── BudgetError              the queries of this day are used up

A list outside a caller's scope is answered as one that does not exist: `list_unknown`, 404.
"""

from typing import ClassVar

from rempart.model.errors import RefusedError, UsageError
from rempart.node.errors import ListUnknownError


class UnauthenticatedError(UsageError):
    """The caller showed no key, or none that holds: unknown, expired, revoked and mistyped keys look alike."""

    code: ClassVar[str] = "unauthenticated"

    def __init__(self) -> None:
        super().__init__(
            "The request carries no key that holds.",
            hint="Send `Authorization: Bearer` with a key; the operator makes one with `rempart keys create`.",
        )


class ForbiddenError(RefusedError):
    """The caller's roles do not allow this."""

    code: ClassVar[str] = "forbidden"

    def __init__(self, action: str) -> None:
        super().__init__(
            f"The caller may not do this: {action}.",
            hint="Use a key with another role, or ask the operator for one.",
        )


class UseLimitError(RefusedError):
    """Too much was asked.

    Attributes:
        retry_after_seconds: when to come again, counted from now; at least 1.
    """

    code: ClassVar[str] = "use-limit"

    def __init__(self, message: str, *, hint: str, retry_after_seconds: int) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class PaceError(UseLimitError):
    """Too many requests in a short time."""

    code = "pace"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "Too many requests in a short time.",
            hint=f"Come again in {retry_after_seconds} s, or send more queries in one request.",
            retry_after_seconds=retry_after_seconds,
        )


class BudgetError(UseLimitError):
    """The queries of this day are used up."""

    code = "budget"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "What is left of the key's queries for this day is less than was asked.",
            hint="The budget is renewed at midnight UTC; the operator can give the key a larger one.",
            retry_after_seconds=retry_after_seconds,
        )


def list_unknown(name: str) -> ListUnknownError:
    """Return the one error for a list that is not there and for one that the caller may not know of."""
    return ListUnknownError(f"There is no list {name}.", hint="Ask for the lists that you may see.")
