"""One call: what an operation's handler is given."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import parse_qsl

import msgspec

from rempart.api.arrival import Arrival
from rempart.api.asgi import Receive, Scope
from rempart.api.bodies import (
    body_parts,
    declared_length,
    decode_body,
    is_msgpack,
    read_body,
)
from rempart.api.errors import MediaTypeError, ParameterError
from rempart.api.memory import Memory
from rempart.node.service import Caller, Service
from rempart.node.serving.connection import WHOLE_STATE

_MOST_PARAMETERS: Final = 32
_LONGEST_TOKEN: Final = 200

SMALL_BODY_BYTES: Final = 1 << 20
"""Most bytes of a body, where an operation does not ask for more."""

_UNCOUNTED_BYTES: Final = 256 << 10
"""Bodies of at most so many bytes are not counted: connections limit them."""

_JSON_GROWTH: Final = 2
_OBJECT_BYTES: Final = 256
_MSGPACK_GROWTH: Final = 16
"""What a body takes once it is decoded: records of a few bytes become objects of some hundred. Those of JSON can be
counted before; in MessagePack they have 16 bytes at least."""

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(slots=True)
class Call:
    """One request whose caller is known, on its way through a handler.

    Attributes:
        caller_or_none: who asks; absent where the operation is open to everybody.
        path: the values of the names in the address.
    """

    service: Service
    caller_or_none: Caller | None
    arrival: Arrival
    scope: Scope
    receive: Receive
    path: dict[str, str]
    _memory: Memory | None = None

    @property
    def caller(self) -> Caller:
        """Who asks; an operation that is open to everybody must not want to know."""
        if self.caller_or_none is None:
            message = "an open operation has no caller"
            raise RuntimeError(message)
        return self.caller_or_none

    def header(self, name: bytes) -> bytes | None:
        """Return a header by its name in lower case."""
        return self.arrival.headers.get(name)

    def query(self, shape: type[_Struct]) -> _Struct:
        """Return the parameters after the question mark.

        Raises:
            ParameterError: one is unknown, given twice, or has not its form.
        """
        given = self._given_parameters()
        unknown = given.keys() - set(shape.__struct_encode_fields__)
        if unknown:
            known = ", ".join(shape.__struct_encode_fields__) or "none"
            message = "A parameter of the address is not known."
            raise ParameterError(message, hint=f"The parameters here are: {known}.")
        try:
            return msgspec.convert(given, shape, strict=False)
        except msgspec.ValidationError as error:
            message = f"A parameter of the address has not its form: {error}."
            raise ParameterError(message, hint="See the operation in /openapi.json.") from error

    async def body(self, *, limit: int = SMALL_BODY_BYTES) -> bytes:
        """Return the whole body; memory for it and what is made of it is taken until `release`.

        Args:
            limit: most bytes; never more than the operator allows.

        Raises:
            RequestError: it is too large, too slow, or compressed.
            BusyError: there is no memory for it now.
        """
        self._refuse_compressed()
        settings = self.service.settings
        body = await read_body(
            self.receive,
            declared=declared_length(self.header(b"content-length")),
            limit=min(settings.request_body_bytes, limit),
            seconds=settings.request_seconds,
            take=self._take,
            is_whole=self.scope.get("state", {}).get(WHOLE_STATE),
        )
        self.arrival.has_body_left = False
        if self._memory is not None:
            self._memory.take(len(body) * _JSON_GROWTH + body.count(b"{") * _OBJECT_BYTES)
        return body

    async def body_parts(self, *, limit: int) -> AsyncIterator[bytes]:
        """Yield the body as it arrives."""
        self._refuse_compressed()
        async for part in body_parts(
            self.receive,
            declared=declared_length(self.header(b"content-length")),
            limit=limit,
            seconds=self.service.settings.request_seconds,
        ):
            yield part
        self.arrival.has_body_left = False

    async def json(self, shape: type[_Struct], body: bytes | None = None) -> _Struct:
        """Return a JSON body as its shape.

        Raises:
            RequestError: it is no JSON, or not of this shape.
        """
        if is_msgpack(self.header(b"content-type")):
            message = "The body is in a form that is not taken here."
            raise MediaTypeError(message, hint="Send application/json in UTF-8.")
        content = await self.body() if body is None else body
        return decode_body(_decoder(shape), content)

    def idempotency_token(self) -> str | None:
        """Return the Idempotency-Key.

        Raises:
            ParameterError: it has not its form.
        """
        given = self.header(b"idempotency-key")
        if given is None:
            return None
        text = given.decode("latin-1")
        if not 0 < len(text) <= _LONGEST_TOKEN or not (text.isascii() and text.isprintable()):
            message = "The Idempotency-Key has not its form."
            raise ParameterError(
                message, hint=f"Send 1 to {_LONGEST_TOKEN} printable ASCII characters."
            )
        return text

    async def charge(self, queries: int) -> None:
        """Count queries against the caller's budget.

        Raises:
            BudgetError: it has not so many left.
        """
        gate = self.service.gate
        if not gate.charge_in_hand(self.caller, queries):
            await self.service.threads.count(lambda: gate.charge(self.caller, queries))

    async def in_thread(
        self, function: Callable[_P, _R], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _R:
        """Run what reads the store or searches beside the loop; it must not write."""
        return await self.service.threads.read(lambda: function(*arguments, **named))

    async def writing(
        self, function: Callable[_P, _R], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _R:
        """Run what writes into the store beside the loop.

        Raises:
            BusyError: too many writes wait already, or this one waited too long; nothing was done.
            StoreLockedError: another write did not end in time; nothing was done.
        """
        return await self.service.threads.write(lambda: function(*arguments, **named))

    def release(self) -> None:
        """Give back the memory of the body, when the request is answered."""
        if self._memory is not None:
            self._memory.give_back()

    def _take(self, size: int) -> None:
        if size <= _UNCOUNTED_BYTES:
            return
        if self._memory is None:
            self._memory = Memory(self.service.upload_memory)
        kind = self.header(b"content-type") or b""
        self._memory.take(size * (_MSGPACK_GROWTH if b"msgpack" in kind.lower() else _JSON_GROWTH))

    def _given_parameters(self) -> dict[str, str]:
        text = self.scope["query_string"]
        if not text:
            return {}
        try:
            pairs = parse_qsl(
                text.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_PARAMETERS,
            )
        except ValueError as error:  # also what is no ASCII or no UTF-8
            message = "The parameters of the address cannot be read."
            raise ParameterError(
                message, hint="Write them as name=value, percent-encoded UTF-8, joined by &."
            ) from error
        given = dict(pairs)
        if len(given) < len(pairs):
            message = "A parameter of the address is given twice."
            raise ParameterError(message, hint="Give each parameter once.")
        return given

    def _refuse_compressed(self) -> None:
        coding = self.header(b"content-encoding")
        if coding not in {None, b"", b"identity"}:
            message = "The body is compressed."
            raise MediaTypeError(message, hint="Send it without Content-Encoding.")


async def recorded(done: "Future[None] | None") -> None:
    """Wait until what was found is on record."""
    if done is not None:
        await asyncio.wrap_future(done)


_decoders: dict[Any, "msgspec.json.Decoder[Any]"] = {}  # Any: one for each shape


def _decoder(shape: type[_Struct]) -> "msgspec.json.Decoder[_Struct]":
    decoder = _decoders.get(shape)
    if decoder is None:
        decoder = _decoders[shape] = msgspec.json.Decoder(shape)
    return decoder
