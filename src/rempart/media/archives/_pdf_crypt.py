"""Streams of PDFs that are encrypted, and open without a password (ISO 32000-2, section 7.6: the standard handler).

Many PDFs are: only printing or copying is to be kept from whoever opens them. Any other password is not tried.
"""

import hashlib
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from rempart.media.archives._pdf_syntax import Dictionary
from rempart.media.archives._reading import PIECE_BYTES, Reading

_PADDING: Final = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_AES: Final = ("AESV2", "AESV3")
_BLOCK_BYTES: Final = 16
_FUNCTIONS: Final = (hashlib.sha256, hashlib.sha384, hashlib.sha512)


class PasswordNeededError(Exception):
    """It does not open without a password, or not by the standard handler."""


class PdfKey:
    """The key of a document that opens without a password.

    Args:
        encryption: the document's dictionary of that name, all references resolved.
        identity: the first string of its ID.

    Raises:
        PasswordNeededError: see there.
    """

    def __init__(self, encryption: Dictionary | None, identity: bytes) -> None:
        if not isinstance(encryption, dict) or not isinstance(identity, bytes):
            raise PasswordNeededError
        try:
            self._revision = int(encryption[b"R"])
            self._method = _method(encryption)
            self._key = (
                _key_of_aes_256(encryption, self._revision)
                if self._revision >= 5  # noqa: PLR2004 - the revisions with AES-256
                else _key_of_md5(encryption, identity, self._revision)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PasswordNeededError from error

    def decrypted(self, reading: Reading, number: int, generation: int) -> Reading:
        """Return the bytes of one object's stream as they were before encryption."""
        if self._method == "Identity":
            return reading
        key = self._key
        if self._method != "AESV3":
            salt = b"sAlT" if self._method == "AESV2" else b""
            numbers = number.to_bytes(4, "little")[:3] + generation.to_bytes(4, "little")[:2]
            key = hashlib.md5(key + numbers + salt, usedforsecurity=False).digest()
            key = key[: min(len(self._key) + 5, 16)]
        if self._method in _AES:
            return _AesReading(reading, key)
        return _StreamCipherReading(reading, Cipher(ARC4(key), mode=None).decryptor())


class _StreamCipherReading:
    def __init__(self, reading: Reading, decryptor: CipherContext) -> None:
        self._reading = reading
        self._decryptor = decryptor

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        return self._decryptor.update(self._reading.read(size))


class _AesReading:
    """AES in CBC, its first block in front, its last one filled up as PKCS 7 has it."""

    def __init__(self, reading: Reading, key: bytes) -> None:
        self._reading = reading
        self._key = key
        self._decryptor: CipherContext | None = None
        self._ready = self._last = b""
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        while not self._ready and not self._is_over:
            self._decrypt()
        found, self._ready = self._ready[:size], self._ready[size:]
        return found

    def _decrypt(self) -> None:
        if self._decryptor is None:
            start = self._reading.read(_BLOCK_BYTES)
            if len(start) < _BLOCK_BYTES:
                self._is_over = True
                return
            self._decryptor = Cipher(AES(self._key), CBC(start)).decryptor()
        piece = self._reading.read(PIECE_BYTES)
        if piece:
            text = self._last + self._decryptor.update(piece)
            self._ready, self._last = text[:-_BLOCK_BYTES], text[-_BLOCK_BYTES:]
            return
        self._is_over = True
        filled = self._last[-1] if self._last else 0
        self._ready = self._last[:-filled] if 1 <= filled <= _BLOCK_BYTES else self._last


def _method(encryption: Dictionary) -> str:
    """Return how streams are encrypted.

    Raises:
        PasswordNeededError: by something else than the standard handler has.
    """
    if encryption.get(b"Filter") != b"Standard":
        raise PasswordNeededError
    if encryption[b"V"] in {1, 2}:
        return "V2"
    name = encryption.get(b"StmF", b"Identity")
    if name == b"Identity":
        return "Identity"
    method = bytes(encryption[b"CF"][name][b"CFM"]).decode()
    if method == "None":
        return "Identity"
    if method not in {"V2", *_AES}:
        raise PasswordNeededError
    return method


def _key_of_md5(encryption: Dictionary, identity: bytes, revision: int) -> bytes:
    """Return the key that the empty password gives (algorithm 2), checked as algorithms 4 and 5 have it."""
    length = 5 if revision == 2 else int(encryption.get(b"Length", 40)) // 8  # noqa: PLR2004 - the oldest
    if encryption[b"V"] == 4:  # noqa: PLR2004 - crypt filters, whose keys always have 128 bits
        length = 16
    permissions = (int(encryption[b"P"]) & 0xFFFFFFFF).to_bytes(4, "little")
    hidden = b"\xff" * 4 if revision >= 4 and encryption.get(b"EncryptMetadata") is False else b""  # noqa: PLR2004 - the first that has it
    digest = _md5(_PADDING + bytes(encryption[b"O"])[:32] + permissions + identity + hidden)
    if revision >= 3:  # noqa: PLR2004 - the revisions with repetition
        for _ in range(50):
            digest = _md5(digest[:length])
    key = digest[:length]
    if revision == 2:  # noqa: PLR2004 - the oldest
        proof, expected = _rc4(key, _PADDING), bytes(encryption[b"U"])[:32]
    else:
        proof = _md5(_PADDING + identity)
        for round_number in range(20):
            proof = _rc4(bytes(each ^ round_number for each in key), proof)
        expected = bytes(encryption[b"U"])[:16]
    if proof != expected:
        raise ValueError
    return key


def _key_of_aes_256(encryption: Dictionary, revision: int) -> bytes:
    """Return the key that the empty password unseals (algorithms 2.A and 2.B)."""
    user = bytes(encryption[b"U"])
    if _hash(user[32:40], revision) != user[:32]:
        raise ValueError
    sealed = bytes(encryption[b"UE"])[:32]  # codespell:ignore ue
    decryptor = Cipher(AES(_hash(user[40:48], revision)), CBC(bytes(_BLOCK_BYTES))).decryptor()
    return decryptor.update(sealed)


def _hash(salt: bytes, revision: int) -> bytes:
    """Return the hash of the empty password with a salt."""
    key = hashlib.sha256(salt).digest()
    if revision < 6:  # noqa: PLR2004 - the first with the longer hash
        return key
    number, last = 0, 0
    while number < 64 or last > number - 32:  # noqa: PLR2004 - rounds, as algorithm 2.B counts them
        encryptor = Cipher(AES(key[:16]), CBC(key[16:32])).encryptor()
        text = encryptor.update(key * 64)
        function = _FUNCTIONS[sum(text[:16]) % 3]
        key, last = function(text).digest(), text[-1]
        number += 1
    return key[:32]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    return Cipher(ARC4(key), mode=None).encryptor().update(data)
