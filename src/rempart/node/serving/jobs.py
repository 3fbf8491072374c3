"""Jobs of the keeper: what each is called, how often it is due, and who else may be doing it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rempart.node.node import OpenNode

_LONGEST_LEASE_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Job:
    """Something that has to be done again and again.

    Attributes:
        name: small letters with hyphens.
        seconds: from the end of one run to the beginning of the next.
        run: does it once; may be ended at any point, and must then do no harm when it comes again.
        is_shared: whether one process of all machines does it (under a lease in the store); else each machine does.
        longest_seconds: what one run may take before another machine may begin it too.
    """

    name: str
    seconds: float
    run: Callable[[OpenNode], object]
    is_shared: bool
    longest_seconds: int = 30

    @property
    def lease_seconds(self) -> int:
        """How long the right to do it is taken for: long enough that few ask for it while it is held."""
        wanted = max(int(self.seconds * 4), self.longest_seconds * 2)
        return min(_LONGEST_LEASE_SECONDS, wanted)
