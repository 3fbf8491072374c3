"""Patience: when a request is sent again, and after which wait, so that a worker that dies loses none.

Every request may be sent again: reading changes nothing, and a write carries an Idempotency-Key under which it is
done once. A look-up whose answer was lost may stand in the history twice, and be charged twice.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import httpx
import msgspec

from rempart.client.errors import (
    AnswerError,
    ServiceError,
    UnreachableError,
    error_class,
)
from rempart.client.requests import Reply, Request

REQUEST_ID: Final = "x-request-id"
_COME_AGAIN: Final = frozenset({429, 502, 503, 504})
_LEAST: Final = 0.5
_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request is sent, and how long is waited in between.

    Attributes:
        tries: most times, the first included.
        first_wait_seconds: before the second try; it doubles with each.
        longest_wait_seconds: beyond which nobody waits: a longer Retry-After is answered with the error at once.
    """

    tries: int = 6
    first_wait_seconds: float = 0.05
    longest_wait_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Send:
    """To be sent now; the runner gives back the answer, or what came in its place."""

    request: Request[Any]
    reference: str


@dataclass(frozen=True, slots=True)
class Wait:
    """To be waited for now."""

    seconds: float


Came: TypeAlias = httpx.Response | httpx.RequestError | None
Conversation: TypeAlias = Generator[Send | Wait, Came, httpx.Response]


class _Detail(msgspec.Struct, frozen=True):
    kind: str
    message: str
    hint: str
    reference: str


class _ErrorBody(msgspec.Struct, frozen=True):
    error: _Detail


_errors: Final = msgspec.json.Decoder(_ErrorBody)


def converse(
    request: Request[Any], *, retries: Retries, jitter: Callable[[], float], reference: str
) -> Conversation:
    """Yield what is to be done for one request, and return the answer that is no error.

    Args:
        request: what is asked.
        retries: how often.
        jitter: evenly between 0 and 1: spreads those who were all cut off at one moment.
        reference: identifier of the request, the same for every try.

    Raises:
        ServiceError: the service answered with an error that waiting does not mend, or not soon enough.
        UnreachableError: no answer came.
        AnswerError: what came is none.
    """
    for attempt in range(1, retries.tries + 1):
        came = yield Send(request, reference)
        if isinstance(came, httpx.Response) and came.status_code in request.statuses:
            return came
        error = _error(came, reference)
        asked = error.retry_after_seconds if isinstance(error, ServiceError) else None
        is_last = attempt == retries.tries or (asked or 0) > retries.longest_wait_seconds
        if is_last or not _is_worth_another_try(came):
            raise error from (came if isinstance(came, Exception) else None)
        backoff = min(retries.longest_wait_seconds, retries.first_wait_seconds * 2 ** (attempt - 1))
        spread = backoff * (_LEAST + (1 - _LEAST) * jitter())
        yield Wait(spread if asked is None else asked + spread)
    message = "The client is told to send nothing."
    raise UnreachableError(message, hint="Allow at least one try.")


def reply_of(response: httpx.Response, reference: str) -> Reply:
    """Return a whole answer."""
    return Reply(
        status=response.status_code,
        headers=response.headers,
        content=response.content,
        reference=response.headers.get(REQUEST_ID, reference),
    )


def _is_worth_another_try(came: Came) -> bool:
    """Tell whether the same request may fare better in a moment.

    A service that took the whole time without a word is not asked again: it would have the work twice.
    """
    if isinstance(came, httpx.Response):
        return came.status_code in _COME_AGAIN
    if isinstance(came, httpx.TimeoutException):
        return isinstance(came, httpx.ConnectTimeout | httpx.PoolTimeout)
    return isinstance(came, httpx.NetworkError | httpx.RemoteProtocolError)


def _error(came: Came, reference: str) -> ServiceError | UnreachableError | AnswerError:
    if not isinstance(came, httpx.Response):
        return UnreachableError(
            f"The service gave no answer ({type(came).__name__}).",
            hint="Check the address, the network and the service; then send it again.",
            reference=reference,
        )
    status = came.status_code
    reference = came.headers.get(REQUEST_ID, reference)
    if status < 400:  # noqa: PLR2004 - below stands what is no error, and is not followed
        return AnswerError(
            f"The answer has the status {status}, which the operation does not know.",
            hint="Give the address of the service itself: redirects are not followed.",
            reference=reference,
        )
    try:
        detail = _errors.decode(came.content).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        detail = _Detail(
            kind=f"http-{status}",
            message=f"The service, or a proxy before it, answered with the status {status}.",
            hint="Check the address, and what stands between the client and the service.",
            reference=reference,
        )
    return error_class(status)(
        detail.message,
        hint=detail.hint,
        kind=detail.kind,
        reference=detail.reference,
        status=status,
        retry_after_seconds=_seconds(came.headers.get("retry-after")),
    )


def _seconds(given: str | None) -> int | None:
    """Return what Retry-After says in seconds; a date in it is left to the back-off."""
    if given is None or not (given.isascii() and given.isdigit()) or len(given) > _MOST_DIGITS:
        return None
    return int(given)
