"""Find the files to scan, in an order that is the same in every run, and open each one safely.

The order is that of the path's components, root by root, so that a run can go on where it stopped. A link
is never followed unless the caller says so; a named root is followed, for the caller named it.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rempart.model.scan import Problem, ProblemKind

Position = tuple[int, tuple[bytes, ...]]
"""Which root, counted from 0, and the components below it; positions sort in the order of the walk."""

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_KINDS: Final = {
    errno.ENOENT: ProblemKind.NOT_FOUND,
    errno.ENOTDIR: ProblemKind.NOT_FOUND,
    errno.EACCES: ProblemKind.PERMISSION_DENIED,
    errno.EPERM: ProblemKind.PERMISSION_DENIED,
    errno.ELOOP: ProblemKind.LINK_NOT_FOLLOWED,
    errno.ENXIO: ProblemKind.NOT_A_FILE,
    errno.ENODEV: ProblemKind.NOT_A_FILE,
}
_HINTS: Final = {
    ProblemKind.NOT_FOUND: "Check the path; the file may have been moved while the run went on.",
    ProblemKind.PERMISSION_DENIED: "Run as a user who may read it.",
    ProblemKind.LINK_NOT_FOLLOWED: "Use --follow-links to read what links point to.",
    ProblemKind.NOT_A_FILE: "Name an ordinary file or a folder.",
    ProblemKind.READ_ERROR: "Check the disk and read the file again.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One path that the walk came to.

    Attributes:
        path: the bytes of the path, as the caller would write it.
        position: where in the walk it lies.
        descriptor: open for reading; whoever takes the value closes it. Absent where there is a problem.
        size: bytes, where it could be opened.
        problem: why it cannot be read.
    """

    path: bytes
    position: Position
    descriptor: int | None
    size: int | None
    problem: Problem | None


def walk(
    roots: Iterable[bytes], *, follow_links: bool = False, after: Position | None = None
) -> Iterator[Found]:
    """Yield every file below the roots, opened; folders that cannot be read are yielded as problems.

    Args:
        roots: files or folders.
        follow_links: read what links point to; a folder is entered once only.
        after: leave out everything up to and including this position.
    """
    for number, root in enumerate(roots):
        if after is not None and number < after[0]:
            continue
        skip = after[1] if after is not None and number == after[0] else None
        # A named root is followed, whatever it is: the caller named it.
        yield from _Walk(follow_links=follow_links).below(_Place(root, (number, ()), skip))


@dataclass(frozen=True, slots=True)
class _Place:
    """A path still to be visited; `skip` holds the components to go past, None means nothing to skip."""

    path: bytes
    position: Position
    skip: tuple[bytes, ...] | None


class _Walk:
    """The walk below one root: a stack, not recursion, so that no depth of folders can exhaust it."""

    def __init__(self, *, follow_links: bool) -> None:
        self._follow_links = follow_links
        self._entered: set[tuple[int, int]] = set()

    def below(self, root: _Place) -> Iterator[Found]:
        """Yield every file at and below a root, in order."""
        pending = [root]
        while pending:
            place = pending.pop()
            # A named root is followed, whatever it is: the caller named it.
            follow = self._follow_links or place is root
            try:
                status = os.stat(place.path, follow_symlinks=follow)  # noqa: PTH116 - bytes
                if stat.S_ISDIR(status.st_mode):
                    pending += reversed(self._inside(place, status))
                    continue
            except (OSError, ValueError) as error:
                if place.skip is None:
                    yield _failed(place.path, place.position, error)
                continue
            if place.skip is None:
                yield _opened(place.path, place.position, status, follow_links=follow)

    def _inside(self, place: _Place, status: os.stat_result) -> list[_Place]:
        """Return what a folder holds, in order, without what is to be skipped; nothing when entered before."""
        identity = (status.st_dev, status.st_ino)
        if identity in self._entered:
            return []
        self._entered.add(identity)
        root, components = place.position
        skip = place.skip or ()
        return [
            _Place(
                path=os.path.join(place.path, name),  # noqa: PTH118 - paths are bytes here
                position=(root, (*components, name)),
                skip=skip[1:] if skip[:1] == (name,) else None,
            )
            for name in sorted(os.listdir(place.path))  # noqa: PTH208 - paths are bytes here
            if not skip or name >= skip[0]
        ]


def _opened(
    path: bytes, position: Position, status: os.stat_result, *, follow_links: bool
) -> Found:
    """Open one path without following a link or waiting on a pipe, and see that it is an ordinary file.

    What is no ordinary file is not even opened: opening a device can have effects.
    """
    if stat.S_ISLNK(status.st_mode):
        problem = _problem(ProblemKind.LINK_NOT_FOLLOWED, "it is a link")
        return Found(path, position, None, None, problem)
    if stat.S_ISREG(status.st_mode):
        try:
            descriptor = os.open(path, _OPEN_FLAGS | (0 if follow_links else os.O_NOFOLLOW))
        except OSError as error:
            return _failed(path, position, error)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return Found(path, position, descriptor, status.st_size, None)
        os.close(descriptor)
    problem = _problem(ProblemKind.NOT_A_FILE, "it is a pipe, a socket or a device")
    return Found(path, position, None, None, problem)


def _failed(path: bytes, position: Position, error: OSError | ValueError) -> Found:
    if isinstance(error, OSError):
        return Found(path, position, None, None, problem_of(error))
    problem = _problem(ProblemKind.NOT_FOUND, "the path holds a NUL byte")
    return Found(path, position, None, None, problem)


def problem_of(error: OSError) -> Problem:
    """Say what an error of the operating system means for the file."""
    kind = _KINDS.get(error.errno or 0, ProblemKind.READ_ERROR)
    return _problem(kind, os.strerror(error.errno) if error.errno else "the read failed")


def _problem(kind: ProblemKind, message: str) -> Problem:
    return Problem(kind=kind, message=message, hint=_HINTS[kind])
