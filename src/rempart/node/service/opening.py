"""Make a worker's gate from its node."""

from rempart.access import Access
from rempart.node.keys import anonymous_principal, node_secrets
from rempart.node.node import OpenNode
from rempart.node.service.budgets import Charge
from rempart.node.service.identity import Gate, GateSettings


def open_gate(node: OpenNode, *, charge: Charge | None = None) -> Gate:
    """Join policies, secrets and keys of a node to the gate of one worker.

    Makes what is missing of the node's secrets. Callers without a key are let in only on an exercise node whose
    operator named addresses for them; at which address a request arrived is for the routes to ask.

    Args:
        node: whose callers it lets in.
        charge: counts queries; absent means the node's store, which may wait long for another write.

    Raises:
        RempartError: key file or policies cannot be used.
    """
    settings = node.settings
    lets_in_anonymous = bool(settings.hma_anonymous) and node.store.node.is_exercise
    return Gate(
        access=Access.load(),
        find_key=node.store.keys.by_digest,
        charge=charge or node.store.charge,
        mac_secret=node_secrets(node).api_key_mac(),
        settings=GateSettings(
            workers=settings.serve_worker_count(),
            requests_per_minute=settings.requests_per_minute,
            queries_per_day=settings.queries_per_day,
        ),
        clock=node.clock,
        anonymous=anonymous_principal(node) if lets_in_anonymous else None,
    )
