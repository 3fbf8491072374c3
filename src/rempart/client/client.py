"""The client that waits for each answer."""

import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from rempart.client import connection
from rempart.client.connection import Connection
from rempart.client.errors import ClientError, TornAnswerError
from rempart.client.methods import Runner
from rempart.client.operations import Operations
from rempart.client.patience import Came, Retries, Send, converse, reply_of
from rempart.client.requests import Pages, Request, Steps, T


class Client(Operations, Runner):
    """Speaks to one service; may be used from several threads. Close it, or use it in a `with` block."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        tls_context: ssl.SSLContext | None = None,
        allow_plain_http: bool = False,
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] = connection.jitter,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Join the parts; nothing is sent yet.

        Args:
            base_url: address of the service, for example `https://rempart.example:8765`.
            key: an API key.
            timeout: seconds of silence after which an answer is given up.
            retries: when a request is sent again.
            tls_context: trusts further certificates, or shows one; it must check the service's.
            allow_plain_http: whether the key may cross a network unprotected.
            transport: in place of the network.
            jitter: evenly between 0 and 1, spreads waits.
            sleep: waits.

        Raises:
            CallError: the address is none or unsafe, the key has not its form, or the certificate is not checked.
        """
        self._connection = Connection(
            base_url=base_url,
            key=key,
            timeout=timeout,
            retries=retries or Retries(),
            tls_context=tls_context,
            allow_plain_http=allow_plain_http,
        )
        self._http = httpx.Client(transport=transport, **self._connection.settings())
        self._jitter = jitter
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Client({self._connection.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, asked: Request[T] | Steps[T]) -> T:
        """Send what is asked, and return the result."""
        if isinstance(asked, Request):
            return self._one(asked)
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
                answer = self._one(step)
            except ClientError as raised:
                error = raised

    def run_pages(self, pages: Pages[T]) -> Iterator[T]:
        """Yield the records of every page."""
        mark = None
        while True:
            page = self._one(pages.request(mark))
            yield from pages.records(page)
            mark = pages.following(page)
            if mark is None:
                return

    @contextmanager
    def run_stream(self, request: Request[Any]) -> Generator[Iterator[bytes]]:
        """Return the answer while it comes."""
        reference = connection.new_reference()
        response = self._response(request, reference, is_stream=True)
        try:
            yield _parts(response, reference)
        finally:
            response.close()

    def _one(self, request: Request[T]) -> T:
        reference = connection.new_reference()
        return request.read(reply_of(self._response(request, reference), reference))

    def _response(
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
                came = self._sent(step, is_stream=is_stream)
            else:
                self._sleep(step.seconds)
                came = None

    def _sent(self, step: Send, *, is_stream: bool) -> Came:
        with self._connection.sent(step, self._http) as request:
            try:
                response = self._http.send(request, stream=True)
            except httpx.RequestError as error:
                return error
        try:
            if not is_stream or response.status_code not in step.request.statuses:
                response.read()
        except httpx.RequestError as error:
            return error
        return response


def _parts(response: httpx.Response, reference: str) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes()
    except httpx.RequestError as error:
        raise torn(reference) from error


def torn(reference: str) -> TornAnswerError:
    """Return the error for a stream that ended before its end."""
    return TornAnswerError(
        "The answer ended before its end.",
        hint="Throw away what came of it, and ask again.",
        reference=reference,
    )
