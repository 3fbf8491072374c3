"""Key rings of keys that are told by one number each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from rempart.keys import KeyRing, SealingKey

MADE_AT: Final = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

MakeRing = Callable[..., KeyRing]


def ring_of(*numbers: int) -> KeyRing:
    """Make a ring, newest key first."""
    return KeyRing(
        tuple(SealingKey(secret=number.to_bytes(32, "big"), made_at=MADE_AT) for number in numbers)
    )
