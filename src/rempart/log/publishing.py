"""New checkpoints of a log: signed only where the log continues everything that was signed before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rempart.log.checkpoints import Checkpoint
from rempart.log.errors import LogForkedError, NoteFormatError, NoteSignatureError, ProofError
from rempart.log.merkle import Frontier
from rempart.log.note_keys import VerifierKey
from rempart.log.ports import LogStore, Signer
from rempart.log.proofs import verify_consistency
from rempart.log.signing import open_checkpoint, sign_checkpoint, verifier_key
from rempart.log.tree import StoredTree
from rempart.model.log import LogHead, StoredCheckpoint

_HINT: Final = (
    "Either the store was altered, or it was restored from a backup that is older than the checkpoint."
    " Keep a copy of the store, find out which, and compare with a checkpoint that others hold."
)


def publish_checkpoint(
    store: LogStore,
    log: str,
    *,
    origin: str,
    signers: Sequence[Signer],
    at: datetime,
    remembered: Sequence[str] = (),
) -> StoredCheckpoint:
    """Sign the log as it is now with all its keys, keep the checkpoint, and return it.

    Args:
        store: keeps the log.
        log: the log's name.
        origin: who the log is.
        signers: the log's keys.
        at: the present moment.
        remembered: notes of this log that are kept outside the store; a store that was restored from a backup
            forgets its newest checkpoints and cannot tell by itself.

    Raises:
        LogForkedError: the log does not continue its newest checkpoint or a remembered one; nothing was signed.
        LogDamagedError: a hash that the log must have is absent.
    """
    newest = store.newest_checkpoint(
        log
    )  # before the head: another process may append and sign in between
    head = store.head(log)
    keys = [verifier_key(origin, signer) for signer in signers]
    earlier = [*remembered, *([newest.note] if newest is not None else [])]
    for note in earlier:
        require_continuation(StoredTree(store, log), head, origin=origin, keys=keys, note=note)
    checkpoint = Checkpoint(origin=origin, size=head.size, root=Frontier(head).root)
    signed = StoredCheckpoint(
        size=head.size, at=at, note=sign_checkpoint(checkpoint, signers, at=at)
    )
    store.add_checkpoint(log, signed)
    return signed


def require_continuation(
    tree: StoredTree, head: LogHead, *, origin: str, keys: Sequence[VerifierKey], note: str
) -> None:
    """Check that a log continues one checkpoint of its own.

    Raises:
        LogForkedError: it does not, or the checkpoint is not this log's.
        LogDamagedError: a hash that the log must have is absent.
    """
    try:
        signed = open_checkpoint(note.encode(), keys).checkpoint
    except (NoteFormatError, NoteSignatureError) as error:
        msg = "An earlier checkpoint of the log is not signed by the log's keys."
        raise LogForkedError(msg, hint=_HINT) from error
    if signed.origin != origin:
        msg = f"An earlier checkpoint is of the log {signed.origin}, not of {origin}."
        raise LogForkedError(msg, hint=_HINT)
    if signed.size > head.size:
        msg = f"The log has {head.size} leaves, and {signed.size} were signed before."
        raise LogForkedError(msg, hint=_HINT)
    root = Frontier(head).root
    proof = tree.consistency_proof(signed.size, head.size)
    try:
        verify_consistency(signed.size, head.size, signed.root, root, proof)
    except ProofError as error:
        msg = f"The log's first {signed.size} leaves are not those that were signed before."
        raise LogForkedError(msg, hint=_HINT) from error
