"""Write look-ups with what they found into the store: one transaction and one event for a group."""

from collections import Counter
from collections.abc import Sequence

from rempart.model.service import Lookup
from rempart.node.node import OpenNode
from rempart.node.own_principals import SERVICE, own_principal
from rempart.store import Store


def record_lookups(
    node: OpenNode, store: Store, lookups: Sequence[Lookup], *, is_late: bool = False
) -> None:
    """Keep look-ups; their event says how many, and for whom; it is the service's own.

    Args:
        node: who writes, and when.
        store: of the node, opened to wait as long as the caller can.
        lookups: at least one.
        is_late: whether they were answered earlier and waited in a journal.

    Raises:
        RempartError: the store does not take them; none is kept.
    """
    details: dict[str, object] = {
        "lookups": len(lookups),
        "matches": sum(len(each.matches) for each in lookups),
        "asked_by": dict(Counter(str(each.principal_id) for each in lookups)),
    }
    if is_late:
        details["answered_from"] = "journal"
    with store.write(
        principal=own_principal(node, SERVICE, store=store),
        clock=node.clock,
        identifiers=node.identifiers,
    ) as writer:
        writer.lookups.record(lookups)
        writer.record("matches.recorded", details)
