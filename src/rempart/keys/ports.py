"""What keys need from outside: randomness, and a place for sealed secrets."""

from collections.abc import Mapping
from typing import Protocol


class Entropy(Protocol):
    """Draws randomness; the node owns the real one."""

    def __call__(self, count: int, /) -> bytes:
        """Return so many random bytes, fit for secrets."""
        ...


class SealedSecrets(Protocol):
    """Keeps sealed secrets by name, and sees nothing of what they hold. Every call sees one moment."""

    def get(self, name: str) -> bytes | None:
        """Return a secret as it was sealed, or nothing."""
        ...

    def all(self) -> Mapping[str, bytes]:
        """Return every secret as it was sealed, by name."""
        ...


class SealedSecretsWriting(Protocol):
    """Changes sealed secrets within one write: with the write, or not at all."""

    def put(self, name: str, sealed: bytes) -> None:
        """Keep a secret under a name, in place of an earlier one."""
        ...

    def remove(self, name: str) -> None:
        """Forget a secret, so that its bytes are gone; the name must be there."""
        ...
