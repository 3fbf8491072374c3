"""Writes: who asks for what, once for one Idempotency-Key, and the answer as it was kept."""

from collections.abc import Callable
from hashlib import sha256

import msgspec

from rempart.api.answers import Answer, Headers
from rempart.api.call import Call
from rempart.api.conditions import etag_of
from rempart.node.service import WriteRequest, Written

_REPLAYED = (b"idempotent-replay", b"true")


def write_request(call: Call, body: bytes = b"") -> WriteRequest:
    """Return who asks for a write, and what makes it the same when it is asked for again.

    Raises:
        ParameterError: the Idempotency-Key has not its form.
    """
    scope = call.scope
    parts = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
    lengths = b",".join(b"%d" % len(part) for part in parts)
    return WriteRequest(
        principal=call.caller.principal,
        token=call.idempotency_token(),
        digest=sha256(lengths + b"\n" + b"".join(parts)).digest(),
    )


def written(value: object, *, status: int = 200) -> Written:
    """Return an answer in the form in which it is kept."""
    return Written(status, b"" if value is None else msgspec.json.encode(value))


async def answer_write(
    call: Call, write: Callable[[], Written], *, has_etag: bool = False
) -> Answer:
    """Do a write beside the loop, and answer it.

    Args:
        call: who asks.
        write: does it.
        has_etag: whether the answer is a record, whose new ETag the caller may want.
    """
    done = await call.writing(write)
    headers: Headers = ((b"etag", etag_of(done.body)),) if has_etag else ()
    if done.is_replay:
        headers = (*headers, _REPLAYED)
    return Answer(status=done.status, body=done.body, headers=headers)
