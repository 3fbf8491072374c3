"""The audit log for callers that may read it."""

from typing import BinaryIO, cast

from rempart.node.audit import (
    AuditPage,
    audit_checkpoint,
    audit_events,
    audit_keys,
    audit_proof,
    write_audit,
)
from rempart.node.audit_log import AUDIT_LOG
from rempart.node.looks import AUDIT_EXPORTED, note_look
from rempart.node.node import OpenNode
from rempart.node.service.caller import Caller
from rempart.node.service.lists import WritesBytes


class AuditDesk:
    """Shows the log, its checkpoints and proofs."""

    def __init__(self, node: OpenNode) -> None:
        """Take the node whose log this is."""
        self._node = node

    def page(self, *, after: int | None, limit: int, kind: str | None) -> AuditPage:
        """Return events in the order in which they happened."""
        kinds = frozenset() if kind is None else frozenset({kind})
        return audit_events(self._node, after, limit, kinds)

    def newest_checkpoint(self) -> str | None:
        """Return the newest signed checkpoint, if there is one."""
        newest = self._node.store.log.newest_checkpoint(AUDIT_LOG)
        return None if newest is None else newest.note

    def checkpoint(self) -> str:
        """Sign the log as it is, and return the checkpoint."""
        return audit_checkpoint(self._node).note

    def keys(self) -> str:
        """Return the public keys that checkpoints are checked with, one a line."""
        return "".join(f"{line}\n" for line in audit_keys(self._node))

    def proof(self, index: int) -> str:
        """Return what shows that one event stands in the log.

        Raises:
            LeafUnknownError: there is no such event.
            LeafErasedError: it was erased.
        """
        return audit_proof(self._node, index).text

    def export(self, caller: Caller, sink: WritesBytes, *, first: int) -> None:
        """Sign the log as it is and write it from one event on; that it was done is on record first.

        Raises:
            LeafUnknownError: there is no such event.
        """
        node = self._node
        note_look(node, AUDIT_EXPORTED, {"first": first}, by=caller.principal)
        write_audit(node, cast("BinaryIO", sink), audit_checkpoint(node), first)
