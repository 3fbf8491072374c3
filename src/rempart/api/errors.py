"""Errors of the HTTP service, and the one shape in which every error leaves it.

RempartError
└── UsageError
    └── RequestError                the request itself is wrong; the caller can put it right
        ├── BodyMalformedError      400  the body is not what the operation takes
        ├── ParameterError          400  a parameter or header is missing, unknown or has not its form
        ├── CursorError             400  the cursor was not made by this service for this question
        ├── PathUnknownError        404  there is nothing at this address
        ├── MethodUnknownError      405  the address does not know this method
        ├── NotAcceptableError      406  none of the forms that the caller accepts is offered
        ├── BodyTooSlowError        408  the body did not arrive in time
        ├── PreconditionError       412  the record is no longer what the caller saw
        ├── BodyTooLargeError       413  the body or one of its parts is larger than allowed
        ├── MediaTypeError          415  the body is in a form that is not taken here
        └── HeadTooLargeError       431  the head of the request is larger than allowed

The status of every other error stands in `status_of`, by its stable code and by who can put it right.
"""

from typing import ClassVar, Final

import msgspec

from rempart.api.answers import Headers
from rempart.model.errors import DamagedError, RefusedError, RempartError, UsageError


class RequestError(UsageError):
    """The request itself is wrong; the caller can put it right."""

    code: ClassVar[str] = "request"
    status: ClassVar[int] = 400


class BodyMalformedError(RequestError):
    """The body is not what the operation takes."""

    code = "body-malformed"


class ParameterError(RequestError):
    """A parameter or header is missing, unknown or has not its form."""

    code = "parameter"


class CursorError(RequestError):
    """The cursor was not made by this service for this question."""

    code = "cursor"


class PathUnknownError(RequestError):
    """There is nothing at this address."""

    code = "path-unknown"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "There is nothing at this address.", hint="See /openapi.json for every address."
        )


class MethodUnknownError(RequestError):
    """The address does not know this method."""

    code = "method-unknown"
    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__("The address does not know this method.", hint=f"Use one of: {allowed}.")
        self.allowed = allowed


class NotAcceptableError(RequestError):
    """None of the forms that the caller accepts is offered."""

    code = "not-acceptable"
    status = 406


class BodyTooSlowError(RequestError):
    """The body did not arrive in time."""

    code = "body-too-slow"
    status = 408

    def __init__(self) -> None:
        super().__init__(
            "The body did not arrive in time.", hint="Send it again, or send less at a time."
        )


class PreconditionError(RequestError):
    """The record is no longer what the caller saw."""

    code = "precondition"
    status = 412

    def __init__(self) -> None:
        super().__init__(
            "The record is no longer what If-Match names; nothing was changed.",
            hint="Read it again, and repeat the change with its new ETag.",
        )


class BodyTooLargeError(RequestError):
    """The body or one of its parts is larger than allowed."""

    code = "body-too-large"
    status = 413


class MediaTypeError(RequestError):
    """The body is in a form that is not taken here."""

    code = "media-type"
    status = 415


class HeadTooLargeError(RequestError):
    """The head of the request is larger than allowed."""

    code = "head-too-large"
    status = 431

    def __init__(self, limit: int) -> None:
        super().__init__(
            "The head of the request is too large.", hint=f"Send at most {limit} bytes of headers."
        )


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong.

    Attributes:
        kind: stable name of the kind of error.
        message: what happened, and to which thing.
        hint: what to do next.
        reference: the request's identifier, under which the operator finds it in the logs.
    """

    kind: str
    message: str
    hint: str
    reference: str


class ErrorBody(msgspec.Struct, frozen=True):
    """The one shape of every error."""

    error: ErrorDetail


_STATUS_BY_CODE: Final = {
    "unauthenticated": 401,
    "forbidden": 403,
    "budget": 429,
    "pace": 429,
    "record-unknown": 404,
    "list-unknown": 404,
    "leaf-unknown": 404,
    "leaf-erased": 409,
    "context-refused": 400,
    "law-argument": 400,
    "draft-refused": 400,
    "write-misuse": 409,
    "busy": 503,
    "store-locked": 503,
    "store-unavailable": 503,
}
_STATUS_BY_CLASS: Final = ((UsageError, 400), (RefusedError, 409), (DamagedError, 503))
_UNAUTHENTICATED: Final = 401
_INTERNAL: Final = 500
_UNAVAILABLE: Final = 503


def status_of(error: RempartError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, RequestError):
        return error.status
    by_code = _STATUS_BY_CODE.get(error.code)
    if by_code is not None:
        return by_code
    return next((status for kind, status in _STATUS_BY_CLASS if isinstance(error, kind)), _INTERNAL)


def error_headers(error: RempartError, status: int) -> Headers:
    """Return the headers of an error that is answered with a status.

    They say which methods there are, that a key is wanted, and when to come again.
    """
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, MethodUnknownError):
        headers.append((b"allow", error.allowed.encode()))
    if status == _UNAUTHENTICATED:
        headers.append((b"www-authenticate", b'Bearer realm="rempart"'))
    seconds = getattr(error, "retry_after_seconds", None)
    if seconds is None and status == _UNAVAILABLE:
        seconds = 1  # soon
    if seconds is not None:
        headers.append((b"retry-after", str(max(1, int(seconds))).encode()))
    return tuple(headers)


def error_body(error: RempartError, reference: str) -> bytes:
    """Return an error as the JSON of the one shape.

    An error that only the operator can put right says nothing of the inside: its message may name a path.
    """
    if status_of(error) == _INTERNAL or isinstance(error, DamagedError):
        return internal_body(error.code, reference)
    return _encoded(error.code, error.message, error.hint, reference)


def internal_body(kind: str, reference: str) -> bytes:
    """Return the JSON of an error whose cause is the operator's business."""
    return _encoded(
        kind,
        "The service could not do this now.",
        "Try again later; if it happens again, give the operator the reference.",
        reference,
    )


def _encoded(kind: str, message: str, hint: str, reference: str) -> bytes:
    # What a caller sent may come back in a message: lone surrogates have no UTF-8.
    clean = message.encode(errors="replace").decode()
    detail = ErrorDetail(kind=kind, message=clean, hint=hint, reference=reference)
    return msgspec.json.encode(ErrorBody(detail))
