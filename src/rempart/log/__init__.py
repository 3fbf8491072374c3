"""RFC 6962 Merkle logs with signed C2SP checkpoints: one code for the audit log and for feeds."""

from rempart.log.checkpoints import Checkpoint, parse_checkpoint
from rempart.log.errors import (
    LeafErasedError,
    LeafUnknownError,
    LogDamagedError,
    LogForkedError,
    NoteFormatError,
    NoteSignatureError,
    ProofError,
    VerifierKeyError,
)
from rempart.log.export import ExportCounts, write_export
from rempart.log.leaf_proofs import LeafProof, prove_leaf
from rempart.log.merkle import EMPTY_ROOT, Frontier, leaf_hash, tree_root
from rempart.log.note_keys import VerifierKey, parse_verifier_key
from rempart.log.notes import NoteSignature, SignedNote, parse_note
from rempart.log.ports import ByteSink, LeafContents, LogStore, SaltSource, Signer
from rempart.log.proofs import verify_consistency, verify_inclusion
from rempart.log.publishing import publish_checkpoint, require_continuation
from rempart.log.sequencer import sequence
from rempart.log.signing import (
    OpenedCheckpoint,
    open_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from rempart.log.tree import StoredTree

__all__ = [
    "EMPTY_ROOT",
    "ByteSink",
    "Checkpoint",
    "ExportCounts",
    "Frontier",
    "LeafContents",
    "LeafErasedError",
    "LeafProof",
    "LeafUnknownError",
    "LogDamagedError",
    "LogForkedError",
    "LogStore",
    "NoteFormatError",
    "NoteSignature",
    "NoteSignatureError",
    "OpenedCheckpoint",
    "ProofError",
    "SaltSource",
    "SignedNote",
    "Signer",
    "StoredTree",
    "VerifierKey",
    "VerifierKeyError",
    "leaf_hash",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_note",
    "parse_verifier_key",
    "prove_leaf",
    "publish_checkpoint",
    "require_continuation",
    "sequence",
    "sign_checkpoint",
    "tree_root",
    "verifier_key",
    "verify_consistency",
    "verify_inclusion",
    "write_export",
]
