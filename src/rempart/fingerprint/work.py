"""The work on one file that runs inside a sandboxed media worker: digests, decoding, hashing.

Pixels never leave this process; the node receives values only. What is not certain is not called `ok`:
bytes that changed while they were read yield no fingerprint at all, and a torn picture's PDQ is kept apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rempart import media
from rempart.fingerprint import pdq
from rempart.fingerprint._reading import CHUNK_BYTES, ChangedWhileReadError, OpenFile
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
from rempart.media import HEAD_BYTES, Picture, PictureError, is_decodable, open_picture, sniff
from rempart.model.fingerprint import SHA256, Fingerprint
from rempart.model.scan import Outcome, Problem, ProblemKind

__all__ = [
    "Depth",
    "PictureQuery",
    "WorkRequest",
    "WorkResult",
    "decode_request",
    "decode_result",
    "encode_request",
    "encode_result",
    "fingerprint_descriptor",
    "warm_up",
]

SCREEN_QUALITY_FLOOR: Final = 60
"""Below it the exact hash is computed too: near 50, where matching ends, the screen's quality may mislead."""

_OUTCOMES: Final = {
    ProblemKind.UNSUPPORTED_FORMAT: Outcome.PARTIAL,
    ProblemKind.UNSUPPORTED_PIXELS: Outcome.PARTIAL,
    ProblemKind.FILE_TOO_LARGE: Outcome.REFUSED,
    ProblemKind.TOO_MANY_PIXELS: Outcome.REFUSED,
    ProblemKind.MEMORY_LIMIT: Outcome.REFUSED,
}
"""What a picture's problem makes of its file; every other kind makes it unreadable. Digests are listed anyway."""

_SCAN_AGAIN: Final = "Scan the file again when nothing writes to it any more."


@dataclass(frozen=True, slots=True)
class _Found:
    """What a picture yielded; without a problem it is whole."""

    fingerprints: tuple[Fingerprint, ...] = ()
    query: PictureQuery | None = None
    problem: Problem | None = None


def fingerprint_descriptor(descriptor: int, request: bytes) -> bytes:
    """Fingerprint an open regular file: the callable for media workers.

    Args:
        descriptor: open for reading; its position is neither used nor moved, and it is not closed.
        request: what `encode_request` wrote.

    Returns:
        What `decode_result` takes. Everything that a file can do wrong is an outcome in it.

    Raises:
        WorkMessageError: the request is not a request.
    """
    return encode_result(_fingerprint(descriptor, decode_request(request)))


def warm_up() -> None:
    """Load whatever the work loads on first use, so that nothing is opened once the sandbox stands."""
    media.warm_up()
    digests_of([b"warm"])
    encode_result(WorkResult(size=0, media_type=None, outcome=Outcome.OK, problem=None))
    pdq.full(np.zeros((520, 520, 3), np.uint8))
    pdq.screen(np.zeros((260, 260), np.uint8), full_height=520, full_width=520, scale=2)


def _fingerprint(descriptor: int, request: WorkRequest) -> WorkResult:
    file = OpenFile(descriptor)
    media_type: str | None = None
    try:
        if file.size == 0:
            return _unreadable(file, None, _problem_of_empty())
        media_type = sniff(file.head(HEAD_BYTES))
        return _fingerprint_content(file, media_type, request)
    except ChangedWhileReadError:
        problem = Problem(
            ProblemKind.CHANGED_WHILE_READ, "The file changed while it was read.", _SCAN_AGAIN
        )
    except OSError as error:
        reason = f"The system could not read the file (error {error.errno})."
        problem = Problem(
            ProblemKind.READ_ERROR, reason, "Check the medium, then scan the file again."
        )
    return _unreadable(file, media_type, problem)


def _fingerprint_content(
    file: OpenFile, media_type: str | None, request: WorkRequest
) -> WorkResult:
    if request.depth == "digests":
        digests, found = digests_of(file.chunks()), _Found()
    elif media_type is None or not is_decodable(media_type) or file.size > request.max_file_bytes:
        digests = digests_of(file.chunks())
        found = _Found(problem=_why_not_decoded(media_type, request.max_file_bytes))
    else:
        data = file.content()
        digests = digests_of(_slices(data))
        found = _picture(data, media_type, request.depth, max_pixels=request.max_pixels)
    _require_expected(digests, request.expected_sha256)
    return _result(file.size, media_type, digests, found)


def _result(
    size: int, media_type: str | None, digests: tuple[Fingerprint, ...], found: _Found
) -> WorkResult:
    if found.problem is None:
        return WorkResult(
            size=size,
            media_type=media_type,
            outcome=Outcome.OK,
            problem=None,
            fingerprints=(*found.fingerprints, *digests),
            query=found.query,
        )
    fallback = Outcome.PARTIAL if found.fingerprints else Outcome.UNREADABLE
    return WorkResult(
        size=size,
        media_type=media_type,
        outcome=fallback if found.fingerprints else _OUTCOMES.get(found.problem.kind, fallback),
        problem=found.problem,
        fingerprints=digests,
        partial_fingerprints=found.fingerprints,
        partial_query=found.query,
    )


def _unreadable(file: OpenFile, media_type: str | None, problem: Problem) -> WorkResult:
    return WorkResult(
        size=file.size, media_type=media_type, outcome=Outcome.UNREADABLE, problem=problem
    )


def _picture(data: bytes, media_type: str, depth: Depth, *, max_pixels: int) -> _Found:
    try:
        picture = open_picture(data, media_type=media_type, max_pixels=max_pixels)
        found = _screened(picture) if depth == "screen" else None
        return found or _hashed(picture)
    except PictureError as error:
        return _Found(problem=error.problem)
    except MemoryError:
        return _Found(problem=_problem_of_memory())


def _screened(picture: Picture) -> _Found | None:
    """Return the screen hash, or None where only the full picture gives an answer."""
    try:
        reduced = picture.reduced_grey()
    except PictureError:
        return None  # torn or damaged: the full decoder says how, and keeps what can be had
    if reduced is None:
        return None
    hashes = pdq.screen(
        reduced.plane,
        full_height=reduced.full_height,
        full_width=reduced.full_width,
        scale=reduced.scale,
    )
    if hashes.screen.quality < SCREEN_QUALITY_FLOOR:
        return None
    return _Found((hashes.screen.fingerprint(),), _query(hashes.screen, hashes.dihedral))


def _hashed(picture: Picture) -> _Found:
    pixels = picture.pixels()
    hashes = pdq.full(pixels.array)
    return _Found(
        (hashes.exact.fingerprint(), hashes.cpp512.fingerprint()),
        _query(hashes.exact, hashes.dihedral),
        pixels.problem,
    )


def _query(original: pdq.PDQHash, dihedral: tuple[pdq.PDQHash, ...]) -> PictureQuery:
    variants = tuple(each.value for each in dihedral)
    return PictureQuery(original.dialect, original.quality, variants)


def _slices(data: bytes) -> Iterator[memoryview]:
    view = memoryview(data)
    return (view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES))


def _require_expected(digests: tuple[Fingerprint, ...], expected_sha256: bytes | None) -> None:
    found = next(each.value for each in digests if each.kind == SHA256)
    if expected_sha256 is not None and found != expected_sha256:
        raise ChangedWhileReadError


def _why_not_decoded(media_type: str | None, max_file_bytes: int) -> Problem | None:
    """Return what keeps a file from being `ok`; content that is no picture and no video calls for digests only."""
    if media_type is None or media_type.startswith("audio/"):
        return None
    if is_decodable(media_type):
        return Problem(
            ProblemKind.FILE_TOO_LARGE,
            f"The file is larger than the limit of {max_file_bytes} bytes for decoding.",
            "Raise the limit if the file is trusted, or examine it with a forensic tool.",
        )
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        f"Content of type {media_type} is not decoded; its digests are listed.",
        "Convert a copy with a tool that you trust, and scan the copy as well.",
    )


def _problem_of_empty() -> Problem:
    return Problem(ProblemKind.EMPTY, "The file is empty.", "Get the file again from its source.")


def _problem_of_memory() -> Problem:
    return Problem(
        ProblemKind.MEMORY_LIMIT,
        "Hashing the picture needs more memory than a worker may use.",
        "Raise the memory limit if the file is trusted, or lower the number of workers.",
    )
