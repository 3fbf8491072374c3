"""What a node forgets when its time is over, and which entries it takes up again."""

import contextlib
from datetime import timedelta
from typing import Final

from rempart.node.node import OpenNode
from rempart.store import StoreWriter

_DAYS_OF_COUNTS: Final = 2
"""Yesterday's counts stay: the day of a key may still be asked for by a machine whose clock is behind."""
_ENTRIES_AT_ONCE: Final = 1000


class _NothingToForgetError(Exception):
    """Takes back a write that would only say that nothing was done."""


def forget_expired(node: OpenNode) -> dict[str, int]:
    """Delete every scan, look-up, kept answer and count whose time is over; return how many of each.

    One transaction with one event; none where there was nothing to forget. May be ended at any point.
    """
    counts: dict[str, int] = {}
    with (
        contextlib.suppress(_NothingToForgetError),
        node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer,
    ):
        counts = _forget(node, writer)
        if not any(counts.values()):
            raise _NothingToForgetError
        writer.record("retention.applied", counts)
    return counts


def _forget(node: OpenNode, writer: StoreWriter) -> dict[str, int]:
    now = node.clock.now()
    return {
        "scans": writer.purge_scans(now),
        "lookups": writer.lookups.purge(now),
        "answers": writer.idempotency.purge(now - timedelta(hours=node.settings.idempotency_hours)),
        "counts": writer.keys.purge_budgets(now.date() - timedelta(days=_DAYS_OF_COUNTS)),
    }


def resume_due_entries(node: OpenNode) -> int:
    """Let every entry be matched again whose suspension is over; return how many. May be ended at any point."""
    due = node.store.entry_pages.due_to_resume(node.clock.now(), limit=_ENTRIES_AT_ONCE)
    if not due:
        return 0
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        for _, entry_id in due:
            writer.entries.resume(entry_id)
        named = [{"list": str(list_id), "entry": str(entry_id)} for list_id, entry_id in due]
        writer.record("entries.resumed", {"entries": named})
    return len(due)
