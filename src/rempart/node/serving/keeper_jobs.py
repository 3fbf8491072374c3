"""Which jobs the keeper does: what each is, how often it is due, and whether one process of all machines does it."""

from collections.abc import Sequence

from rempart.node.audit import sequence, sign_checkpoint_if_due
from rempart.node.careful_retention import CarefulRetention
from rempart.node.hma import fetch_exchanges
from rempart.node.index_keeper import IndexKeeper
from rempart.node.node import OpenNode
from rempart.node.retention import resume_due_entries
from rempart.node.service.journal import take_in_journals
from rempart.node.serving.jobs import Job
from rempart.node.settings import Settings


def keeper_jobs(settings: Settings) -> Sequence[Job]:
    """Return the jobs of one machine's keeper under these settings."""
    index = IndexKeeper()

    def tend_index(node: OpenNode) -> object:
        return index.tend(node.folder, node.store)

    def sign_checkpoint(node: OpenNode) -> object:
        return sign_checkpoint_if_due(node, settings.checkpoint_seconds)

    return [
        Job("index", 1.0, tend_index, is_shared=False),
        Job("history-journals", 1.0, take_in_journals, is_shared=False),
        Job("log-sequence", 1.0, sequence, is_shared=True),
        Job(
            "log-checkpoint", min(5.0, settings.checkpoint_seconds), sign_checkpoint, is_shared=True
        ),
        Job("resume-entries", 1.0, resume_due_entries, is_shared=True),
        Job("retention", 600.0, CarefulRetention().tend, is_shared=True, longest_seconds=600),
        Job("exchanges", 5.0, fetch_exchanges, is_shared=True, longest_seconds=600),
    ]
