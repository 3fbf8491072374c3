"""The written forms of fingerprints: text in, a checked `Fingerprint` out."""

import re
from base64 import b32decode, b64decode
from binascii import unhexlify
from hashlib import md5, sha1, sha256, sha512
from typing import Final

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.limits import MAX_FIELD_CHARS, MAX_ID_CHARS, MAX_LABEL_CHARS, MAX_VIDEO_CHARS
from rempart.lists.trusted import checked_fingerprint
from rempart.lists.url_values import URL_KINDS, url_value
from rempart.model.fingerprint import (
    DIGEST_BYTES,
    EXACT,
    FIXED_BYTES,
    MD5,
    PDQ,
    PDQ_DIALECTS,
    PHOTODNA,
    SHA1,
    SHA256,
    SHA512,
    VPDQ,
    Fingerprint,
)
from rempart.model.video import frames_text, parse_frames, used_frames

_BASE32_SHA1_CHARS: Final = 32
_BASE64_PHOTODNA_CHARS: Final = 192
_BEST_QUALITY: Final = 100
_QUALITY: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}", re.ASCII)

_REFUSED: Final = {bytes(length): BadCode.ALL_ZERO for length in FIXED_BYTES.values()} | {
    # The functions are named for their results on nothing, not used to protect anything.
    function(b"", usedforsecurity=False).digest(): BadCode.EMPTY_INPUT_DIGEST
    for function in (md5, sha1, sha256, sha512)
}

_KNOWN_NAMES: Final = {
    name: kind
    for kind, names in {
        MD5: ("md5", "MD5"),
        SHA1: ("sha1", "SHA1", "sha-1", "SHA-1"),
        SHA256: ("sha256", "SHA256", "sha-256", "SHA-256"),
        SHA512: ("sha512", "SHA512", "sha-512", "SHA-512"),
        PDQ: ("pdq", "PDQ"),
        VPDQ: ("vpdq", "vPDQ", "VPDQ", "v-pdq"),
        PHOTODNA: ("photodna", "PhotoDNA", "PHOTODNA"),
    }.items()
    for name in names
}


def kind_of(name: str) -> str:
    """Return the kind of fingerprint that a name used by a list stands for.

    Upper case, blanks, hyphens and underscores make no difference to the kinds that this node knows; any
    other name is kept in lower case with hyphens for blanks, and its values are opaque.

    Raises:
        BadRecordError: the name cannot be a kind.
    """
    known = _KNOWN_NAMES.get(name)
    if known is not None:
        return known
    lowered = name.strip(" \t").lower()
    squeezed = lowered.replace("-", "").replace("_", "").replace(" ", "")
    if squeezed in FIXED_BYTES:
        return squeezed
    kind = lowered.replace(" ", "-")
    if _KIND.fullmatch(kind) is None:
        raise BadRecordError(
            BadCode.UNKNOWN_KIND, "the name of the kind of fingerprint cannot be kept"
        )
    return kind


def digest(kind: str, text: str) -> Fingerprint:
    """Return an exact hash from its hexadecimal form in either case; a SHA-1 may be base32 as well.

    Raises:
        BadRecordError: no text, another length or character, all zero, or the digest of the empty input.
    """
    try:
        value = unhexlify(text)
    except ValueError:
        value = b""
    except TypeError as cause:  # JSON gave another type
        raise BadRecordError(BadCode.WRONG_TYPE, f"the value of {kind} is no text") from cause
    if len(value) != DIGEST_BYTES[kind]:
        value = _base32_sha1(text) if kind == SHA1 else b""
        if not value:
            raise _not_written_as(kind)
    if value in _REFUSED:
        raise _refused(kind, value)
    return checked_fingerprint(kind, value)


def digest_bytes(kind: str, value: bytes) -> Fingerprint:
    """Return an exact hash from the bytes of it, as binary formats write it.

    Raises:
        BadRecordError: another length, all zero, or the digest of the empty input.
    """
    if len(value) != DIGEST_BYTES[kind]:
        raise _not_written_as(kind)
    if value in _REFUSED:
        raise _refused(kind, value)
    return checked_fingerprint(kind, value)


def pdq(
    text: str, *, dialect: str = EXACT, quality: int | None = None, software: str | None = None
) -> Fingerprint:
    """Return a PDQ from 64 hexadecimal digits; dialect and quality were checked by their own parsers.

    Raises:
        BadRecordError: another length or character, or all zero.
    """
    try:
        value = unhexlify(text)
    except ValueError:
        value = b""
    if len(value) != FIXED_BYTES[PDQ]:
        raise _not_written_as(PDQ)
    if value in _REFUSED:
        raise _refused(PDQ, value)
    return checked_fingerprint(PDQ, value, dialect, quality, software)


def fingerprint(
    kind: str,
    text: str,
    *,
    dialect: str = EXACT,
    quality: int | None = None,
    software: str | None = None,
) -> Fingerprint:
    """Return the fingerprint of a kind from its written form.

    Dialect and quality apply to a PDQ only and are left out of every other kind, as is the software of all kinds but
    a PDQ and the hash of a URL. A URL in clear text comes without its hash: `with_url_hashes` puts it beside.

    Raises:
        BadRecordError: the text is not in the written form of the kind.
    """
    if kind in DIGEST_BYTES:
        return digest(kind, text)
    if kind == PDQ:
        return pdq(text, dialect=dialect, quality=quality, software=software)
    if kind == PHOTODNA:
        return _photodna(text)
    if kind in URL_KINDS:
        return url_value(kind, text, software)
    return _video(text) if kind == VPDQ else _opaque(kind, text)


def parse_dialect(text: str) -> str:
    """Return the dialect of a PDQ; the names are exact.

    Raises:
        BadRecordError: not `exact`, `cpp512` or `screen`.
    """
    if text not in PDQ_DIALECTS:
        raise BadRecordError(BadCode.BAD_DIALECT, "the dialect of the PDQ is not known")
    return text


def parse_quality(text: str) -> int:
    """Return a quality from one to three digits.

    Raises:
        BadRecordError: not a whole number from 0 to 100.
    """
    if _QUALITY.fullmatch(text) is None or int(text) > _BEST_QUALITY:
        raise BadRecordError(BadCode.BAD_QUALITY, "the quality of the PDQ is not from 0 to 100")
    return int(text)


def parse_id(text: str) -> str:
    """Return a source's global identifier.

    Raises:
        BadRecordError: it is too long, or holds control characters that a terminal would obey.
    """
    if len(text) > MAX_ID_CHARS or not text.isprintable():
        raise BadRecordError(BadCode.BAD_ID, "the identifier is too long or not printable")
    return text


def parse_name(text: str, code: BadCode) -> str:
    """Return a short printable text, such as a category or a region.

    Raises:
        BadRecordError: with `code`: it is too long or not printable.
    """
    if len(text) > MAX_LABEL_CHARS or not text.isprintable():
        raise BadRecordError(code, "a short text is too long or not printable")
    return text


def _base32_sha1(text: str) -> bytes:
    if len(text) != _BASE32_SHA1_CHARS:
        return b""
    try:
        return b32decode(text, casefold=True)
    except ValueError:
        return b""


def _photodna(text: str) -> Fingerprint:
    try:
        is_base64 = len(text) == _BASE64_PHOTODNA_CHARS
        value = b64decode(text, validate=True) if is_base64 else unhexlify(text)
    except ValueError:
        value = b""
    if len(value) != FIXED_BYTES[PHOTODNA]:
        raise _not_written_as(PHOTODNA)
    if value in _REFUSED:
        raise _refused(PHOTODNA, value)
    return checked_fingerprint(PHOTODNA, value)


def _video(text: str) -> Fingerprint:
    """Return the frames of a video from any form of them, in the one that is kept."""
    if len(text) > MAX_VIDEO_CHARS:
        raise BadRecordError(BadCode.FIELD_TOO_LONG, "the vpdq value has more than a day of frames")
    try:
        frames = parse_frames(text)
    except ValueError as cause:
        raise _not_written_as(VPDQ) from cause
    if any(_REFUSED.get(frame.value) is BadCode.ALL_ZERO for frame in used_frames(frames)):
        raise BadRecordError(
            BadCode.ALL_ZERO, f"a frame of the vpdq is refused: {BadCode.ALL_ZERO}"
        )
    return checked_fingerprint(VPDQ, frames_text(frames).encode())


def _opaque(kind: str, written: str) -> Fingerprint:
    text = written.strip(" \t")
    if len(text) > MAX_FIELD_CHARS:
        raise BadRecordError(BadCode.FIELD_TOO_LONG, f"the {kind} value is too long")
    if not text or not text.isprintable():
        raise BadRecordError(BadCode.BAD_VALUE, f"the {kind} value is empty or not printable")
    return checked_fingerprint(kind, text.encode())


def _not_written_as(kind: str) -> BadRecordError:
    return BadRecordError(BadCode.BAD_VALUE, f"a value is not in the written form of {kind}")


def _refused(kind: str, value: bytes) -> BadRecordError:
    code = _REFUSED[value]
    return BadRecordError(code, f"the {kind} value is refused: {code}")
