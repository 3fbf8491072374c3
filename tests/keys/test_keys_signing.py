"""Signing keys: the same key from the same seed, signatures that others can verify, published vectors."""

import os
from typing import Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from rempart.keys import SigningAlgorithm, SigningKey

# RFC 8032, section 7.1, test 2.
SEED: Final = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC: Final = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE: Final = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_ed25519_signs_as_published() -> None:
    key = SigningKey(SigningAlgorithm.ED25519, SEED)

    assert key.algorithm == "ed25519"
    assert key.public_bytes.hex() == PUBLIC
    assert key.sign(b"\x72").hex() == SIGNATURE


def test_ml_dsa_44_signature_is_verified_with_the_public_key_alone() -> None:
    key = SigningKey(SigningAlgorithm.ML_DSA_44, os.urandom(32))

    signature = key.sign(b"checkpoint")

    assert key.algorithm == "ml-dsa-44"
    assert len(key.public_bytes) == 1312
    assert len(signature) == 2420
    MLDSA44PublicKey.from_public_bytes(key.public_bytes).verify(signature, b"checkpoint")
    with pytest.raises(InvalidSignature):
        MLDSA44PublicKey.from_public_bytes(key.public_bytes).verify(signature, b"checkpoinu")


@pytest.mark.parametrize("algorithm", SigningAlgorithm)
def test_same_seed_gives_the_same_key_and_another_seed_another(
    algorithm: SigningAlgorithm,
) -> None:
    one, again = SigningKey(algorithm, SEED), SigningKey(algorithm, SEED)
    other = SigningKey(algorithm, SEED[::-1])

    assert one.public_bytes == again.public_bytes
    assert one.public_bytes != other.public_bytes


def test_signature_of_one_key_is_not_anothers() -> None:
    one = SigningKey(SigningAlgorithm.ED25519, os.urandom(32))
    other = SigningKey(SigningAlgorithm.ED25519, os.urandom(32))

    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(other.public_bytes).verify(one.sign(b"x"), b"x")


@pytest.mark.parametrize("algorithm", SigningAlgorithm)
def test_seed_of_another_length_is_refused(algorithm: SigningAlgorithm) -> None:
    with pytest.raises(ValueError, match="31"):
        SigningKey(algorithm, SEED[:31])


@pytest.mark.parametrize("algorithm", SigningAlgorithm)
def test_key_does_not_show_itself(algorithm: SigningAlgorithm) -> None:
    assert SEED.hex() not in repr(SigningKey(algorithm, SEED))
