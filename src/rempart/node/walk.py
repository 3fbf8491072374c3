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
from rempart.node.errors import ResumeMismatchError

Position = tuple[int, tuple[bytes, ...]]
"""Which root, counted from 0, and the components below it; positions sort in the order of the walk."""

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
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
_HINTS_BY_ERROR: Final = {
    errno.ENAMETOOLONG: "Name the folder that holds it by a shorter path, or shorten its name.",
    errno.ELOOP: "Remove the link, or let it point to a file.",
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
    roots: Iterable[bytes],
    *,
    follow_links: bool = False,
    follow_roots: bool = True,
    after: Position | None = None,
    is_inside: bool = False,
) -> Iterator[Found]:
    """Yield every file below the roots, opened; folders that cannot be read are yielded as problems.

    Args:
        roots: files or folders.
        follow_links: read what links point to; a folder is entered once only.
        follow_roots: follow a root that is a link, for the caller named it; not for roots that a program listed.
        after: leave out everything up to and including this position.
        is_inside: the run stopped inside the file at that position: it is the first that is yielded, come what may.
    """
    for number, root in enumerate(roots):
        if after is not None and number < after[0]:
            continue
        skip = after[1] if after is not None and number == after[0] else None
        is_inside_here = is_inside and skip is not None
        one = _Walk(follow_links=follow_links, follow_root=follow_roots, is_inside=is_inside_here)
        yield from one.below(_Place(root, (number, ()), one.left_to_skip(skip)))


@dataclass(frozen=True, slots=True)
class _Place:
    """A path still to be visited.

    Attributes:
        skip: components to go past, below here; absent means that there is nothing to skip.
        is_passed: all of it was dealt with before: it is entered only to remember which folders were.
    """

    path: bytes
    position: Position
    skip: tuple[bytes, ...] | None
    is_passed: bool = False

    @property
    def is_wanted(self) -> bool:
        """Whether what lies at the path itself is to be yielded."""
        return self.skip is None and not self.is_passed


class _Walk:
    """The walk below one root: a stack, not recursion, so that no depth of folders can exhaust it."""

    def __init__(self, *, follow_links: bool, follow_root: bool, is_inside: bool) -> None:
        self._follow_links = follow_links
        self._follow_root = follow_root
        self._is_inside = is_inside
        self._entered: set[tuple[int, int]] = set()

    def below(self, root: _Place) -> Iterator[Found]:
        """Yield every file at and below a root, in order."""
        pending: list[Iterator[_Place]] = [iter((root,))]
        while pending:
            place = next(pending[-1], None)
            if place is None:
                pending.pop()
                continue
            follow = self._follow_links or (self._follow_root and place is root)
            try:
                status = os.stat(place.path, follow_symlinks=follow)  # noqa: PTH116 - bytes
                if stat.S_ISDIR(status.st_mode):
                    pending.append(self._inside(place, follow=follow))
                    continue
            except (OSError, ValueError) as error:
                if place.is_wanted:
                    yield _failed(place.path, place.position, error)
                elif place.skip:
                    raise _lost_position(place.path) from error
                continue
            if place.is_wanted:
                yield _opened(place.path, place.position, status, follow_links=follow)

    def left_to_skip(self, skip: tuple[bytes, ...] | None) -> tuple[bytes, ...] | None:
        """Return what is to be gone past: not the last one of all, where the run stopped inside it."""
        return None if self._is_inside and not skip else skip

    def _inside(self, place: _Place, *, follow: bool) -> Iterator[_Place]:
        """Return what a folder holds, in order, without what is to be skipped; nothing when entered before.

        The names are read now and kept, the rest is made of them one by one: a folder may hold millions.
        """
        descriptor = os.open(place.path, _FOLDER_FLAGS | (0 if follow else os.O_NOFOLLOW))
        try:
            if self._was_entered(os.fstat(descriptor)):
                return iter(())
            inside = os.listdir(descriptor)  # noqa: PTH208 - the folder is open already
        finally:
            os.close(descriptor)
        root, components = place.position
        skip = place.skip or ()
        names = [os.fsencode(each) for each in inside]
        if self._is_inside and len(skip) == 1 and skip[0] not in names:
            names.append(skip[0])  # it may be gone meanwhile: then that is told
        names.sort()
        return (
            _Place(
                path=os.path.join(place.path, name),  # noqa: PTH118 - paths are bytes here
                position=(root, (*components, name)),
                skip=self.left_to_skip(skip[1:]) if skip[:1] == (name,) else None,
                is_passed=place.is_passed or (name,) < skip[:1],
            )
            for name in names
            if self._follow_links or not skip or name >= skip[0]
        )

    def _was_entered(self, status: os.stat_result) -> bool:
        """Tell whether a folder was entered before, and remember it.

        Only links can lead to a folder again. Where none is followed nothing is compared: there are file
        systems that give many folders one number, and not one of them may be left out.
        """
        if not self._follow_links:
            return False
        identity = (status.st_dev, status.st_ino)
        if identity in self._entered:
            return True
        self._entered.add(identity)
        return False


def _lost_position(path: bytes) -> ResumeMismatchError:
    """The folder in which the run stopped cannot be read: going on would leave out all that lies behind it."""
    message = f"{path.decode('utf-8', 'replace')} cannot be read, and the run stopped inside it."
    return ResumeMismatchError(
        message, hint="Bring it back, then resume again; nothing was changed."
    )


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
    number = error.errno or 0
    kind = _KINDS.get(number, ProblemKind.READ_ERROR)
    message = os.strerror(number) if number else "the read failed"
    return Problem(kind, message, _HINTS_BY_ERROR.get(number, _HINTS[kind]))


def _problem(kind: ProblemKind, message: str) -> Problem:
    return Problem(kind=kind, message=message, hint=_HINTS[kind])
