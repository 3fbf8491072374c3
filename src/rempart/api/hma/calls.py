"""One request to an HMA route, whose caller is known, on its way through a handler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl

import msgspec

from rempart.api.answers import Answer
from rempart.api.call import Call
from rempart.api.errors import BodyMalformedError, MediaTypeError
from rempart.api.metrics import Metrics
from rempart.node.hma import BankView, HmaService
from rempart.node.service import Action, Caller

_MOST_PARAMETERS = 64
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass
class HmaCall:
    """One request.

    Attributes:
        metrics: counts look-ups.
    """

    call: Call
    hma: HmaService
    metrics: Metrics

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.call.caller

    @property
    def path(self) -> Mapping[str, str]:
        """The values of the names in the address."""
        return self.call.path

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters after the question mark; of several with one name the first, as HMA reads them."""
        text = self.call.scope["query_string"].decode("latin-1")
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            msg = "Too many parameters."
            raise BodyMalformedError(msg, hint="Send fewer.") from error
        found: dict[str, str] = {}
        for name, value in pairs:
            found.setdefault(name, value)
        return found

    @property
    def banks_wanted(self) -> frozenset[str] | None:
        """The banks that a look-up is limited to; None where it is not."""
        given = self.query.get("banks")
        return frozenset(given.split(",")) if given else None

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        kind = (self.call.header(b"content-type") or b"").partition(b";")[0].strip().lower()
        return kind == b"application/json" or (
            kind.startswith(b"application/") and kind.endswith(b"+json")
        )

    async def json(self) -> object:
        """Return the JSON body.

        Raises:
            MediaTypeError: it does not come as JSON.
            BodyMalformedError: it is none.
        """
        if not self.is_json:
            msg = "The body is no JSON."
            raise MediaTypeError(msg, hint="Send application/json.")
        body = await self.call.body()
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            msg = "The body is no JSON."
            raise BodyMalformedError(msg, hint="Send a JSON object.") from error

    async def json_object(self) -> dict[str, object]:
        """Return the JSON body, which must be an object.

        Raises:
            MediaTypeError: it does not come as JSON.
            BodyMalformedError: it is none, or no object.
        """
        value = await self.json()
        if not isinstance(value, dict):
            msg = "The body is no JSON object."
            raise BodyMalformedError(msg, hint="Send a JSON object.")
        return value

    async def fields(self) -> dict[str, object]:
        """Return the members of a JSON body, and nothing where there is no JSON object: then fields are missing."""
        if not self.is_json:
            return {}
        try:
            return await self.json_object()
        except BodyMalformedError:
            return {}

    async def bank(self, action: Action) -> BankView:
        """Return the bank that the address names, where the caller may do something with it.

        Raises:
            NotThereError: there is none, or it lies outside the caller's scope.
            ForbiddenError: the caller may not do this with it.
        """
        bank = await self.in_thread(self.hma.banks.get, self.path["bank"], self.caller.lists)
        self.call.service.gate.require(self.caller, action, bank.list.id)
        return bank

    async def in_thread(
        self, function: Callable[_P, _R], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _R:
        """Run what reads the store or searches beside the loop; it must not write."""
        return await self.call.in_thread(function, *arguments, **named)

    async def writing(
        self, function: Callable[_P, _R], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _R:
        """Run what writes into the store beside the loop; see `Call.writing`."""
        return await self.call.writing(function, *arguments, **named)


def text_answer(text: str, *, status: int = 200) -> Answer:
    """Return an answer in plain text."""
    return Answer(status=status, body=text.encode(), media_type=b"text/html; charset=utf-8")


def to_status() -> Answer:
    """Return the answer that leads on to the status."""
    return Answer(status=302, headers=((b"location", b"/status"),), media_type=b"text/html")
