"""The application: every operation behind one frame, over one service that opens and ends with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, types
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler

from rempart.api.asgi import AsgiApplication, Receive, Scope, Send
from rempart.api.endpoints import Endpoint, OpenService
from rempart.api.errors import MethodUnknownError, PathUnknownError, RequestError
from rempart.api.frame import Frame
from rempart.api.hma import HmaApplication, take, taken
from rempart.api.metrics import Metrics
from rempart.api.openapi import description_operation
from rempart.api.operations import Operation
from rempart.api.routes import every_operation
from rempart.node import NodeFolder
from rempart.node.hma import HmaService
from rempart.node.logs import log_event
from rempart.node.service import Service
from rempart.node.settings import Settings

_METHODS: Final = list(HttpMethod)
_INDEX_SECONDS: Final = 240.0
"""How long a start waits for the index; then all but matching is answered, and `/health/ready` says what is missing."""
_INDEX_POLL_SECONDS: Final = 0.05


class Application:
    """An ASGI application: Litestar routes and runs it, our frame goes around it.

    Addresses without a name in them are found without the router, which costs a fifth of a small look-up.
    """

    def __init__(self, opening: Callable[[], Service]) -> None:
        """Declare everything; the service opens when the application starts."""
        self._opening = opening
        self._opened = OpenService()
        self.metrics: Final = Metrics()
        operations = every_operation(self.metrics)
        self.operations: Final = (*operations, description_operation(operations))
        endpoints = _endpoints(self.operations, self._opened)
        self._plain = {each.path: each for each in endpoints if "{" not in each.path}
        self._litestar = Litestar(
            [_handler(each) for each in endpoints],
            openapi_config=None,
            lifespan=[lambda _: self.lifespan()],
            exception_handlers={Exception: _raise_again},
            logging_config=None,
        )
        # Its own types name every key of a scope; ours let us add one.
        self._router = cast("AsgiApplication", self._litestar)
        self._hma = HmaApplication(self._opened, self.metrics)
        self._frame = Frame(self._route, self.metrics, self._opened)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end."""
        if scope["type"] == "http":
            take(scope)  # first of all: a token in the address must not reach a log
            await self._frame(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._plain.get(scope["path"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
        elif taken(scope) is not None:
            await self._hma(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Open the service at the start, and close it in the end."""
        service = await asyncio.to_thread(self._opening)
        try:
            self._hma.open(await asyncio.to_thread(HmaService, service))
            await _until_it_can_match(service)
            self._opened.set(service)
            yield
        finally:
            self._opened.set(None)
            await asyncio.to_thread(service.close)


async def _until_it_can_match(service: Service) -> None:
    """Wait for the index that the keeper builds, so that a service that says it serves does; not for ever."""
    loop = asyncio.get_running_loop()
    last = loop.time() + _INDEX_SECONDS
    if service.live.waits_for is not None:
        log_event("index-awaited", seconds=_INDEX_SECONDS)
    while service.live.waits_for is not None:
        if loop.time() >= last:
            log_event("index-missing", level=logging.WARNING, seconds=_INDEX_SECONDS)
            return
        await asyncio.sleep(_INDEX_POLL_SECONDS)


def create_application(folder: NodeFolder, settings: Settings) -> Application:
    """Return the ASGI application of one worker; the supervisor calls this by its name.

    Args:
        folder: of the node; its service is opened when the application starts, in the process that will answer.
        settings: as the supervisor read them.
    """

    def opening() -> Service:
        service = Service.open(folder, settings)
        service.warm_up()
        return service

    return Application(opening)


def _endpoints(operations: Iterable[Operation], opened: OpenService) -> Sequence[Endpoint]:
    by_path = sorted(operations, key=lambda each: each.path)
    return [
        Endpoint(path, group, opened) for path, group in groupby(by_path, lambda each: each.path)
    ]


def _handler(endpoint: Endpoint) -> HTTPRouteHandler:
    """Return what Litestar routes to an endpoint, whatever the method: the endpoint knows its own."""

    async def answer() -> types.ASGIApp:
        return cast("types.ASGIApp", endpoint)

    path = endpoint.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=_METHODS, status_code=200)(answer)


def _raise_again(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:  # Any: unused
    """Hand an error to the frame, which answers every one in the same shape."""
    if isinstance(error, NotFoundException):
        raise PathUnknownError from None
    if isinstance(error, MethodNotAllowedException):
        raise MethodUnknownError(", ".join(_METHODS)) from None
    if isinstance(error, HTTPException):
        message = "The request is not understood."
        raise RequestError(message, hint="See the operation in /openapi.json.") from None
    raise error
