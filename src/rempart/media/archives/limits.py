"""Limits on what an archive may unpack to, and what is left of them while it is unpacked."""

from dataclasses import dataclass
from typing import Final

from rempart.media.archives import _problems

RATIO_FLOOR_BYTES: Final = 1024 * 1024
"""Up to here no ratio counts: a small file of zeros is no bomb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What one file may unpack to, with all that lies nested in it.

    Attributes:
        max_members: members, of all nested archives together.
        max_bytes: sum of the unpacked bytes, of all nested archives together.
        max_ratio: unpacked bytes for each packed one; of each member, or of the whole where members are packed
            together.
        max_member_bytes: unpacked bytes of one member.
        max_depth: archives within archives; an archive that is a file has depth 1.

    Raises:
        ValueError: a limit is not positive.
    """

    max_members: int = 1_000_000
    max_bytes: int = 64 * 1024**3
    max_ratio: int = 1000
    max_member_bytes: int = 16 * 1024**3
    max_depth: int = 8

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                msg = f"{name} must be positive"
                raise ValueError(msg)


class ArchiveBudget:
    """What is left of the limits; one for a file and everything nested in it.

    Attributes:
        limits: what there was at the start.
        members: how many more members may be given.
        bytes: how many more bytes may be unpacked.
    """

    def __init__(self, limits: ArchiveLimits) -> None:
        self.limits = limits
        self.members = limits.max_members
        self.bytes = limits.max_bytes

    @property
    def is_spent(self) -> bool:
        """Whether nothing more can be unpacked."""
        return self.bytes < 0

    def take_member(self) -> None:
        """Count one member.

        Raises:
            ContainerError: it is one too many.
        """
        if self.members <= 0:
            raise _problems.error_of(_problems.too_many_members(self.limits.max_members))
        self.members -= 1

    def take_bytes(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            ContainerError: they are too many.
        """
        self.bytes -= count
        if self.bytes < 0:
            raise _problems.error_of(_problems.too_many_bytes(self.limits.max_bytes))
