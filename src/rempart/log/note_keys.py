"""Keys that sign checkpoints, as C2SP writes them: key ids, verifier keys, and what each kind of key signs.

Ed25519 (type 1, c2sp.org/signed-note) signs the note's text. ML-DSA-44 (type 6, c2sp.org/tlog-cosignature) signs a
`cosigned_message` of the key's name, the time, the log's origin, its size and its root; the time stands before the
signature. That message exists for checkpoints only, which is all that a log signs.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from rempart.log.checkpoints import Checkpoint
from rempart.log.errors import NoteFormatError, NoteSignatureError, VerifierKeyError
from rempart.log.notes import KEY_ID_BYTES, from_base64, is_key_name, to_base64

ED25519: Final = "ed25519"
ML_DSA_44: Final = "ml-dsa-44"

_TYPES: Final = {ED25519: 0x01, ML_DSA_44: 0x06}
_PUBLIC_BYTES: Final = {ED25519: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES: Final = {ED25519: 64, ML_DSA_44: 8 + 2420}
_LATEST_SECOND: Final = 2**63 - 1
_LABEL: Final = b"subtree/v1\n\x00"
_VERIFIER_KEY: Final = re.compile(r"([^ \n+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_HINT: Final = "Give the whole line that `rempart audit key` printed."


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, as others keep it to check checkpoints.

    Attributes:
        name: for a log's own key, the log's origin.
        algorithm: `ed25519` or `ml-dsa-44`.
        public_bytes: the raw public key.
    """

    name: str
    algorithm: str
    public_bytes: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.name.encode()) > 255:  # noqa: PLR2004 - a length byte
            msg = "The name of a log's key is empty, too long, or has a space or a plus sign."
            raise _key(msg)
        if len(self.public_bytes) != _PUBLIC_BYTES.get(self.algorithm):
            msg = f"A key of {self.name} is of no kind that is known, or has not its length."
            raise _key(msg)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand for name, kind and key in a signature line."""
        whole = self.name.encode() + b"\n" + self._typed
        return hashlib.sha256(whole).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as others keep it: `name+key id+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self._typed)}"

    @property
    def _typed(self) -> bytes:
        return bytes([_TYPES[self.algorithm]]) + self.public_bytes


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        VerifierKeyError: it has not the written form, its key id is not its own, or its kind is not known.
    """
    found = _VERIFIER_KEY.fullmatch(text)
    if found is None:
        msg = "A verifier key has the form name+8 hex digits+base64."
        raise _key(msg)
    try:
        typed = from_base64(found[3])
    except NoteFormatError as error:
        msg = f"The verifier key of {found[1]} is not in Base 64."
        raise _key(msg) from error
    algorithm = next((name for name, number in _TYPES.items() if typed[0] == number), None)
    if algorithm is None:
        msg = f"The verifier key of {found[1]} is of a kind that is not known."
        raise _key(msg)
    key = VerifierKey(name=found[1], algorithm=algorithm, public_bytes=typed[1:])
    if key.key_id.hex() != found[2]:
        msg = f"The verifier key of {found[1]} was changed: its key id is not its own."
        raise _key(msg)
    return key


def signed_message(key: VerifierKey, checkpoint: Checkpoint, second: int) -> bytes:
    """Return the bytes that a key signs of a checkpoint.

    Args:
        key: who signs.
        checkpoint: what is signed.
        second: when, in seconds since 1970; an Ed25519 signature does not say it.
    """
    if key.algorithm == ED25519:
        return checkpoint.text.encode()
    name, origin = key.name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            _LABEL,
            bytes([len(name)]),
            name,
            struct.pack(">Q", second),
            bytes([len(origin)]),
            origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def signature_field(key: VerifierKey, signature: bytes, second: int) -> bytes:
    """Return what stands in a signature line after the key id."""
    return signature if key.algorithm == ED25519 else struct.pack(">Q", second) + signature


def verify_signature(key: VerifierKey, checkpoint: Checkpoint, field: bytes) -> int | None:
    """Check one signature of a checkpoint and return the second that it names, where its kind names one.

    Raises:
        NoteSignatureError: it does not hold.
    """
    if len(field) != _SIGNATURE_BYTES[key.algorithm]:
        raise _refused(key)
    second = None if key.algorithm == ED25519 else int.from_bytes(field[:8], "big")
    if (second or 0) > _LATEST_SECOND or len(checkpoint.origin.encode()) > 255:  # noqa: PLR2004 - a length byte
        raise _refused(key)
    message = signed_message(key, checkpoint, second or 0)
    try:
        if second is None:
            Ed25519PublicKey.from_public_bytes(key.public_bytes).verify(field, message)
        else:
            MLDSA44PublicKey.from_public_bytes(key.public_bytes).verify(field[8:], message)
    except (InvalidSignature, ValueError) as error:
        raise _refused(key) from error
    return second


def _refused(key: VerifierKey) -> NoteSignatureError:
    return NoteSignatureError(
        f"The signature of {key.name} ({key.algorithm}) does not hold.",
        hint="Do not rely on the note; keep it, and ask its owner.",
    )


def _key(message: str) -> VerifierKeyError:
    return VerifierKeyError(message, hint=_HINT)
