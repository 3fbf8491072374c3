"""HMA's routes as an ASGI application of their own, beside the operations of v1."""

from typing import Final

from rempart.api.answers import deliver
from rempart.api.arrival import arrival_of
from rempart.api.asgi import Receive, Scope, Send
from rempart.api.call import Call
from rempart.api.endpoints import (
    OpenService,
    admitted,
    authenticated,
    bearer_token,
    client_address,
)
from rempart.api.errors import MethodUnknownError, PathUnknownError
from rempart.api.hma.calls import HmaCall
from rempart.api.hma.failures import failure_answer
from rempart.api.hma.paths import HmaPath, hma_path, redact
from rempart.api.hma.routes import HmaRoute, hma_routes
from rempart.api.metrics import Metrics
from rempart.model.errors import DamagedError, RempartError
from rempart.node.hma import HmaService
from rempart.node.service import Caller
from rempart.node.serving.connection import LISTEN_STATE

_SCOPE_KEY: Final = "rempart.hma"
_DEVELOPMENT: Final = "/dev/"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class HmaApplication:
    """Answers what is HMA's; everything else is left to the operations of v1."""

    def __init__(self, opened: OpenService, metrics: Metrics) -> None:
        self._opened = opened
        self._metrics = metrics
        self._hma: HmaService | None = None
        self._routes: tuple[HmaRoute, ...] = ()

    def open(self, hma: HmaService) -> None:
        """Take what the routes are answered with, when the application starts."""
        self._routes = hma_routes(is_exercise=hma.is_exercise)
        self._hma = hma

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that `taken` has taken."""
        found = taken(scope)
        hma = self._hma
        if found is None or hma is None:
            raise PathUnknownError
        arrival = arrival_of(scope)
        is_head = scope["method"] == "HEAD"
        try:
            route, names = self._route(found.path, "GET" if is_head else scope["method"])
            arrival.route = route.template
            caller = await self._let_in(hma, route, found, scope)
            call = Call(
                service=self._opened.service,
                caller_or_none=caller,
                arrival=arrival,
                scope=scope,
                receive=receive,
                path=names,
            )
            try:
                answer = await route.handler(HmaCall(call=call, hma=hma, metrics=self._metrics))
            finally:
                call.release()
        except DamagedError:
            raise  # the frame logs it
        except PathUnknownError:
            if found.path.startswith(_DEVELOPMENT):
                raise  # such routes do not exist here: answered as every other address that nobody knows
            answer = failure_answer(PathUnknownError())
        except RempartError as error:
            if isinstance(error, MethodUnknownError) and scope["method"] not in _METHODS:
                raise  # no client of HMA sends it: answered as at every other address
            answer = failure_answer(error)
        await deliver(answer, send, without_body=is_head)

    def _route(self, path: str, method: str) -> tuple[HmaRoute, dict[str, str]]:
        """Return the route of an address and method, and the values of the names in it."""
        allowed = []
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found is not None:
                if route.method == method:
                    return route, found.groupdict()
                allowed.append(route.method)
        if allowed:
            raise MethodUnknownError(", ".join(allowed))
        raise PathUnknownError

    async def _let_in(
        self, hma: HmaService, route: HmaRoute, found: HmaPath, scope: Scope
    ) -> Caller | None:
        """Return who asks: by the key in the address or the header, or nobody where the operator lets in such."""
        if route.action is None:
            return None
        service = self._opened.service
        arrival = arrival_of(scope)
        token = found.token or bearer_token(arrival)
        address = client_address(scope)
        if token is None and hma.lets_in_anonymous(_listen(scope)):
            caller = service.gate.anonymous(address=address)
        else:
            caller = await authenticated(service, token, address=address)
        return admitted(service, caller, route.action, arrival)


def _listen(scope: Scope) -> str | None:
    """Return the address where a request came in, as its connection noted it."""
    listen: str | None = scope.get("state", {}).get(LISTEN_STATE)
    return listen


def take(scope: Scope) -> None:
    """Note whether a request is for HMA's routes, and take a token out of its address before anything logs it."""
    found = hma_path(scope["path"])
    if found is not None:
        redact(scope, found)
        scope[_SCOPE_KEY] = found


def taken(scope: Scope) -> HmaPath | None:
    """Return what `take` noted, or nothing where a request is not for HMA's routes."""
    found: HmaPath | None = scope.get(_SCOPE_KEY)
    return found
