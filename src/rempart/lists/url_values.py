"""URLs and their hashes as lists write them.

A URL in clear text is kept as it was received, with the hash of its exact expression beside it: by the hash it is
found, and the hash is what can be shared. A prefix of a hash is kept and not searched: at four bytes every hundredth
URL would meet one of a million entries by chance.
"""

from binascii import unhexlify
from typing import Final

from rempart.fingerprint.errors import UrlError
from rempart.fingerprint.urls import canonical_url, exact_expression
from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.trusted import checked_fingerprint
from rempart.model.fingerprint import (
    EQUAL_BYTES,
    URL,
    URL_PREFIX,
    URL_SHA256,
    Fingerprint,
)

URL_KINDS: Final = frozenset({URL, URL_SHA256, URL_PREFIX})
SHORTEST_PREFIX_BYTES: Final = 4

_NO_CONTENT: Final = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
"""SHA-256 of nothing; it is the hash of no expression."""


def url_value(kind: str, text: str, software: str | None = None) -> Fingerprint:
    """Return a fingerprint of one of the kinds of URLs from its written form.

    Args:
        kind: one of `URL_KINDS`.
        text: the URL, or hexadecimal digits in either case.
        software: which rule made a whole hash; left out of the other kinds.

    Raises:
        BadRecordError: the text is no URL with a host, or has not the length of a hash or a prefix of one.
    """
    if kind == URL:
        return _clear(text.strip(" \t"))
    try:
        value = unhexlify(text)
    except ValueError:
        value = b""
    whole = EQUAL_BYTES[URL_SHA256]
    if kind == URL_PREFIX:
        if not SHORTEST_PREFIX_BYTES <= len(value) < whole:
            raise BadRecordError(
                BadCode.BAD_VALUE, "a prefix of the hash of a URL has 4 to 31 bytes"
            )
        return checked_fingerprint(kind, value.hex().encode())
    if len(value) != whole:
        raise BadRecordError(BadCode.BAD_VALUE, f"a value is not in the written form of {kind}")
    if not any(value):
        raise BadRecordError(BadCode.ALL_ZERO, f"the {kind} value is refused: {BadCode.ALL_ZERO}")
    if value == _NO_CONTENT:
        raise BadRecordError(
            BadCode.EMPTY_INPUT_DIGEST,
            f"the {kind} value is refused: {BadCode.EMPTY_INPUT_DIGEST}",
        )
    return checked_fingerprint(kind, value, software=software)


def with_url_hashes(fingerprints: tuple[Fingerprint, ...]) -> tuple[Fingerprint, ...]:
    """Return fingerprints with the hash of each clear URL behind it, unless it stands there already.

    The clear URLs were read by `url_value`.
    """
    if all(each.kind != URL for each in fingerprints):
        return fingerprints
    present = {each.value for each in fingerprints if each.kind == URL_SHA256}
    found: list[Fingerprint] = []
    for each in fingerprints:
        found.append(each)
        if each.kind == URL:
            made = exact_expression(canonical_url(each.value)).fingerprint()
            if made.value not in present:
                present.add(made.value)
                found.append(made)
    return tuple(found)


def _clear(text: str) -> Fingerprint:
    if not text or not text.isprintable():
        raise BadRecordError(BadCode.BAD_VALUE, "the URL is empty or not printable")
    try:
        canonical_url(text)
    except UrlError as refused:
        raise BadRecordError(BadCode.BAD_URL, refused.message) from refused
    return checked_fingerprint(URL, text.encode())
