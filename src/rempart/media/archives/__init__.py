"""Read archives, documents and messages as streams of members: bounded, nothing on disk."""

from rempart.media.archives.container import Container, Member
from rempart.media.archives.limits import ArchiveBudget, ArchiveLimits
from rempart.media.archives.opening import container_type, is_container, open_container
from rempart.media.errors import ContainerError

__all__ = [
    "ArchiveBudget",
    "ArchiveLimits",
    "Container",
    "ContainerError",
    "Member",
    "container_type",
    "is_container",
    "open_container",
]
