"""Errors of the service.

RempartError
├── UsageError
│   └── QueryRefusedError    a query has not its form: the message names the place
└── DamagedError
    └── BusyError            too many requests wait already: come again

The gate's own stand in `gate_errors`.
"""

from typing import ClassVar

from rempart.model.errors import DamagedError, UsageError


class QueryRefusedError(UsageError):
    """A query has not its form."""

    code: ClassVar[str] = "query-refused"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}.", hint="Correct it and send the request again.")


class BusyError(DamagedError):
    """Too many requests wait already."""

    code: ClassVar[str] = "busy"

    def __init__(self) -> None:
        super().__init__("Too many requests wait already.", hint="Come again in a moment.")
