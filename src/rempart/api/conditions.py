"""ETags: whether a caller has the present state of a record, or changes the one it saw."""

from hashlib import blake2b

from rempart.api.errors import PreconditionError


def etag_of(representation: bytes) -> bytes:
    """Return the strong ETag of a record as it is answered."""
    return b'"' + blake2b(representation, digest_size=12).hexdigest().encode() + b'"'


def is_unchanged(if_none_match: bytes | None, etag: bytes) -> bool:
    """Tell whether the caller has this state already."""
    return if_none_match is not None and _names(if_none_match, etag)


def require_match(if_match: bytes | None, etag: bytes) -> None:
    """Let a change pass where the caller saw this state, or says that it does not matter.

    Raises:
        PreconditionError: it saw another one.
    """
    if if_match is not None and not _names(if_match, etag):
        raise PreconditionError


def _names(header: bytes, etag: bytes) -> bool:
    given = [each.strip().removeprefix(b"W/") for each in header.split(b",")]
    return b"*" in given or etag in given
