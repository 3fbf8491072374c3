"""Checkpoints as signed notes: sign one with all of a log's keys, and open one with the keys that are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rempart.log.checkpoints import Checkpoint, parse_checkpoint
from rempart.log.errors import NoteSignatureError
from rempart.log.note_keys import (
    VerifierKey,
    signature_field,
    signed_message,
    verify_signature,
)
from rempart.log.notes import NoteSignature, SignedNote, parse_note
from rempart.log.ports import Signer


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint whose signature was checked.

    Attributes:
        checkpoint: what was signed.
        signers: the known keys that signed it, at least one.
        second: the time that a signature names, in seconds since 1970; absent where none names one.
    """

    checkpoint: Checkpoint
    signers: tuple[VerifierKey, ...]
    second: int | None


def verifier_key(origin: str, signer: Signer) -> VerifierKey:
    """Return the public key of a log's signer, named after the log's origin."""
    return VerifierKey(name=origin, algorithm=signer.algorithm, public_bytes=signer.public_bytes)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer], *, at: datetime) -> str:
    """Return the note of a checkpoint with a signature of each key, in their order."""
    second = int(at.timestamp())
    signatures: list[NoteSignature] = []
    for signer in signers:
        key = verifier_key(checkpoint.origin, signer)
        signature = signer.sign(signed_message(key, checkpoint, second))
        signatures.append(
            NoteSignature(key.name, key.key_id, signature_field(key, signature, second))
        )
    return SignedNote(checkpoint.text, tuple(signatures)).content


def open_checkpoint(content: bytes, keys: Sequence[VerifierKey]) -> OpenedCheckpoint:
    """Read a signed checkpoint and check every signature of a key that is known; others are passed over.

    Raises:
        NoteFormatError: it is no signed checkpoint.
        NoteSignatureError: a known key's signature does not hold, or no known key signed.
    """
    note = parse_note(content)
    checkpoint = parse_checkpoint(note.text)
    known = {(key.name, key.key_id): key for key in keys}
    signers: list[VerifierKey] = []
    seconds: list[int] = []
    for each in note.signatures:
        key = known.get((each.name, each.key_id))
        if key is None:
            continue
        second = verify_signature(key, checkpoint, each.signature)
        signers.append(key)
        if second:
            seconds.append(second)
    if not signers:
        msg = f"No key that is known signed the checkpoint of {checkpoint.size} leaves."
        raise NoteSignatureError(msg, hint="Give the keys that the log's owner published.")
    return OpenedCheckpoint(checkpoint, tuple(signers), max(seconds, default=None))
