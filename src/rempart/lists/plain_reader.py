"""Read plain text lists: the md5sum family, one digest a line."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.line_drafts import line_drafts
from rempart.lists.source_text import SourceBytes
from rempart.lists.values import digest, pdq
from rempart.model.fingerprint import DIGEST_BYTES, MD5, SHA1, SHA256, SHA512, Fingerprint
from rempart.model.lists import BadRecord, EntryDraft

_KIND_OF_LENGTH: Final = {length * 2: kind for kind, length in DIGEST_BYTES.items()}
_PDQ_CHARS: Final = 64
_BARE: Final = re.compile(rb"[0-9A-Fa-f]+")
_NAMED: Final = re.compile(rb"\\?([0-9A-Fa-f]+) [ *].+", re.DOTALL)
_TAGGED: Final = re.compile(rb"\\?([A-Za-z0-9-]+) \(.*\) = ([0-9A-Fa-f]+)", re.DOTALL)
_TAGS: Final = {b"MD5": MD5, b"SHA1": SHA1, b"SHA256": SHA256, b"SHA512": SHA512}


def read_plain(
    source: SourceBytes, *, bare_64_is_pdq: bool, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each line that holds a digest; its number is that of the line.

    Names behind a digest are not read: they may be in any encoding, and say where a file once lay.

    Args:
        source: the bytes of the list.
        bare_64_is_pdq: whether 64 digits alone on a line are a PDQ (dialect exact) and no SHA-256.
        on_bad: receives each line that was refused.

    Raises:
        ListEncodingError: a NUL is among the bytes.
        ListLimitError: a line is too long.
    """
    yield from line_drafts(
        source, lambda line: (_fingerprint(line, bare_64_is_pdq=bare_64_is_pdq),), on_bad=on_bad
    )


def looks_plain(line: bytes) -> bool:
    """Tell whether a line is one of the md5sum family, whatever it says."""
    try:
        _fingerprint(line, bare_64_is_pdq=False)
    except BadRecordError as bad:
        return bad.code in {BadCode.ALL_ZERO, BadCode.EMPTY_INPUT_DIGEST}
    return True


def _fingerprint(line: bytes, *, bare_64_is_pdq: bool) -> Fingerprint:
    if _BARE.fullmatch(line):
        if bare_64_is_pdq and len(line) == _PDQ_CHARS:
            return pdq(line.decode("ascii"))
        return _by_length(line)
    named = _NAMED.fullmatch(line)
    if named is not None:
        return _by_length(named[1])
    tagged = _TAGGED.fullmatch(line)
    if tagged is None:
        raise BadRecordError(BadCode.UNKNOWN_LINE, "not a line of the md5sum family")
    kind = _TAGS.get(tagged[1])
    if kind is None:
        raise BadRecordError(BadCode.UNKNOWN_KIND, "the line names an unknown kind of digest")
    return digest(kind, tagged[2].decode("ascii"))


def _by_length(digits: bytes) -> Fingerprint:
    kind = _KIND_OF_LENGTH.get(len(digits))
    if kind is None:
        raise BadRecordError(
            BadCode.BAD_VALUE, f"{len(digits)} digits are no MD5, SHA-1, SHA-256 or SHA-512"
        )
    return digest(kind, digits.decode("ascii"))
