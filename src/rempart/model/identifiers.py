"""Identifiers: UUIDv7 (RFC 9562, section 5.7), one type for each thing that has one."""

from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

NodeId = NewType("NodeId", UUID)
OrganisationId = NewType("OrganisationId", UUID)
PrincipalId = NewType("PrincipalId", UUID)
ListId = NewType("ListId", UUID)
EntryId = NewType("EntryId", UUID)
ScanId = NewType("ScanId", UUID)
MatchId = NewType("MatchId", UUID)
DecisionId = NewType("DecisionId", UUID)
EventId = NewType("EventId", UUID)
KeyId = NewType("KeyId", UUID)
LookupId = NewType("LookupId", UUID)

FingerprintNumber = NewType("FingerprintNumber", int)
"""Alias of one stored fingerprint for foreign interfaces that take integers (an index); local to a node."""

_ENTROPY_BYTES = 10


def uuid7(at: datetime, entropy: bytes) -> UUID:
    """Compose a UUIDv7 from an aware time and ten random bytes.

    Raises:
        ValueError: the time has no zone or lies before 1970, or the entropy is not ten bytes long.
    """
    if at.tzinfo is None:
        msg = "a UUIDv7 needs an aware time"
        raise ValueError(msg)
    if len(entropy) != _ENTROPY_BYTES:
        msg = f"a UUIDv7 needs {_ENTROPY_BYTES} random bytes, not {len(entropy)}"
        raise ValueError(msg)
    milliseconds = int(at.timestamp() * 1000)
    random_bits = int.from_bytes(entropy, "big")
    value = milliseconds << 80 | (random_bits & ((1 << 80) - 1))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


class IdentifierSource(Protocol):
    """Makes identifiers; the node owns the real one, which draws on its clock and its randomness."""

    def new(self) -> UUID:
        """Return one new UUIDv7."""
        ...

    def new_bytes(self, count: int) -> list[bytes]:
        """Return many new UUIDv7s as 16 bytes each, for bulk writes."""
        ...
