"""Sealed secrets: opened by the right key under the right name, else told apart what is wrong."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.keys.key_rings import MADE_AT, MakeRing

from rempart.keys import KeyRing, SealingKey, SealingKeyUnknownError, SecretAlteredError, sealed_by


@given(st.text(max_size=20), st.binary(max_size=100))
@settings(max_examples=50)
def test_what_was_sealed_is_opened_under_its_name(name: str, secret: bytes) -> None:
    ring = KeyRing((SealingKey(secret=b"k" * 32, made_at=MADE_AT),))

    sealed = ring.seal(name, secret, entropy=os.urandom)

    assert ring.unseal(name, sealed) == secret
    assert sealed_by(name, sealed) == ring.newest.id
    if len(secret) > 8:
        assert secret not in sealed


def test_two_seals_of_one_secret_differ(make_ring: MakeRing) -> None:
    ring = make_ring(1)

    assert ring.seal("a", b"secret", entropy=os.urandom) != ring.seal(
        "a", b"secret", entropy=os.urandom
    )


def test_secret_moved_under_another_name_is_refused(make_ring: MakeRing) -> None:
    ring = make_ring(1)
    sealed = ring.seal("exchange.one", b"secret", entropy=os.urandom)

    with pytest.raises(SecretAlteredError, match=r"exchange\.two"):
        ring.unseal("exchange.two", sealed)


def test_every_changed_bit_is_noticed(make_ring: MakeRing) -> None:
    ring = make_ring(1)
    sealed = ring.seal("a", b"secret", entropy=os.urandom)

    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises((SecretAlteredError, SealingKeyUnknownError)):
            ring.unseal("a", bytes(changed))


def test_every_cut_is_noticed(make_ring: MakeRing) -> None:
    ring = make_ring(1)
    sealed = ring.seal("a", b"secret", entropy=os.urandom)

    for length in range(len(sealed)):
        with pytest.raises(SecretAlteredError):
            ring.unseal("a", sealed[:length])
    with pytest.raises(SecretAlteredError):
        ring.unseal("a", sealed + b"\0")


def test_key_that_is_not_here_is_named(make_ring: MakeRing) -> None:
    sealed = make_ring(1).seal("a", b"secret", entropy=os.urandom)

    with pytest.raises(SealingKeyUnknownError) as caught:
        make_ring(2, 3).unseal("a", sealed)

    assert make_ring(1).newest.id in caught.value.message
    assert make_ring(3).newest.id in caught.value.message


def test_newest_key_seals_and_every_key_opens(make_ring: MakeRing) -> None:
    old = make_ring(1).seal("a", b"old", entropy=os.urandom)
    both = make_ring(2, 1)

    new = both.seal("a", b"new", entropy=os.urandom)

    assert both.unseal("a", old) == b"old"
    assert make_ring(2).unseal("a", new) == b"new"


def test_head_of_another_key_does_not_open(make_ring: MakeRing) -> None:
    """The key's id is sealed with the secret: it cannot be exchanged for that of another key of the ring."""
    ring = make_ring(2, 1)
    sealed = make_ring(1).seal("a", b"secret", entropy=os.urandom)
    head = make_ring(2).seal("a", b"", entropy=os.urandom)[:14]

    with pytest.raises(SecretAlteredError):
        ring.unseal("a", head + sealed[14:])


def test_ring_without_keys_or_with_one_twice_is_impossible(make_ring: MakeRing) -> None:
    for numbers in ((), (1, 1)):
        with pytest.raises(ValueError, match="at least one key, and each once"):
            make_ring(*numbers)


def test_keys_do_not_show_themselves(make_ring: MakeRing) -> None:
    ring = make_ring(int.from_bytes(b"secret" * 5, "big"))

    assert "secret" not in repr(ring)
    assert ring.newest.secret.hex() not in repr(ring)
