"""Work on files that goes wrong where a marker stands in the content, for tests of what a scan makes of it."""

import os
from typing import Any, Final

from rempart.fingerprint import _container_visit, _looking, work
from rempart.fingerprint.messages import decode_request
from rempart.fingerprint.parts import Answer, say_begun

CRASH: Final = b"exercise: decoding this kills the worker"
DEADLY: Final = b"exercise: reading this kills the worker"
RAISES: Final = b"exercise: decoding this raises"


def warm_up() -> None:
    """Warm up, and lay the traps."""
    work.warm_up()
    looking, visiting = vars(_looking), vars(_container_visit)
    decode, read = looking["open_picture"], visiting["read_member"]

    def dangerous_decode(data: bytes, **options: Any) -> Any:
        if CRASH in data:
            os._exit(9)
        if RAISES in data:
            msg = "an error that nobody thought of"
            raise KeyError(msg)
        return decode(data, **options)

    def deadly_read(member: Any, **options: Any) -> Any:
        content = read(member, **options)
        if content.data is not None and DEADLY in content.data:
            os._exit(9)
        return content

    looking["open_picture"] = dangerous_decode
    visiting["read_member"] = deadly_read


def examine(descriptor: int, request: bytes, answer: Answer) -> bytes:
    """Work as told, honestly but for the traps."""
    return work.examine_descriptor(descriptor, request, answer)


def lie(descriptor: int, request: bytes, answer: Answer) -> bytes:
    """Claim members without end for a file; take its digests honestly."""
    if decode_request(request).depth != "digests":
        for number in range(1, 100_000):
            say_begun(answer, number, b"there is no such member")
    return work.examine_descriptor(descriptor, request, answer)
