"""Seal secrets: AES-256-GCM under a key that the store never sees, bound to the secret's name."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rempart.keys.errors import SealingKeyUnknownError, SecretAlteredError
from rempart.keys.ports import Entropy

SEALING_KEY_BYTES: Final = 32

_MAGIC: Final = b"RSEAL\x01"  # the last byte is the version
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SHORTEST: Final = len(_MAGIC) + _ID_BYTES + _NONCE_BYTES + _TAG_BYTES
_ID_PURPOSE: Final = b"rempart sealing key id 1\n"


@dataclass(frozen=True, slots=True)
class SealingKey:
    """One key-encryption key.

    Attributes:
        secret: 32 bytes.
        made_at: when it was made, in UTC.
    """

    secret: bytes = field(repr=False)
    made_at: datetime

    def __post_init__(self) -> None:
        if len(self.secret) != SEALING_KEY_BYTES:
            msg = f"a sealing key has {SEALING_KEY_BYTES} bytes, not {len(self.secret)}"
            raise ValueError(msg)

    @property
    def id(self) -> str:
        """Name of the key, 16 hexadecimal digits; it follows from the key, so the two cannot be mixed up."""
        return hashlib.sha256(_ID_PURPOSE + self.secret).digest()[:_ID_BYTES].hex()


class _Sealed(NamedTuple):
    key_id: str
    nonce: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one key file, newest first: the newest seals, all unseal."""

    keys: tuple[SealingKey, ...]

    def __post_init__(self) -> None:
        if not self.keys or len({key.id for key in self.keys}) != len(self.keys):
            msg = "a key ring has at least one key, and each once"
            raise ValueError(msg)

    @property
    def newest(self) -> SealingKey:
        """The key that seals."""
        return self.keys[0]

    def holds(self, key_id: str) -> bool:
        """Tell whether a key of this id is here."""
        return any(key.id == key_id for key in self.keys)

    def seal(self, name: str, secret: bytes, *, entropy: Entropy) -> bytes:
        """Seal a secret under the newest key.

        Returns:
            Version, key id, nonce, ciphertext and tag; to be opened under the same name only.
        """
        key = self.newest
        nonce = entropy(_NONCE_BYTES)
        head = _MAGIC + bytes.fromhex(key.id)
        return head + nonce + AESGCM(key.secret).encrypt(nonce, secret, head + name.encode())

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """Return the secret that was sealed under this name.

        Raises:
            SealingKeyUnknownError: it was sealed by a key that is not here.
            SecretAlteredError: it was changed, cut, or sealed under another name.
        """
        parts = _parse(name, sealed)
        for key in self.keys:
            if key.id == parts.key_id:
                return _open(key, name, parts)
        held = ", ".join(key.id for key in self.keys)
        message = (
            f"The secret {name} was sealed by the key {parts.key_id}; the key file holds {held}."
        )
        raise SealingKeyUnknownError(
            message, hint="Copy the key file from the machine that sealed it, or from its backup."
        )


def sealed_by(name: str, sealed: bytes) -> str:
    """Return the id of the key that sealed a secret; the secret is not opened.

    Raises:
        SecretAlteredError: it is not a sealed secret of this version.
    """
    return _parse(name, sealed).key_id


def _parse(name: str, sealed: bytes) -> _Sealed:
    if len(sealed) < _SHORTEST or not sealed.startswith(_MAGIC):
        raise _altered(name)
    rest = sealed[len(_MAGIC) :]
    nonce_end = _ID_BYTES + _NONCE_BYTES
    return _Sealed(rest[:_ID_BYTES].hex(), rest[_ID_BYTES:nonce_end], rest[nonce_end:])


def _open(key: SealingKey, name: str, parts: _Sealed) -> bytes:
    head = _MAGIC + bytes.fromhex(key.id)
    try:
        return AESGCM(key.secret).decrypt(parts.nonce, parts.content, head + name.encode())
    except InvalidTag as error:
        raise _altered(name) from error


def _altered(name: str) -> SecretAlteredError:
    message = f"The secret {name} of the store is not what was sealed under this name."
    return SecretAlteredError(
        message, hint="Restore the store from a backup, and find out who wrote to it."
    )
