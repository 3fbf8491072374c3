"""Bodies of requests: read within limits of size and time, and understood completely or refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeVar

import msgspec

from rempart.api.asgi import Receive
from rempart.api.errors import (
    BodyMalformedError,
    BodyTooLargeError,
    BodyTooSlowError,
    MediaTypeError,
    ParameterError,
)

IDLE_SECONDS: Final = 10.0
"""Longest silence within a body."""

_JSON_TYPES: Final = frozenset({b"application/json"})
_MSGPACK_TYPES: Final = frozenset(
    {b"application/msgpack", b"application/x-msgpack", b"application/vnd.msgpack"}
)
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
    if declared is not None and declared > limit:
        raise _too_large(limit)
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    size = 0
    while True:
        try:
            async with asyncio.timeout_at(min(deadline, clock() + IDLE_SECONDS)):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlowError from None
        if message["type"] != "http.request":
            raise ClientGoneError
        part = message["body"]
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if part:
            yield part
        if not message["more_body"]:
            return


async def read_body(receive: Receive, *, declared: int | None, limit: int, seconds: float) -> bytes:
    """Return a whole body; see `body_parts`."""
    parts = [
        part async for part in body_parts(receive, declared=declared, limit=limit, seconds=seconds)
    ]
    return parts[0] if len(parts) == 1 else b"".join(parts)


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
    kind, _, parameters = (content_type or b"").partition(b";")
    name = kind.strip().lower()
    if name in _MSGPACK_TYPES:
        return True
    charset = parameters.strip().lower().replace(b'"', b"")
    if name in _JSON_TYPES and charset in {b"", b"charset=utf-8"}:
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


def _harmless(error: Exception) -> str:
    """Return why decoding failed, where the library says it without the content."""
    return str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        "The body is too large.", hint=f"Send at most {limit} bytes in one request."
    )
