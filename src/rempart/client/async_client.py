"""The client for an event loop."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from rempart.client import connection
from rempart.client.client import torn
from rempart.client.connection import Connection
from rempart.client.errors import ClientError
from rempart.client.methods import AsyncRunner
from rempart.client.operations import Operations
from rempart.client.patience import Came, Retries, Send, converse, reply_of
from rempart.client.requests import Pages, Request, Steps, T


class AsyncClient(Operations, AsyncRunner):
    """Speaks to one service from one event loop. Close it, or use it in an `async with` block."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        tls_context: ssl.SSLContext | None = None,
        allow_plain_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        jitter: Callable[[], float] = connection.jitter,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Join the parts; nothing is sent yet. Arguments and errors as of `Client`."""
        self._connection = Connection(
            base_url=base_url,
            key=key,
            timeout=timeout,
            retries=retries or Retries(),
            tls_context=tls_context,
            allow_plain_http=allow_plain_http,
        )
        self._http = httpx.AsyncClient(transport=transport, **self._connection.settings())
        self._jitter = jitter
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"AsyncClient({self._connection.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, asked: Request[T] | Steps[T]) -> T:
        """Send what is asked, and return the result."""
        if isinstance(asked, Request):
            return await self._one(asked)
        answer: Any = None  # Any: each step knows its own
        error: ClientError | None = None
        while True:
            try:
                step = asked.send(answer) if error is None else asked.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            answer, error = None, None
            try:
                answer = await self._one(step)
            except ClientError as raised:
                error = raised

    async def run_pages(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Yield the records of every page."""
        mark = None
        while True:
            page = await self._one(pages.request(mark))
            for record in pages.records(page):
                yield record
            mark = pages.following(page)
            if mark is None:
                return

    @asynccontextmanager
    async def run_stream(self, request: Request[Any]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Return the answer while it comes."""
        reference = connection.new_reference()
        response = await self._response(request, reference, is_stream=True)
        try:
            yield _parts(response, reference)
        finally:
            await response.aclose()

    async def _one(self, request: Request[T]) -> T:
        reference = connection.new_reference()
        return request.read(reply_of(await self._response(request, reference), reference))

    async def _response(
        self, request: Request[Any], reference: str, *, is_stream: bool = False
    ) -> httpx.Response:
        conversation = converse(
            request, retries=self._connection.retries, jitter=self._jitter, reference=reference
        )
        came: Came = None
        while True:
            try:
                step = conversation.send(came)
            except StopIteration as end:
                response: httpx.Response = end.value
                return response
            if isinstance(step, Send):
                came = await self._sent(step, is_stream=is_stream)
            else:
                await self._sleep(step.seconds)
                came = None

    async def _sent(self, step: Send, *, is_stream: bool) -> Came:
        with self._connection.sent(step, self._http) as request:
            try:
                response = await self._http.send(request, stream=True)
            except httpx.RequestError as error:
                return error
        try:
            if not is_stream or response.status_code not in step.request.statuses:
                await response.aread()
        except httpx.RequestError as error:
            return error
        return response


async def _parts(response: httpx.Response, reference: str) -> AsyncIterator[bytes]:
    try:
        async for part in response.aiter_bytes():
            yield part
    except httpx.RequestError as error:
        raise torn(reference) from error
