"""Which jobs the keeper does."""

from collections.abc import Sequence

from rempart.node.serving.jobs import Job
from rempart.node.settings import Settings


def keeper_jobs(settings: Settings) -> Sequence[Job]:
    """Return the jobs of one machine's keeper under these settings."""
    del settings
    return []
