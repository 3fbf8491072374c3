"""The audit log: every event of the node as a leaf, signed checkpoints, proofs, exports, erasing by law."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from rempart.log import (
    ByteSink,
    ExportCounts,
    LeafErasedError,
    LeafProof,
    LeafUnknownError,
    prove_leaf,
    publish_checkpoint,
    verifier_key,
    write_export,
)
from rempart.log import sequence as sequence_log
from rempart.model.log import StoredCheckpoint
from rempart.node.audit_log import (
    AUDIT_LOG,
    ERASED_KIND,
    EventContents,
    RememberedCheckpoint,
    audit_origin,
    audit_signers,
)
from rempart.node.audit_pages import AuditEvent, AuditPage, audit_events, recent_audit_events
from rempart.node.errors import AuditRequestError, EventNotErasableError
from rempart.node.files import write_whole
from rempart.node.looks import AUDIT_EXPORTED, note_look
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode

__all__ = [
    "AuditEvent",
    "AuditPage",
    "accept_restored_log",
    "audit_checkpoint",
    "audit_events",
    "audit_keys",
    "audit_proof",
    "erase_event",
    "export_audit",
    "recent_audit_events",
    "sequence",
    "sign_checkpoint_if_due",
    "write_audit",
]

RESTORED_KIND: Final = "audit.restored"
LONGEST_REASON: Final = 500

_SIGNED_ANEW_AFTER: Final = timedelta(days=1)
"""A log that does not grow is signed again after this time: others then see that it still is the whole log."""


def sequence(node: OpenNode) -> int:
    """Make a leaf of every event that has none yet, from the first ever written on; return how many.

    May be called by several processes at once, and be ended at any point.
    """
    return sequence_log(
        node.store.log,
        AUDIT_LOG,
        origin=audit_origin(node),
        contents=EventContents(node.store),
        draw_salts=os.urandom,
    )


def audit_checkpoint(node: OpenNode) -> StoredCheckpoint:
    """Sequence every event and sign the log as it then is.

    Raises:
        LogForkedError: the log does not continue what was signed before: it was altered, or restored from a backup.
    """
    return _sign(node, RememberedCheckpoint(node).notes())


def accept_restored_log(node: OpenNode, reason: str) -> StoredCheckpoint:
    """Sign again after the store was restored from a backup that is older than the remembered checkpoint.

    The event `audit.restored` keeps the reason and the checkpoint that the log no longer continues. Whoever holds that
    checkpoint will rightly find a fork.

    Raises:
        AuditRequestError: the reason has not its form.
        LogForkedError: the store itself holds checkpoints that its log does not continue: that is no restored backup.
    """
    _check_reason(reason)
    lost = RememberedCheckpoint(node).notes()
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        writer.record(RESTORED_KIND, {"reason": reason, "given_up": list(lost)})
    return _sign(node, ())


def sign_checkpoint_if_due(node: OpenNode, every_seconds: float) -> StoredCheckpoint | None:
    """Sign the log if it grew and the newest checkpoint is so old, or if that is a day old; return what was signed.

    Raises:
        LogForkedError: as for `audit_checkpoint`.
    """
    newest = node.store.log.newest_checkpoint(AUDIT_LOG)
    if newest is not None:
        age = node.clock.now() - newest.at
        has_grown = node.store.log.head(AUDIT_LOG).size > newest.size
        pause = timedelta(seconds=every_seconds) if has_grown else _SIGNED_ANEW_AFTER
        # A checkpoint from the future means that a clock jumped: do not wait until that time comes.
        if timedelta(0) <= age < pause:
            return None
    return audit_checkpoint(node)


def audit_keys(node: OpenNode) -> tuple[str, ...]:
    """Return the log's public keys as lines that others keep to check checkpoints."""
    origin = audit_origin(node)
    return tuple(verifier_key(origin, each).text for each in audit_signers(node))


def audit_proof(node: OpenNode, index: int) -> LeafProof:
    """Return what shows to others that one event stands in the log, under a checkpoint that covers it.

    Raises:
        LeafUnknownError: there is no such event.
        LeafErasedError: it was erased.
    """
    newest = node.store.log.newest_checkpoint(AUDIT_LOG)
    if newest is None or newest.size <= index:
        sequence(node)
        _require_event(node, index)  # nothing is signed for an event that does not exist
        newest = audit_checkpoint(node)
    return prove_leaf(
        node.store.log,
        AUDIT_LOG,
        contents=EventContents(node.store),
        checkpoint=newest,
        index=index,
    )


def export_audit(node: OpenNode, path: Path, first: int = 0) -> ExportCounts:
    """Sign the log as it is and write it to a new file from one event on, whole or not at all.

    That it was exported is an event too, the last one of the export.

    Raises:
        LeafUnknownError: the log has no such event.
        OutputExistsError: something has that name already.
        OutputFailedError: the disk refused.
    """
    with write_whole(path, is_private=True) as sink:
        sequence(node)
        if first:
            _require_event(node, first - 1)
        note_look(node, AUDIT_EXPORTED, {"first": first})
        return write_audit(node, sink, audit_checkpoint(node), first)


def write_audit(
    node: OpenNode, sink: ByteSink, checkpoint: StoredCheckpoint, first: int = 0
) -> ExportCounts:
    """Write the log up to a checkpoint, from one event on; after an error the sink holds a torn log.

    Raises:
        LeafUnknownError: the log has no such event.
    """
    return write_export(
        sink,
        node.store.log,
        AUDIT_LOG,
        origin=audit_origin(node),
        contents=EventContents(node.store),
        checkpoint=checkpoint,
        first=first,
    )


def erase_event(node: OpenNode, index: int, law: str) -> None:
    """Erase an event's details and its leaf's salt; the hash stays, and an event says which law required it.

    Args:
        node: the node; its principal does it.
        index: the event's.
        law: the provision, as an auditor will read it.

    Raises:
        LeafUnknownError: there is no such event.
        LeafErasedError: it was erased before.
        EventNotErasableError: it is itself the record of an erasure.
        AuditRequestError: the law has not its form.
    """
    _check_reason(law)
    sequence(node)
    _require_event(node, index)
    [(_, event)] = node.store.log.events(index, 1)
    if event.kind == ERASED_KIND:
        message = f"Event {index} is the record of an erasure."
        raise EventNotErasableError(message, hint="It stays; nothing was changed.")
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        if not writer.log.erase(AUDIT_LOG, index):
            msg = f"Event {index} was erased before."
            raise LeafErasedError(msg, hint="Nothing was changed.")
        writer.record(ERASED_KIND, {"index": index, "law": law})


def _require_event(node: OpenNode, index: int) -> None:
    size = node.store.log.head(AUDIT_LOG).size
    if not 0 <= index < size:
        msg = f"The log of {size} events has no event {index}."
        raise LeafUnknownError(msg, hint="Events are counted from 0: see `rempart audit show`.")


def _sign(node: OpenNode, remembered: Sequence[str]) -> StoredCheckpoint:
    signers = audit_signers(node)  # first: making them is an event too
    sequence(node)
    signed = publish_checkpoint(
        node.store.log,
        AUDIT_LOG,
        origin=audit_origin(node),
        signers=signers,
        at=node.clock.now(),
        remembered=remembered,
    )
    RememberedCheckpoint(node).keep(signed.note)
    return signed


def _check_reason(text: str) -> None:
    if len(text) > LONGEST_REASON or not is_plain_name(text):
        message = "The law or reason is empty, too long, has blanks around it or cannot be shown."
        raise AuditRequestError(
            message, hint=f"Name it in at most {LONGEST_REASON} characters, on one line."
        )
