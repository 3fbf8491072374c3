"""What looking into one file or member yielded, and the result that follows from it."""

from dataclasses import dataclass
from typing import Final

from rempart.fingerprint.messages import PictureQuery, VideoFacts, WorkResult
from rempart.fingerprint.url_finding import FoundUrls
from rempart.model.fingerprint import Fingerprint
from rempart.model.scan import Outcome, Problem, ProblemKind
from rempart.model.urls import UrlSummary
from rempart.model.video import VideoFrame

_OUTCOMES: Final = {
    ProblemKind.UNSUPPORTED_FORMAT: Outcome.PARTIAL,
    ProblemKind.UNSUPPORTED_PIXELS: Outcome.PARTIAL,
    ProblemKind.NO_FRAMES: Outcome.PARTIAL,
    ProblemKind.MEMBERS_REFUSED: Outcome.PARTIAL,
    ProblemKind.FILE_TOO_LARGE: Outcome.REFUSED,
    ProblemKind.TOO_MANY_PIXELS: Outcome.REFUSED,
    ProblemKind.MEMORY_LIMIT: Outcome.REFUSED,
    ProblemKind.TIME_LIMIT: Outcome.REFUSED,
    ProblemKind.TOO_LONG: Outcome.REFUSED,
    ProblemKind.ENCRYPTED: Outcome.REFUSED,
    ProblemKind.NESTED_TOO_DEEP: Outcome.REFUSED,
    ProblemKind.TOO_MANY_MEMBERS: Outcome.REFUSED,
    ProblemKind.EXPANDS_TOO_MUCH: Outcome.REFUSED,
    ProblemKind.LINK_NOT_FOLLOWED: Outcome.REFUSED,
    ProblemKind.NOT_A_FILE: Outcome.REFUSED,
}
"""What a problem makes of its file; every other kind makes it unreadable. Digests are listed anyway."""

_RAISE: Final = "Raise the limit if the file is trusted, or examine it with a forensic tool."
_CONVERT: Final = "Convert a copy with a tool that you trust, and scan the copy as well."


@dataclass(frozen=True, slots=True)
class Found:
    """What one file or member yielded beside its digests; without a problem it is whole.

    Attributes:
        fingerprints: PDQ of the picture.
        query: what the picture is matched with.
        video: of a video or an animated picture.
        problem: why there is not more.
        frames: those that `video` speaks of.
        turned: their values turned and mirrored, as in `VideoPrint`.
        has_members: whether members of it were given.
        is_still_whole: whether the problem is one of the moving picture alone: its first frame, or the picture beside
            it, is whole.
        urls: those that stand in it; absent where none were looked for.
        is_false: whether the problem is a checksum that does not fit a member's bytes, which were all read.
    """

    fingerprints: tuple[Fingerprint, ...] = ()
    query: PictureQuery | None = None
    problem: Problem | None = None
    video: VideoFacts | None = None
    frames: tuple[VideoFrame, ...] = ()
    turned: bytes = b""
    has_members: bool = False
    is_still_whole: bool = False
    urls: FoundUrls | None = None
    is_false: bool = False

    @property
    def url_summary(self) -> UrlSummary | None:
        """How many URLs stand in it, where they were looked for."""
        urls = self.urls
        return None if urls is None else UrlSummary(len(urls.urls), urls.is_complete)

    @property
    def has_some(self) -> bool:
        """Whether something was had in spite of the problem: a picture, frames, members, or all bytes."""
        return bool(self.fingerprints or self.frames or self.has_members or self.is_false)


def result_of(
    found: Found, *, size: int | None, media_type: str | None, digests: tuple[Fingerprint, ...]
) -> WorkResult:
    """Return the result of one file or member; the frames go apart."""
    problem = found.problem
    if problem is None:
        return WorkResult(
            size=size,
            media_type=media_type,
            outcome=Outcome.OK,
            problem=None,
            fingerprints=(*found.fingerprints, *digests),
            query=found.query,
            video=found.video,
            urls=found.url_summary,
        )
    outcome = _OUTCOMES.get(problem.kind, Outcome.UNREADABLE)
    is_whole = found.is_still_whole
    return WorkResult(
        size=size,
        media_type=media_type,
        outcome=Outcome.PARTIAL if found.has_some else outcome,
        problem=problem,
        fingerprints=(*found.fingerprints, *digests) if is_whole else digests,
        query=found.query if is_whole else None,
        partial_fingerprints=() if is_whole else found.fingerprints,
        partial_query=None if is_whole else found.query,
        video=found.video,
        urls=found.url_summary,
        is_false=found.is_false,
    )


def too_large(max_file_bytes: int) -> Problem:
    """Return the problem of a file over the limit for decoding."""
    return Problem(
        ProblemKind.FILE_TOO_LARGE,
        f"The file is larger than the limit of {max_file_bytes} bytes for decoding.",
        _RAISE,
    )


def not_decoded(media_type: str) -> Problem:
    """Return the problem of media that nothing here decodes."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        f"Content of type {media_type} is not decoded; its digests are listed.",
        _CONVERT,
    )


def not_opened(media_type: str) -> Problem:
    """Return the problem of an archive, document or message that is not opened here."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        f"Content of type {media_type} is not opened; its digests are listed.",
        "Unpack a copy with a tool that you trust, and scan the folder.",
    )


def empty() -> Problem:
    """Return the problem of a file without a byte."""
    return Problem(ProblemKind.EMPTY, "The file is empty.", "Get the file again from its source.")


def without_size() -> Problem:
    """Return the problem of bytes that the system makes while they are read, as those below `/proc` are."""
    return Problem(
        ProblemKind.CHANGED_WHILE_READ,
        "The file has no size and holds bytes all the same: they are made while it is read.",
        "Copy it to an ordinary file, and scan that.",
    )


def out_of_memory() -> Problem:
    """Return the problem of a file that a worker has not enough memory for."""
    return Problem(
        ProblemKind.MEMORY_LIMIT,
        "Looking into the file needs more memory than a worker may use.",
        "Raise the memory limit if the file is trusted, or lower the number of workers.",
    )


def read_error(error: OSError) -> Problem:
    """Return the problem of a file that the system cannot read."""
    return Problem(
        ProblemKind.READ_ERROR,
        f"The system could not read the file (error {error.errno}).",
        "Check the medium, then scan the file again.",
    )


def over_time(seconds: int) -> Problem:
    """Return the problem of a file that takes too long to be looked into."""
    return Problem(
        ProblemKind.TIME_LIMIT,
        f"Looking into the file took longer than {seconds} seconds.",
        "Raise the time limit if the file is trusted, or examine it with a forensic tool.",
    )


def changed() -> Problem:
    """Return the problem of a file that changed while it was read."""
    return Problem(
        ProblemKind.CHANGED_WHILE_READ,
        "The file changed while it was read.",
        "Scan the file again when nothing writes to it any more.",
    )
