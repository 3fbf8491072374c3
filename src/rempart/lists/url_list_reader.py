"""Read plain lists of URLs: one URL, domain or hash of a URL on a line."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from rempart.fingerprint.urls import canonical_url
from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.line_drafts import line_drafts
from rempart.lists.source_text import SourceBytes
from rempart.lists.url_values import url_value, with_url_hashes
from rempart.model.fingerprint import URL, URL_SHA256, Fingerprint
from rempart.model.lists import BadRecord, EntryDraft

_HASH: Final = re.compile(r"[0-9A-Fa-f]{64}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DOMAIN: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
_ADDRESS: Final = re.compile(r"(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[[0-9A-Fa-f:.]+\])(?:[:/?#]|\Z)")
_LOOKS: Final = re.compile(rb"https?://[^\s,;|\"]+", re.IGNORECASE)


def read_url_list(
    source: SourceBytes, *, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each line that holds a URL or the hash of one; its number is that of the line.

    Blank lines and those that begin with `#` are skipped. Without `http://` or the like a line must begin with a
    domain or an address, so that a list of another form yields nothing.

    Args:
        source: the bytes of the list, in UTF-8.
        on_bad: receives each line that was refused.

    Raises:
        ListEncodingError: a NUL is among the bytes.
        ListLimitError: a line is too long.
    """
    yield from line_drafts(source, _fingerprints, on_bad=on_bad)


def looks_like_urls(line: bytes) -> bool:
    """Tell whether a line is a web address and nothing else."""
    return _LOOKS.fullmatch(line.strip()) is not None


def _fingerprints(line: bytes) -> tuple[Fingerprint, ...]:
    try:
        text = line.decode().strip(" \t")
    except UnicodeDecodeError as error:
        raise BadRecordError(BadCode.BAD_VALUE, "the line is not UTF-8") from error
    if _HASH.fullmatch(text):
        return (url_value(URL_SHA256, text),)
    found = url_value(URL, text)
    if _SCHEME.match(text) is None:
        is_place = _ADDRESS.match(text) or _DOMAIN.fullmatch(canonical_url(text).host)
        if not is_place:
            raise BadRecordError(BadCode.BAD_URL, "the line begins with no scheme and no domain")
    return with_url_hashes((found,))
