"""The wording of what is wrong with a picture: one place, so that the same thing is said in one way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rempart.media.errors import PictureError
from rempart.model.scan import Problem, ProblemKind

_GET_AGAIN: Final = "Get the file again from its source, or examine it with a forensic tool."
_CONVERT: Final = "Convert a copy with a tool that you trust, and scan the copy as well."


def truncated(what: str) -> Problem:
    """Return the problem of a file that ends before its picture does."""
    return Problem(ProblemKind.TRUNCATED, f"The {what} ends before its picture does.", _GET_AGAIN)


def corrupt(what: str, reason: str) -> Problem:
    """Return the problem of a file whose bytes contradict its format."""
    return Problem(ProblemKind.CORRUPT, f"The {what} is damaged: {reason}.", _GET_AGAIN)


def unsupported_pixels(what: str, reason: str) -> Problem:
    """Return the problem of a picture whose kind of pixels is not read."""
    return Problem(ProblemKind.UNSUPPORTED_PIXELS, f"The {what} is not read: {reason}.", _CONVERT)


def unsupported_format(media_type: str) -> Problem:
    """Return the problem of a media type that is not decoded."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT, f"Pictures of type {media_type} are not decoded.", _CONVERT
    )


def empty() -> Problem:
    """Return the problem of a file without a byte."""
    return Problem(ProblemKind.EMPTY, "The file is empty.", _GET_AGAIN)


def too_many_pixels(width: int, height: int, max_pixels: int) -> Problem:
    """Return the problem of a picture over the pixel limit."""
    return Problem(
        ProblemKind.TOO_MANY_PIXELS,
        f"The header promises {width} x {height} pixels, more than the limit of {max_pixels}.",
        "Raise the pixel limit if the file is trusted, or examine it with a forensic tool.",
    )


def out_of_memory() -> Problem:
    """Return the problem of a picture that needs more memory than its worker may use."""
    return Problem(
        ProblemKind.MEMORY_LIMIT,
        "Opening the file needs more memory than a worker may use.",
        "Raise the memory limit if the file is trusted, or lower the number of workers.",
    )


def unsupported_codec(codec: str) -> Problem:
    """Return the problem of a video whose codec is not on the list of those that are decoded."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT, f"Video of codec {codec} is not decoded.", _CONVERT
    )


def late_stream() -> Problem:
    """Return the problem of a video in which a picture stream begins where nobody looks for one."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        "A further picture stream begins behind the header; it was not looked at.",
        _CONVERT,
    )


def film_beside() -> Problem:
    """Return the problem of a picture whose file also shows a film, to whoever opens it as such."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        "The picture's file also holds a film; it was not looked at.",
        _CONVERT,
    )


def still_pictures() -> Problem:
    """Return the problem of a video whose file also shows a still picture, to whoever opens it as such."""
    return Problem(
        ProblemKind.UNSUPPORTED_FORMAT,
        "The video's file also holds a still picture; it was not looked at.",
        _CONVERT,
    )


def encrypted_video() -> Problem:
    """Return the problem of a video, or of the rest of one, that no one sees without a key."""
    return Problem(
        ProblemKind.ENCRYPTED,
        "The video is encrypted.",
        "Decrypt a copy with its key, and scan the copy as well.",
    )


def no_frames() -> Problem:
    """Return the problem of a video out of which not one frame comes."""
    return Problem(ProblemKind.NO_FRAMES, "Not one frame of the video can be decoded.", _GET_AGAIN)


def too_long(reason: str) -> Problem:
    """Return the problem of a video that goes on after the limit."""
    return Problem(
        ProblemKind.TOO_LONG,
        f"The video goes on after the limit of {reason}; what comes later was not looked at.",
        "Raise the limit if the file is trusted, or cut a copy into parts and scan those as well.",
    )


@contextmanager
def memory_limit() -> Iterator[None]:
    """Turn a failed allocation inside into the PictureError that says so."""
    try:
        yield
    except MemoryError as error:
        raise error_of(out_of_memory()) from error


def error_of(problem: Problem) -> PictureError:
    """Return the exception that carries a problem."""
    return PictureError(problem.kind, problem.message, problem.hint)
