"""Who is on record beside persons and keys: the node's own service and keeper, and callers without a key."""

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
    return ensure_principal(node, OWN_ISSUER, subject, store=store or node.store)


def ensure_principal(node: OpenNode, issuer: str, subject: str, *, store: Store) -> Principal:
    """Return who acts under a name and is no person; made on first need, in a write of its own.

    Raises:
        StoreLockedError: it is not made yet, and another process is writing.
    """
    found = store.find_principal(issuer, subject)
    if found is not None:
        return found
    try:
        return _made(node, issuer, subject, store)
    except _ElsewhereMadeError as error:
        return error.principal


def _made(node: OpenNode, issuer: str, subject: str, store: Store) -> Principal:
    with store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        # Nobody else can write meanwhile, so what is not there now will not be there when this write ends.
        found = store.find_principal(issuer, subject)
        if found is not None:
            raise _ElsewhereMadeError(found)
        made = writer.add_principal(issuer=issuer, subject=subject, kind=PrincipalKind.SERVICE)
        writer.record("principal.added", {"principal": str(made.id)})
    return made


class _ElsewhereMadeError(Exception):
    """Somebody else made the principal while this write waited: it has nothing to do, and leaves no event."""

    def __init__(self, principal: Principal) -> None:
        super().__init__(principal.subject)
        self.principal = principal
