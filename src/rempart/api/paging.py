"""Cursors: where the next page begins, bound to the question that the page before answered."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Final
from uuid import UUID

from rempart.api.errors import CursorError

_VERSION: Final = b"\x01"
_DIGEST_BYTES: Final = 8
_LENGTH: Final = len(_VERSION) + _DIGEST_BYTES + 16


def make_cursor(after: UUID, *, question: str) -> str:
    """Return the cursor for what comes after one record.

    Args:
        after: the last record of the page.
        question: route, record and filters of the page: a cursor answers no other question. It is a position,
            and no right: what the caller may see is judged anew for every page.
    """
    return urlsafe_b64encode(_VERSION + _digest(question) + after.bytes).rstrip(b"=").decode()


def read_cursor(text: str, *, question: str) -> UUID:
    """Return the record that a page begins after.

    Raises:
        CursorError: it is no cursor, or one of another question.
    """
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        content = b""
    is_whole = len(content) == _LENGTH and content.startswith(_VERSION + _digest(question))
    after = UUID(bytes=content[-16:]) if is_whole else None
    if after is None or make_cursor(after, question=question) != text:
        message = "The cursor belongs to no page of this question."
        raise CursorError(
            message, hint="Ask without a cursor, with the same filters, and follow next_cursor."
        )
    return after


def _digest(question: str) -> bytes:
    return blake2b(question.encode(errors="replace"), digest_size=_DIGEST_BYTES).digest()
