"""Bodies of requests: read within limits of size and time, and understood completely or refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeVar

import msgspec

from rempart.api.answers import JSON
from rempart.api.asgi import Message, Receive
from rempart.api.errors import (
    BodyMalformedError,
    BodyTooLargeError,
    BodyTooSlowError,
    MediaTypeError,
    ParameterError,
)
from rempart.api.forms import MSGPACK_NAMES

IDLE_SECONDS: Final = 10.0
"""Longest silence within a body."""

_MOST_DIGITS: Final = 18
_Body = TypeVar("_Body")


class ClientGoneError(Exception):
    """The caller closed the connection before the body was whole: there is nobody to answer."""


async def body_parts(
    receive: Receive, *, declared: int | None, limit: int, seconds: float
) -> AsyncIterator[bytes]:
    """Yield a body as it arrives.

    Args:
        receive: of the request.
        declared: what Content-Length says, if anything; refused before a byte is read.
        limit: most bytes, whatever was declared.
        seconds: time for the whole body; between two parts at most `IDLE_SECONDS` may pass.

    Raises:
        BodyTooLargeError: it is longer.
        BodyTooSlowError: it did not arrive in time.
        ClientGoneError: the caller went away.
    """
    arriving = _Arriving(receive, declared=declared, limit=limit, seconds=seconds)
    has_more = True
    while has_more:
        part, has_more = await arriving.next()
        if part:
            yield part


async def read_body(
    receive: Receive,
    *,
    declared: int | None,
    limit: int,
    seconds: float,
    take: Callable[[int], None],
    is_whole: Callable[[], bool] | None = None,
) -> bytes:
    """Return a whole body; see `body_parts`.

    Args:
        receive: of the request.
        declared: what Content-Length says, if anything.
        limit: most bytes.
        seconds: time for the whole body.
        take: is told how many bytes the body has so far, or will have; refuses what there is no memory for.
        is_whole: tells that all of it has arrived: then nothing is waited for, and no clock is set. Absent where
            nobody knows.
    """
    arriving = _Arriving(receive, declared=declared, limit=limit, seconds=seconds)
    take(declared or 0)
    if is_whole is not None and is_whole():
        body, has_more = arriving.taken(await receive())
    else:
        body, has_more = await arriving.next()
    take(len(body))
    if not has_more:
        return body
    parts, size = [body], len(body)
    while has_more:
        part, has_more = await arriving.next()
        size += len(part)
        take(size)
        parts.append(part)
    return b"".join(parts)


class _Arriving:
    """A body on its way, within its limits."""

    __slots__ = ("_deadline", "_left", "_limit", "_loop", "_receive")

    def __init__(
        self, receive: Receive, *, declared: int | None, limit: int, seconds: float
    ) -> None:
        if declared is not None and declared > limit:
            raise _too_large(limit)
        self._receive = receive
        self._limit = self._left = limit
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds

    async def next(self) -> tuple[bytes, bool]:
        """Return the next part, and whether more follow."""
        until = min(self._deadline, self._loop.time() + IDLE_SECONDS)
        try:
            async with asyncio.timeout_at(until):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlowError from None
        return self.taken(message)

    def taken(self, message: Message) -> tuple[bytes, bool]:
        """Return the part in a message, and whether more follow."""
        if message["type"] != "http.request":
            raise ClientGoneError
        part: bytes = message["body"]
        self._left -= len(part)
        if self._left < 0:
            raise _too_large(self._limit)
        return part, message["more_body"]


def declared_length(text: bytes | None) -> int | None:
    """Return what Content-Length says.

    Raises:
        ParameterError: it is no number.
    """
    if text is None:
        return None
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        message = "Content-Length is no number."
        raise ParameterError(message, hint="Send the length in bytes.")
    return int(text)


def is_msgpack(content_type: bytes | None) -> bool:
    """Tell whether a body comes as MessagePack; else it comes as JSON.

    Raises:
        MediaTypeError: it is neither.
    """
    if content_type == JSON:
        return False
    kind, _, parameters = (content_type or b"").partition(b";")
    name = kind.strip().lower()
    if name in MSGPACK_NAMES:
        return True
    charset = parameters.strip().lower().replace(b'"', b"")
    if name == JSON and charset in {b"", b"charset=utf-8"}:
        return False
    message = "The body is in a form that is not taken here."
    raise MediaTypeError(
        message, hint="Send application/json in UTF-8, or application/msgpack where it is offered."
    )


def decode_body(
    decoder: "msgspec.json.Decoder[_Body] | msgspec.msgpack.Decoder[_Body]", body: bytes
) -> _Body:
    """Return what a body says.

    Raises:
        BodyMalformedError: it is torn, of another shape, or holds a value outside its limits.
    """
    try:
        return decoder.decode(body)
    except (
        msgspec.ValidationError
    ) as error:  # names the place and what was expected, never the value
        message = f"The body has not the expected shape: {error}."
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError) as error:
        message = f"The body cannot be decoded: {_harmless(error)}."
    except RecursionError:
        message = "The body is nested too deeply."
    raise BodyMalformedError(message, hint="See the operation in /openapi.json.")


def require_few_objects(body: bytes, most: int) -> None:
    """Refuse JSON with more objects than a request can need, before any of them is made.

    Raises:
        BodyTooLargeError: it has more.
    """
    if body.count(b"{") > most:
        message = "The body holds more records than one request may."
        raise BodyTooLargeError(message, hint="Divide them among several requests.")


def _harmless(error: Exception) -> str:
    """Return why decoding failed, where the library says it without the content."""
    return str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        "The body is too large.", hint=f"Send at most {limit} bytes in one request."
    )
