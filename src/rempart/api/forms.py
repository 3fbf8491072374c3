"""Which form an answer takes: what the caller accepts, against what is offered."""

from typing import Final

from rempart.api.answers import JSON, MSGPACK
from rempart.api.errors import NotAcceptableError

_ANY: Final = frozenset({b"*/*", b"application/*"})
MSGPACK_NAMES: Final = frozenset({MSGPACK, b"application/x-msgpack", b"application/vnd.msgpack"})
"""What callers call MessagePack, in what they send and in what they accept."""


def answers_in_msgpack(accept: bytes | None, *, asked_in_msgpack: bool) -> bool:
    """Tell whether to answer in MessagePack: as Accept says, and without a word of it in the form of the request.

    Raises:
        NotAcceptableError: the caller accepts neither JSON nor MessagePack.
    """
    if accept is None or accept in _ANY:
        return asked_in_msgpack
    if accept == JSON:
        return False
    ranked = sorted(_ranges(accept), key=lambda each: -each[1])
    for name, weight in ranked:
        if weight <= 0:
            break
        if name in _ANY:
            return asked_in_msgpack
        if name == JSON or name in MSGPACK_NAMES:
            return name != JSON
    message = "The service answers in JSON and, where it is offered, in MessagePack."
    raise NotAcceptableError(message, hint="Accept application/json or application/msgpack.")


def _ranges(accept: bytes) -> list[tuple[bytes, float]]:
    ranges = []
    for part in accept.lower().split(b","):
        name, *parameters = (each.strip() for each in part.split(b";"))
        weight = next((each[2:] for each in parameters if each.startswith(b"q=")), b"1")
        try:
            ranges.append((name, float(weight)))
        except ValueError:
            ranges.append((name, 0.0))
    return ranges
