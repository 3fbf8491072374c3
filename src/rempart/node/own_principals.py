"""Who is on record for what the node does by itself: its service and its keeper, not whoever made the node."""

from typing import Final

from rempart.model.principals import Principal, PrincipalKind
from rempart.node.node import OpenNode
from rempart.store import Store

OWN_ISSUER: Final = "rempart-node"
"""Who vouches for them: another name than that of the principals of keys, so that no key can be made for them."""

SERVICE: Final = "service"
KEEPER: Final = "keeper"


def own_principal(node: OpenNode, subject: str, *, store: Store | None = None) -> Principal:
    """Return one of the node's own principals; made on first need, in a write of its own.

    Args:
        node: whose.
        subject: `SERVICE` or `KEEPER`.
        store: of the node, opened to wait as long as the caller can; absent means the node's.

    Raises:
        StoreLockedError: it is not made yet, and another process is writing.
    """
    store = store or node.store
    found = store.find_principal(OWN_ISSUER, subject)
    if found is not None:
        return found
    with store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        # Nobody else can write meanwhile, so what is not there now will not be there when this write ends.
        found = store.find_principal(OWN_ISSUER, subject) or writer.add_principal(
            issuer=OWN_ISSUER, subject=subject, kind=PrincipalKind.SERVICE
        )
        writer.record("principal.added", {"principal": str(found.id)})
    return found
