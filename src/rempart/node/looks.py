"""What changes nothing in the store and is an event all the same: a look into what was matched, or data handed out."""

from collections.abc import Mapping
from typing import Final

from rempart.model.principals import Principal
from rempart.node.node import OpenNode

AUDIT_EXPORTED: Final = "audit.exported"
LIST_EXPORTED: Final = "list.exported"
MATCHES_READ: Final = "matches.read"
RESULTS_EXPORTED: Final = "results.exported"
RESULTS_REPORTED: Final = "results.reported"


def note_look(
    node: OpenNode, kind: str, details: Mapping[str, object], *, by: Principal | None = None
) -> None:
    """Put a look or a handing out on record, before anybody gets what it is about.

    Args:
        node: the node.
        kind: one of this module.
        details: identifiers, moments, formats and counts; never a path, a reference or a fingerprint.
        by: who does it; absent means the node's own principal.

    Raises:
        RempartError: the store takes no writes; then nothing may be handed out.
    """
    with node.store.write(
        principal=by or node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.record(kind, details)
