"""Identifiers in addresses: exactly the written form of a UUID, or no such record."""

from uuid import UUID

from rempart.node.service import RecordAbsentError


def identifier(text: str, noun: str) -> UUID:
    """Return an identifier.

    Raises:
        RecordAbsentError: the text is none, so that no record has it.
    """
    try:
        found = UUID(text)
    except ValueError:
        raise RecordAbsentError(noun) from None
    if str(found) != text:
        raise RecordAbsentError(noun)
    return found
