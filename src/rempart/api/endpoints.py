"""One address: finds the operation of a method, lets in who may, and sends what the handler answers."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from rempart.api.answers import Answer, StreamedAnswer, deliver
from rempart.api.arrival import Arrival, arrival_of
from rempart.api.asgi import Receive, Scope, Send
from rempart.api.call import Call
from rempart.api.errors import MethodUnknownError
from rempart.api.operations import Operation
from rempart.node.service import Action, Caller, Service

_BEARER: Final = b"bearer "


class _NoParameters(msgspec.Struct):
    """The parameters of an operation that has none. Those who watch the service may add what they like."""


class OpenService:
    """Where the application keeps its service between start and end."""

    def __init__(self) -> None:
        self._service: Service | None = None

    @property
    def service(self) -> Service:
        """The service, while the application runs."""
        if self._service is None:
            message = "the application was asked before it had started"
            raise RuntimeError(message)
        return self._service

    def set(self, service: Service | None) -> None:
        """Take the service at the start, and let go of it at the end."""
        self._service = service


class Endpoint:
    """All operations of one address, as an ASGI application."""

    def __init__(self, path: str, operations: Iterable[Operation], opened: OpenService) -> None:
        self.path: Final = path
        self.operations: Final[Mapping[str, Operation]] = {
            operation.method: operation for operation in operations
        }
        methods = {*self.operations, *({"HEAD"} if "GET" in self.operations else ())}
        self.allowed: Final = ", ".join(sorted(methods))
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        arrival = arrival_of(scope)
        arrival.route = self.path
        method = scope["method"]
        is_head = method == "HEAD"
        operation = self.operations.get("GET" if is_head else method)
        if operation is None:
            raise MethodUnknownError(self.allowed)
        answer = await self._answer(operation, scope, receive, arrival)
        await deliver(answer, send, without_body=is_head)

    async def _answer(
        self, operation: Operation, scope: Scope, receive: Receive, arrival: Arrival
    ) -> Answer | StreamedAnswer:
        service = self._opened.service
        caller = await _let_in(service, operation, scope, arrival)
        call = Call(
            service=service,
            caller_or_none=caller,
            arrival=arrival,
            scope=scope,
            receive=receive,
            path=scope.get("path_params", {}),
        )
        try:
            if scope["query_string"] and operation.query is None and self.path.startswith("/v1/"):
                call.query(_NoParameters)
            return await operation.handle(call)
        finally:
            call.release()


async def _let_in(
    service: Service, operation: Operation, scope: Scope, arrival: Arrival
) -> Caller | None:
    """Return who asks, where the operation is not open to everybody."""
    action = operation.action
    if action is None or (action is Action.READ_METRICS and service.settings.metrics_open):
        return None
    token = bearer_token(arrival)
    caller = await authenticated(service, token, address=client_address(scope))
    return admitted(service, caller, action, arrival)


def admitted(service: Service, caller: Caller, action: Action, arrival: Arrival) -> Caller:
    """Return a caller who may do something, and note who it is; see `Gate.require` and `Gate.pace`."""
    arrival.principal = caller.principal.id
    service.gate.require(caller, action)
    service.gate.pace(caller)
    return caller


async def authenticated(service: Service, token: str | None, *, address: str | None) -> Caller:
    """Return whom a key stands for; see `Gate.authenticate`. The loop does not wait for the store."""
    gate = service.gate
    caller = gate.authenticate_in_hand(token)
    if caller is None:
        caller = await service.threads.read(lambda: gate.authenticate(token, address=address))
    return caller


def bearer_token(arrival: Arrival) -> str | None:
    """Return the key that the caller shows, or nothing."""
    given = arrival.headers.get(b"authorization", b"")
    if given[: len(_BEARER)].lower() != _BEARER:
        return None
    return given[len(_BEARER) :].strip().decode("latin-1")


def client_address(scope: Scope) -> str | None:
    """Return the caller's address, as the server understands it behind its proxies."""
    client = scope.get("client")
    return client[0] if client else None
