"""What every kind of container is to its reader: members in order, and what could not be read."""

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, final

from rempart.media.archives import _problems
from rempart.media.archives._reading import ContainerSource
from rempart.media.archives.limits import ArchiveBudget, ArchiveLimits
from rempart.media.errors import ContainerError
from rempart.model.scan import Problem

_FEW_TEXTS: Final = 20
"""That a document has whatever the limit on its members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One object inside a container: no folder, and nothing that is on the disk.

    Attributes:
        number: its place, counted from 1 over everything that is no folder; some numbers may be left out.
        name: as the container's bytes have it; only a label: it may be absolute, occur twice, or be in no encoding.
        size: unpacked bytes as the container claims; absent where it does not say.
        problem: why it cannot be opened, where that is known beforehand.
    """

    number: int
    name: bytes
    size: int | None
    problem: Problem | None = None
    _opened: Callable[[], io.RawIOBase] | None = field(default=None, repr=False)

    def open(self) -> io.RawIOBase:
        """Return the member's bytes as a stream that ends only where it has been checked.

        The stream can only be read forward, only until the next member is asked for. `read(n)` returns n bytes
        unless the end is near. What can be unpacked is given; where it stops, the next `read` raises.

        Raises:
            ContainerError: it cannot be opened; or, from `read`, is torn, damaged or over a limit.
        """
        if self.problem is not None:
            raise _problems.error_of(self.problem)
        if self._opened is None:
            raise _problems.error_of(_problems.not_a_file())
        return self._opened()


class Container(ABC):
    """An open container; it reads its source only when members are asked for or read.

    Attributes:
        problem: after the iteration, what of the container could not be read; it says nothing of damaged members.
    """

    def __init__(
        self, source: ContainerSource, limits: ArchiveLimits, budget: ArchiveBudget
    ) -> None:
        self.problem: Problem | None = None
        self._source = source
        self._limits = limits
        self._budget = budget

    @final
    def members(self, *, first: int = 1) -> Iterator[Member]:
        """Return the members in order, from number `first` on.

        Whatever is wrong ends the iteration and stands in `problem`; nothing of it is raised.
        """
        try:
            for member in self._members():
                self._budget.take_member()
                if member.number >= first:
                    yield member
                if self._budget.is_spent:
                    self._note(_problems.too_many_bytes(self._limits.max_bytes))
                    return
        except ContainerError as error:
            self._note(error.problem)
        except MemoryError:
            self._note(_problems.out_of_memory("archive"))

    @abstractmethod
    def _members(self) -> Iterator[Member]:
        """Return all members; raise ContainerError where it cannot go on."""

    def close(self) -> None:  # noqa: B027 - most formats keep nothing open
        """Let go of whatever the format keeps open; the source stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _require_few(self, number: int) -> None:
        """Raise ContainerError where what is passed over has become too much: it takes time, if no members."""
        most = self._limits.max_members
        if number > 2 * most + _FEW_TEXTS:
            raise _problems.error_of(_problems.too_many_members(most))

    def _note(self, problem: Problem) -> None:
        """Keep the first thing that is wrong."""
        if self.problem is None:
            self.problem = problem
