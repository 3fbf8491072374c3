"""Every operation of the service."""

from rempart.api.metrics import Metrics
from rempart.api.operations import Operation
from rempart.api.routes.audit import audit_operations
from rempart.api.routes.entries import entry_operations
from rempart.api.routes.history import history_operations
from rempart.api.routes.keys import key_operations
from rempart.api.routes.lists import list_operations
from rempart.api.routes.matching import matching_operations
from rempart.api.routes.operating import Lacks, nothing, operating_operations
from rempart.api.routes.scanning import scanning_operations


def every_operation(metrics: Metrics, lacks: Lacks = nothing) -> list[Operation]:
    """Return every operation but the description of them.

    Args:
        metrics: where they count.
        lacks: says what the application itself lacks to answer them all.
    """
    return [
        *matching_operations(metrics),
        *scanning_operations(metrics),
        *list_operations(),
        *entry_operations(),
        *history_operations(),
        *key_operations(),
        *audit_operations(),
        *operating_operations(metrics, lacks),
    ]
