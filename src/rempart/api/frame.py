"""The frame around every answer: identifier, secure headers, limits of the head, errors in one shape, figures."""

import time
from typing import Final

from rempart.api.answers import Answer, deliver
from rempart.api.arrival import SCOPE_KEY, Arrival
from rempart.api.asgi import AsgiApplication, Message, Receive, Scope, Send
from rempart.api.bodies import ClientGoneError
from rempart.api.endpoints import OpenService, client_address
from rempart.api.errors import (
    HeadTooLargeError,
    error_body,
    error_headers,
    internal_body,
    status_of,
)
from rempart.api.metrics import Metrics
from rempart.model.errors import DamagedError, RempartError
from rempart.node.errors import IndexNotReadyError
from rempart.node.logs import log_failure, log_request

_SECURE_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NOT_STORED: Final = (b"cache-control", b"no-store")
_OVER_TLS: Final = (b"strict-transport-security", b"max-age=31536000")
_CLOSE: Final = (b"connection", b"close")
_LOGGED: Final = frozenset({"PUT", "PATCH", "DELETE"})
"""Methods whose requests are logged when they succeed, too. Look-ups are counted, and their matches are on record."""


class Frame:
    """Wraps an ASGI application; every request passes through it, also one that finds no address."""

    def __init__(self, inner: AsgiApplication, metrics: Metrics, opened: OpenService) -> None:
        self._inner = inner
        self._metrics = metrics
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        arrival = Arrival.of(scope)
        scope[SCOPE_KEY] = arrival
        framed = _framed(send, arrival, is_secure=scope["scheme"] == "https")
        try:
            self._check_head(arrival)
            await self._inner(scope, receive, framed)
        except ClientGoneError:
            arrival.status = arrival.status or 499
        except Exception as error:
            if arrival.status:
                log_failure("answer-torn", error, request_id=arrival.reference)
                raise  # the head is out: cutting the connection is the only word left
            without_body = scope["method"] == "HEAD"
            await deliver(_error_answer(error, arrival), framed, without_body=without_body)
        finally:
            seconds = time.monotonic() - arrival.begun
            self._metrics.answered(scope["method"], arrival.route, arrival.status, seconds)
            if arrival.error is not None or scope["method"] in _LOGGED:
                _log(scope, arrival, seconds)

    def _check_head(self, arrival: Arrival) -> None:
        limit = self._opened.service.settings.header_bytes
        if arrival.head_bytes > limit:
            raise HeadTooLargeError(limit)


def _log(scope: Scope, arrival: Arrival, seconds: float) -> None:
    log_request(
        request_id=arrival.reference,
        method=scope["method"],
        route=arrival.route,
        status=arrival.status,
        seconds=seconds,
        principal=arrival.principal,
        client=client_address(scope),
        error=arrival.error,
    )


def _framed(send: Send, arrival: Arrival, *, is_secure: bool) -> Send:
    async def framed(message: Message) -> None:
        if message["type"] == "http.response.start":
            arrival.status = message["status"]
            headers = message["headers"] = list(message["headers"])
            headers.append((b"x-request-id", arrival.reference.encode()))
            headers.extend(_SECURE_HEADERS)
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(_NOT_STORED)
            if is_secure:
                headers.append(_OVER_TLS)
            if arrival.has_body_left and _CLOSE not in headers:
                headers.append(_CLOSE)
        await send(message)

    return framed


def _error_answer(error: Exception, arrival: Arrival) -> Answer:
    """Return the answer to a request that failed, and log what is not the caller's doing."""
    if not isinstance(error, RempartError):
        arrival.error = "internal"
        log_failure("request-failed", error, request_id=arrival.reference)
        return Answer(status=500, body=internal_body("internal", arrival.reference))
    arrival.error = error.code
    # What the keeper is still building is no fault: the line of the request names it.
    if isinstance(error, DamagedError) and not isinstance(error, IndexNotReadyError):
        log_failure("request-failed", error, request_id=arrival.reference)
    status = status_of(error)
    return Answer(
        status=status,
        body=error_body(error, arrival.reference),
        headers=error_headers(error, status),
    )
