"""Errors of what HMA's clients ask; each has the status that they expect.

RempartError
├── UsageError
│   └── HmaError                 the request cannot be answered as it stands
│       ├── BadRequestError      400: a value is not what it must be
│       ├── MissingFieldsError   422: fields are missing or of another type; told as an array
│       ├── NameTakenError       403: a bank or exchange of that name already exists
│       └── NotThereError        404: no such bank, content or exchange
└── RefusedError
    └── FetchError
        ├── FetchRefusedError    400: this node does not fetch from there
        └── FetchFailedError     400: the other side did not give what was asked for
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rempart.model.errors import RefusedError, UsageError


class HmaError(UsageError):
    """The request cannot be answered as it stands.

    Attributes:
        status: status code that HMA's clients expect.
    """

    code: ClassVar[str] = "hma-request"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, hint: str = "See the guide on replacing HMA.") -> None:
        super().__init__(message, hint=hint)


class BadRequestError(HmaError):
    """A value is not what it must be."""

    code: ClassVar[str] = "hma-value"


class NameTakenError(HmaError):
    """A bank or an exchange of that name already exists; the message says so in the words clients look for."""

    code: ClassVar[str] = "hma-name-taken"
    status: ClassVar[int] = 403


class NotThereError(HmaError):
    """There is no such bank, content or exchange, or the caller's key does not reach it."""

    code: ClassVar[str] = "hma-not-there"
    status: ClassVar[int] = 404


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is missing or of another type.

    Attributes:
        name: of the field.
        type: stable name of the problem: `missing`, `string_type`, `float_parsing`, `bool_parsing`.
        message: what is expected.
    """

    name: str
    type: str
    message: str


class MissingFieldsError(HmaError):
    """Fields are missing or of another type."""

    code: ClassVar[str] = "hma-fields"
    status: ClassVar[int] = 422

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        names = ", ".join(each.name for each in problems)
        super().__init__(f"Fields are missing or of another type: {names}.")
        self.problems = tuple(problems)


class FetchError(RefusedError):
    """Media could not be fetched from a URL.

    Attributes:
        status: status code that HMA's clients expect.
    """

    code: ClassVar[str] = "fetch"
    status: ClassVar[int] = 400


class FetchRefusedError(FetchError):
    """This node does not fetch from there: the host is not allowed, or its address is not public."""

    code: ClassVar[str] = "fetch-refused"


class FetchFailedError(FetchError):
    """The other side did not give what was asked for within the limits."""

    code: ClassVar[str] = "fetch-failed"


class FetchTooLargeError(FetchFailedError):
    """The other side gave more bytes than the limit."""

    code: ClassVar[str] = "fetch-too-large"
    status: ClassVar[int] = 413
