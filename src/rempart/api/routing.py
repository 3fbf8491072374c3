"""Finds the endpoint of an address with names in it; Litestar does that, and nothing else here imports it."""

from collections.abc import Iterable
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, types
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler

from rempart.api.asgi import AsgiApplication
from rempart.api.endpoints import Endpoint
from rempart.api.errors import MethodUnknownError, PathUnknownError, RequestError

_METHODS: Final = list(HttpMethod)


def router(endpoints: Iterable[Endpoint]) -> AsgiApplication:
    """Return an application that hands every request to its endpoint, with the names of the address in the scope."""
    found = Litestar(
        [_handler(each) for each in endpoints],
        openapi_config=None,
        exception_handlers={Exception: _raise_again},
        logging_config=None,
    )
    # Its own types name every key of a scope; ours let us add one.
    return cast("AsgiApplication", found)


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
