"""The secrets of a node: sealed in its store, opened with its key file, which is made on first need."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from rempart.keys import (
    MAC_SECRET_BYTES,
    SEALING_KEY_BYTES,
    SIGNING_SEED_BYTES,
    KeyFileExistsError,
    KeyFileMissingError,
    KeyRing,
    SealedSecrets,
    SealingKey,
    SealingKeyUnknownError,
    SigningAlgorithm,
    SigningKey,
    create_key_file,
    read_key_file,
    sealed_by,
)
from rempart.model.clock import Clock
from rempart.model.identifiers import IdentifierSource
from rempart.model.principals import Principal
from rempart.node.folder import NodeFolder
from rempart.node.settings import Settings
from rempart.store import Store

_MAC_NAME: Final = "api-key-mac"
_SIGNING_NAMES: Final[Mapping[SigningAlgorithm, str]] = {
    algorithm: f"signing-{algorithm.value}" for algorithm in SigningAlgorithm
}
_OWN_LENGTHS: Final[Mapping[str, int]] = {
    _MAC_NAME: MAC_SECRET_BYTES,
    **dict.fromkeys(_SIGNING_NAMES.values(), SIGNING_SEED_BYTES),
}
_TRIES: Final = 3


class HoldsSecrets(Protocol):
    """What has sealed secrets: a store."""

    @property
    def secrets(self) -> SealedSecrets:
        """The sealed secrets."""
        ...


class Secrets:
    """Opens and seals the secrets of one node. The key file is read again when its keys were rotated."""

    def __init__(self, key_file: Path, store: HoldsSecrets) -> None:
        """Read the key file.

        Raises:
            KeyFileMissingError: there is none.
            KeyFileExposedError: others can read it.
            KeyFileDamagedError: it is torn or was changed.
        """
        self.key_file: Final = key_file
        self._store = store
        self._ring = read_key_file(key_file)

    def get(self, name: str) -> bytes | None:
        """Return a secret, opened, or nothing where there is none of this name.

        Raises:
            SealingKeyUnknownError: it was sealed by a key that the key file does not hold.
            SecretAlteredError: it is not what was sealed under this name.
        """
        for attempt in range(1, _TRIES + 1):
            sealed = self._store.secrets.get(name)
            if sealed is None:
                return None
            try:
                return self._ring.unseal(name, sealed)
            except SealingKeyUnknownError:
                if attempt == _TRIES:
                    raise
                # A rotation may have passed between the two readings: read both again.
                self._ring = read_key_file(self.key_file)
        return None

    def seal(self, name: str, secret: bytes) -> bytes:
        """Seal a secret for the store. Call it inside the write that keeps it.

        There no other process can seal anything anew, so the key that is taken here is not one that a rotation
        drops.

        Raises:
            SealingKeyUnknownError: the store holds secrets that this key file cannot open: it is out of date, and
                what it sealed could not be opened elsewhere.
        """
        self._ring = read_key_file(self.key_file)
        refuse_unknown_keys(self._ring, self._store.secrets.all())
        return self._ring.seal(name, secret, entropy=os.urandom)

    def api_key_mac(self) -> bytes:
        """Return the secret under which the digests of API keys are made."""
        return self._own(_MAC_NAME)

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """Return the node's signing keys: Ed25519, then ML-DSA-44."""
        return tuple(
            SigningKey(algorithm, self._own(name)) for algorithm, name in _SIGNING_NAMES.items()
        )

    def _own(self, name: str) -> bytes:
        secret = self.get(name)
        if secret is None:
            message = f"The store has no secret {name}."
            raise KeyFileMissingError(
                message, hint="Run `rempart keys list` once: it makes what is missing."
            )
        return secret


def key_file_of(folder: NodeFolder, settings: Settings) -> Path:
    """Return where a node's key file stands."""
    return settings.key_file or folder.path / "keys" / "node.key"


def ensure_keys(
    folder: NodeFolder,
    store: Store,
    *,
    settings: Settings,
    principal: Principal,
    clock: Clock,
    identifiers: IdentifierSource,
) -> Secrets:
    """Open a node's secrets; make its key file, signing keys and the secret of API keys where they are missing.

    Nodes that were made before they had keys get them here. May be called by several processes at once.

    Raises:
        KeyFileMissingError: the store has secrets already, but there is no key file to open them with.
        KeyFileExposedError: others can read the key file.
        KeyFileDamagedError: it is torn or was changed.
        SealingKeyUnknownError: it is not the file that the store's secrets were sealed with.
    """
    path = key_file_of(folder, settings)
    present = store.secrets.all()
    if not os.path.lexists(path):
        _make_key_file(path, clock, has_secrets=bool(present))
    secrets = Secrets(path, store)
    if _OWN_LENGTHS.keys() <= present.keys():
        return secrets
    with store.write(principal=principal, clock=clock, identifiers=identifiers) as writer:
        # Looked at again: another process may have been quicker, and then nothing is missing.
        missing = sorted(_OWN_LENGTHS.keys() - store.secrets.all().keys())
        for name in missing:
            writer.secrets.put(name, secrets.seal(name, os.urandom(_OWN_LENGTHS[name])))
        writer.record("secrets.made", {"secrets": missing})
    return secrets


def check_secrets(folder: NodeFolder, store: Store, *, settings: Settings) -> None:
    """Refuse keys that do not open what the store seals; a node that has neither gets them when it is first needed.

    Raises:
        KeyFileMissingError: the store has secrets, but there is no key file to open them with.
        KeyFileExposedError: others can read the key file.
        KeyFileDamagedError: it is torn or was changed.
        SealingKeyUnknownError: it is not the file that the store's secrets were sealed with.
        SecretAlteredError: a secret is not what was sealed.
    """
    path = key_file_of(folder, settings)
    present = store.secrets.all().keys()
    if present or os.path.lexists(path):
        secrets = Secrets(path, store)
        for name in sorted(present & _OWN_LENGTHS.keys()):
            secrets.get(name)


def new_sealing_key(clock: Clock) -> SealingKey:
    """Make a key that seals."""
    return SealingKey(secret=os.urandom(SEALING_KEY_BYTES), made_at=clock.now())


def refuse_unknown_keys(ring: KeyRing, sealed: Mapping[str, bytes]) -> None:
    """Refuse a key ring that could not open all secrets of a store.

    Raises:
        SealingKeyUnknownError: one was sealed by a key that is not in the ring.
    """
    for name, each in sealed.items():
        key_id = sealed_by(name, each)
        if not ring.holds(key_id):
            message = f"The secret {name} was sealed by the key {key_id}, which this key file does not hold."
            raise SealingKeyUnknownError(
                message,
                hint="Copy the key file from the machine where the keys were made or rotated.",
            )


def _make_key_file(path: Path, clock: Clock, *, has_secrets: bool) -> None:
    if has_secrets:
        message = f"There is no key file {path}, but the store holds secrets."
        raise KeyFileMissingError(
            message,
            hint="Copy the key file from another machine of this node, or restore it from its backup.",
        )
    try:
        create_key_file(path, KeyRing((new_sealing_key(clock),)))
    except KeyFileExistsError:  # another process was quicker
        return
