"""The wording of what is wrong with a container or one of its members."""

from typing import Final

from rempart.media.errors import ContainerError
from rempart.model.scan import Problem, ProblemKind

_GET_AGAIN: Final = "Get the file again from its source, or examine it with a forensic tool."
_RAISE: Final = "Raise the limit if the file is trusted, or unpack a copy and scan the folder."
_UNPACK: Final = "Unpack a copy with a tool that you trust, and scan the folder."


def truncated(what: str) -> Problem:
    """Return the problem of bytes that end too early."""
    return Problem(ProblemKind.TRUNCATED, f"The {what} ends too early.", _GET_AGAIN)


def corrupt(what: str, reason: str) -> Problem:
    """Return the problem of bytes that contradict their format."""
    return Problem(ProblemKind.CORRUPT, f"The {what} is damaged: {reason}.", _GET_AGAIN)


def encrypted(what: str) -> Problem:
    """Return the problem of what cannot be read without a key."""
    return Problem(
        ProblemKind.ENCRYPTED,
        f"The {what} is encrypted.",
        "Unpack a copy with its password or key, and scan the folder.",
    )


def unsupported(what: str, reason: str) -> Problem:
    """Return the problem of a kind of container or packing that is not read."""
    return Problem(ProblemKind.UNSUPPORTED_FORMAT, f"The {what} is not read: {reason}.", _UNPACK)


def unsupported_pixels(reason: str) -> Problem:
    """Return the problem of an embedded picture whose kind of pixels is not read."""
    return Problem(
        ProblemKind.UNSUPPORTED_PIXELS,
        f"The embedded picture is not read: {reason}.",
        "Take the pictures out of a copy with a tool that you trust, and scan them.",
    )


def link() -> Problem:
    """Return the problem of a member that only points elsewhere."""
    return Problem(
        ProblemKind.LINK_NOT_FOLLOWED,
        "The member is a link; links in archives are never followed.",
        "Look whether what it points to was scanned.",
    )


def not_a_file() -> Problem:
    """Return the problem of a device, pipe or the like."""
    return Problem(
        ProblemKind.NOT_A_FILE, "The member is a device or a pipe, not a file.", "Nothing to do."
    )


def out_of_memory(what: str) -> Problem:
    """Return the problem of packed data that need more memory than they may use."""
    return Problem(
        ProblemKind.MEMORY_LIMIT,
        f"Unpacking the {what} needs more memory than it may use.",
        _UNPACK,
    )


def too_many_members(limit: int) -> Problem:
    """Return the problem of an archive with more members than are looked at."""
    return Problem(
        ProblemKind.TOO_MANY_MEMBERS,
        f"The archive holds more members than the limit of {limit}, nested ones counted.",
        _RAISE,
    )


def too_many_bytes(limit: int) -> Problem:
    """Return the problem of an archive that unpacks to more than is read of it."""
    return Problem(
        ProblemKind.EXPANDS_TOO_MUCH,
        f"The archive unpacks to more than the limit of {limit} bytes, nested archives counted.",
        _RAISE,
    )


def too_high_a_ratio(limit: int) -> Problem:
    """Return the problem of bytes that unpack to far more than they are."""
    return Problem(
        ProblemKind.EXPANDS_TOO_MUCH,
        f"It unpacks to more than {limit} times its packed size.",
        _RAISE,
    )


def too_large(limit: int) -> Problem:
    """Return the problem of a member that is larger than a member may be."""
    return Problem(
        ProblemKind.FILE_TOO_LARGE,
        f"The member unpacks to more than the limit of {limit} bytes.",
        _RAISE,
    )


def too_deep(limit: int) -> Problem:
    """Return the problem of an archive that lies in too many others."""
    return Problem(
        ProblemKind.NESTED_TOO_DEEP,
        f"The archive lies deeper than the limit of {limit} archives within archives.",
        _RAISE,
    )


def false_checksum(what: str) -> Problem:
    """Return the problem of bytes that are all there, and that their checksum does not fit."""
    return corrupt(what, "its checksum does not fit its bytes")


def error_of(problem: Problem, *, gave_all: bool = False) -> ContainerError:
    """Return the exception that carries a problem."""
    return ContainerError(problem.kind, problem.message, problem.hint, gave_all=gave_all)
