"""What an operation answers, and how it goes out: whole, or as a stream that a slow reader cannot hold up for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from rempart.api.asgi import Send

JSON: Final = b"application/json"
MSGPACK: Final = b"application/msgpack"

_SLOW_READER_SECONDS: Final = 30.0
"""How long one part of a stream may wait for its reader, and how far behind the slowest pace a reader may fall."""

_SLOWEST_BYTES: Final = 128 * 1024
"""Bytes of a stream that its reader takes in a second of waiting at least: it holds a snapshot of the store."""

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.

    Attributes:
        body: empty for 204 and 304.
        headers: besides type and length.
        closes: whether the connection ends with it: the rest of the request's body is not wanted.
    """

    status: int
    body: bytes = b""
    media_type: bytes = JSON
    headers: Headers = ()
    closes: bool = False


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """An answer that is made while it goes out.

    Attributes:
        first: its first part, made before the head goes out: a mistake that shows there has its own status.
        rest: the parts after it. When it fails, the connection is cut, so that the reader sees a torn answer.
        close: called in the end, whether or not all of it went out.
    """

    first: bytes
    rest: AsyncIterator[bytes]
    media_type: bytes
    close: Callable[[], None]
    headers: Headers = ()


def json_answer(
    value: object,
    *,
    status: int = 200,
    headers: Headers = (),
) -> Answer:
    """Return a value of our own shapes as a JSON answer."""
    return Answer(status=status, body=msgspec.json.encode(value), headers=headers)


async def deliver(answer: Answer | StreamedAnswer, send: Send, *, without_body: bool) -> None:
    """Send an answer; for a HEAD request its head alone."""
    if isinstance(answer, StreamedAnswer):
        try:
            await _deliver_stream(answer, send, without_body=without_body)
        finally:
            answer.close()
        return
    headers = list(answer.headers)
    if answer.status not in {204, 304}:
        headers.append((b"content-type", answer.media_type))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.closes:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send(
        {
            "type": "http.response.body",
            "body": b"" if without_body else answer.body,
            "more_body": False,
        }
    )


async def _deliver_stream(answer: StreamedAnswer, send: Send, *, without_body: bool) -> None:
    headers = [*answer.headers, (b"content-type", answer.media_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if not without_body:
        reader = _Reader(send)
        await reader.give(answer.first)
        async for part in answer.rest:
            await reader.give(part)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Reader:
    """Whom a stream goes to: only what it makes the stream wait counts, never the making of the next part."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._taken = 0
        self._waited = 0.0

    async def give(self, part: bytes) -> None:
        """Send a part.

        Raises:
            TimeoutError: the reader is too slow, in this part or in all of them together.
        """
        behind = self._waited - self._taken / _SLOWEST_BYTES
        if behind >= _SLOW_READER_SECONDS:
            raise TimeoutError
        began = time.monotonic()
        async with asyncio.timeout(_SLOW_READER_SECONDS - max(0.0, behind)):
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
        self._waited += time.monotonic() - began
        self._taken += len(part)
