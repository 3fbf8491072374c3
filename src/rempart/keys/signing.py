"""Keys that sign: Ed25519, and ML-DSA-44 for evidence that has to hold for decades."""

from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

SIGNING_SEED_BYTES: Final = 32


class SigningAlgorithm(StrEnum):
    """What a key signs with; both keys are made from a seed of 32 bytes (RFC 8032, FIPS 204)."""

    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


class SigningKey:
    """A private key that signs and never shows itself."""

    def __init__(self, algorithm: SigningAlgorithm, seed: bytes) -> None:
        """Take the key that follows from 32 secret bytes.

        Raises:
            ValueError: it is not 32 bytes long.
        """
        if len(seed) != SIGNING_SEED_BYTES:
            msg = f"a signing key is made from {SIGNING_SEED_BYTES} bytes, not {len(seed)}"
            raise ValueError(msg)
        self._algorithm = algorithm
        self._key: Ed25519PrivateKey | MLDSA44PrivateKey = (
            Ed25519PrivateKey.from_private_bytes(seed)
            if algorithm is SigningAlgorithm.ED25519
            else MLDSA44PrivateKey.from_seed_bytes(seed)
        )

    @property
    def algorithm(self) -> str:
        """`ed25519` or `ml-dsa-44`."""
        return self._algorithm.value

    @property
    def public_bytes(self) -> bytes:
        """The raw public key: 32 bytes of Ed25519, 1,312 of ML-DSA-44."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message, without a context: 64 bytes, or 2,420."""
        return self._key.sign(message)
