"""The work on one file that runs inside a sandboxed media worker: digests, decoding, hashing.

Pixels never leave this process; the node receives values only. What is not certain is not called `ok`:
bytes that changed while they were read yield no fingerprint at all, and a torn picture's PDQ is kept apart.
"""

import numpy as np

from rempart import media
from rempart.fingerprint import pdq, url_finding
from rempart.fingerprint._looking import SCREEN_QUALITY_FLOOR
from rempart.fingerprint._visit import Visit
from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import (
    Depth,
    PictureQuery,
    WorkRequest,
    WorkResult,
    decode_request,
    decode_result,
    encode_request,
    encode_result,
)
from rempart.fingerprint.parts import Answer
from rempart.model.scan import Outcome

__all__ = [
    "SCREEN_QUALITY_FLOOR",
    "Depth",
    "PictureQuery",
    "WorkRequest",
    "WorkResult",
    "decode_request",
    "decode_result",
    "encode_request",
    "encode_result",
    "examine_descriptor",
    "fingerprint_descriptor",
    "warm_up",
]


def fingerprint_descriptor(descriptor: int, request: bytes) -> bytes:
    """Fingerprint an open regular file by itself: the callable for media workers that do not answer in parts.

    Args:
        descriptor: open for reading; its position is neither used nor moved, and it is not closed.
        request: what `encode_request` wrote. Videos and containers are not opened.

    Returns:
        What `decode_result` takes. Everything that a file can do wrong is an outcome in it.

    Raises:
        WorkMessageError: the request is not a request.
    """
    return encode_result(Visit(decode_request(request), None).to_file(descriptor))


def examine_descriptor(descriptor: int, request: bytes, answer: Answer) -> bytes:
    """Fingerprint an open regular file and what lies in it: the callable for media workers that answer in parts.

    Args:
        descriptor: open for reading; its position is neither used nor moved, and it is not closed.
        request: what `encode_request` wrote.
        answer: takes the parts that `rempart.fingerprint.parts.AnswerReader` reads.

    Returns:
        The result of the file itself, which finishes the answer; nothing where members are to be confirmed.

    Raises:
        WorkMessageError: the request is not a request.
    """
    asked = decode_request(request)
    visit = Visit(asked, answer)
    if asked.confirmed:
        visit.to_members(descriptor)
        return b""
    return encode_result(visit.to_file(descriptor))


def warm_up() -> None:
    """Load whatever the work loads on first use, so that nothing is opened once the sandbox stands."""
    media.warm_up()
    digests_of([b"warm"])
    url_finding.warm_up()
    encode_result(WorkResult(size=0, media_type=None, outcome=Outcome.OK, problem=None))
    pdq.full(np.zeros((520, 520, 3), np.uint8))
    pdq.screen(np.zeros((260, 260), np.uint8), full_height=520, full_width=520, scale=2)
