"""Errors of the client: every one carries kind, message, hint and reference.

RempartError
└── ClientError
    ├── CallError                      the call is wrong; nothing was sent           also a UsageError
    ├── UnreachableError               no answer came, however often it was tried    also a DamagedError
    ├── AnswerError                    what came is no answer of this service        also a DamagedError
    │   └── TornAnswerError            an answer ended before its end
    └── ServiceError                   the service answered with an error
        ├── BadRequestError            4xx  the request is wrong                     also a UsageError
        │   ├── UnauthenticatedError   401  no key that holds
        │   ├── NotFoundError          404  no such record, or not for this key
        │   └── TooLargeError          413  the request is too large
        ├── RefusedRequestError             understood and refused                   also a RefusedError
        │   ├── ForbiddenError         403  the key may not do this
        │   ├── ConflictError          409  contradicts the present state
        │   ├── PreconditionError      412  the record is no longer what was seen
        │   └── LimitError             429  pace or budget is used up
        └── UnavailableError           5xx  the service cannot do it now             also a DamagedError
"""

from typing import ClassVar, Final

from rempart.model.errors import DamagedError, RefusedError, RempartError, UsageError


class ClientError(RempartError):
    """A call of the service did not give what it was made for.

    Attributes:
        kind: stable name of what went wrong: the service's own word where it answered with an error.
        reference: identifier of the request, by which the operator finds it in the logs; absent where none was sent.
    """

    code: ClassVar[str] = "client"
    exit_code: ClassVar[int] = DamagedError.exit_code

    def __init__(
        self, message: str, *, hint: str, kind: str | None = None, reference: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind or self.code
        self.reference = reference


class CallError(ClientError, UsageError):
    """The call is wrong; nothing was sent."""

    code = "client-call"
    exit_code = UsageError.exit_code


class UnreachableError(ClientError, DamagedError):
    """No answer came, however often it was tried."""

    code = "client-unreachable"


class AnswerError(ClientError, DamagedError):
    """What came is no answer of this service."""

    code = "client-answer"


class TornAnswerError(AnswerError):
    """An answer ended before its end: throw away what came of it."""

    code = "client-answer-torn"


class ServiceError(ClientError):
    """The service answered with an error.

    Attributes:
        status: HTTP status of the answer.
        retry_after_seconds: when to come again, counted from the answer; absent where the service does not say.
    """

    code = "client-service"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        kind: str | None = None,
        reference: str | None = None,
        status: int,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, kind=kind, reference=reference)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class BadRequestError(ServiceError, UsageError):
    """The request is wrong."""

    code = "client-bad-request"
    exit_code = UsageError.exit_code


class UnauthenticatedError(BadRequestError):
    """The key does not hold: it is missing, unknown, expired or revoked."""

    code = "client-unauthenticated"


class NotFoundError(BadRequestError):
    """There is no such record, or the key may not see it."""

    code = "client-not-found"


class TooLargeError(BadRequestError):
    """The request is too large."""

    code = "client-too-large"


class RefusedRequestError(ServiceError, RefusedError):
    """The request was understood and refused; nothing was changed."""

    code = "client-refused"
    exit_code = RefusedError.exit_code


class ForbiddenError(RefusedRequestError):
    """The key may not do this."""

    code = "client-forbidden"


class ConflictError(RefusedRequestError):
    """The request contradicts the present state."""

    code = "client-conflict"


class PreconditionError(RefusedRequestError):
    """The record is no longer what was seen."""

    code = "client-precondition"


class LimitError(RefusedRequestError):
    """The key's pace or budget is used up."""

    code = "client-limit"


class UnavailableError(ServiceError, DamagedError):
    """The service, or a proxy before it, cannot do this now."""

    code = "client-unavailable"


_BY_STATUS: Final[dict[int, type[ServiceError]]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionError,
    413: TooLargeError,
    429: LimitError,
}
_FIRST_OF_SERVER: Final = 500


def error_class(status: int) -> type[ServiceError]:
    """Return the class of an error that the service answered with."""
    if status >= _FIRST_OF_SERVER:
        return UnavailableError
    return _BY_STATUS.get(status, BadRequestError)
