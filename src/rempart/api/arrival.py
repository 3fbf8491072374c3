"""One request as it arrived: its identifier, its headers, its size."""

import os
import re
import time
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from rempart.api.asgi import Scope

SCOPE_KEY: Final = "rempart.arrival"
_REFERENCE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_RANDOM_BYTES: Final = 12


@dataclass(slots=True)
class Arrival:
    """What is known of a request before anything of it is believed.

    Attributes:
        reference: the caller's X-Request-Id where it is well formed, else a new one; goes into every answer and log.
        headers: by name in lower case; of several with one name the last.
        head_bytes: what address and headers take.
        begun: monotonic seconds.
        route: the template of the address, once it is known; never the address itself.
        status: of the answer, once it goes out.
        principal: identifier of who asks, once it is known.
        error: code of the error that was answered.
        has_body_left: whether the body was not read to its end, so that the connection cannot be used again.
    """

    reference: str
    headers: dict[bytes, bytes]
    head_bytes: int
    begun: float = field(default_factory=time.monotonic)
    route: str = "none"
    status: int = 0
    principal: UUID | None = None
    error: str | None = None
    has_body_left: bool = False

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Look at a request."""
        pairs = scope["headers"]
        headers = dict(pairs)
        given = headers.get(b"x-request-id")
        if given is not None and _REFERENCE.fullmatch(given) is not None:
            reference = given.decode()
        else:
            reference = os.urandom(_RANDOM_BYTES).hex()
        size = sum(len(name) + len(value) for name, value in pairs)
        size += len(scope.get("raw_path") or b"") + len(scope["query_string"])
        body_length = headers.get(b"content-length", b"0")
        return cls(
            reference=reference,
            headers=headers,
            head_bytes=size,
            has_body_left=body_length != b"0" or b"transfer-encoding" in headers,
        )


def arrival_of(scope: Scope) -> Arrival:
    """Return what the frame noted of this request."""
    arrival: Arrival = scope[SCOPE_KEY]
    return arrival
