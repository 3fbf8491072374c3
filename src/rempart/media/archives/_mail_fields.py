"""What the fields of a message or of one of its parts say about its body (RFC 2045, 2047, 2183, 2231)."""

import binascii
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

_FIELD: Final = re.compile(
    rb"^(content-(?:type|transfer-encoding|disposition)):([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_PARAMETER: Final = re.compile(
    rb";\s*([!#-'*+\-.0-9A-Z^-~]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s\"]*))", re.DOTALL
)
_WORD: Final = re.compile(
    rb"=\?(?:utf-8|us-ascii)\?([bq])\?([^?\s]*)\?=(?:\s+(?==\?))?", re.IGNORECASE
)
_PIECE: Final = re.compile(rb"(.+?)(?:\*([0-9]{1,3}))?(\*)?")
_TOKEN: Final = re.compile(rb"[\s\"]*+([^\s\";(]*)")
_LARGEST_PARAMETER: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class PartFields:
    """What is said about a body.

    Attributes:
        media_type: in lower case; what the part's place makes it where nothing is said.
        coding: how its bytes are written, in lower case.
        boundary: what stands between its parts, if it has some.
        name: of the file that it is, as bytes; absent where it has none.
        is_attached: whether it is said to be an attachment.
    """

    media_type: bytes
    coding: bytes
    boundary: bytes | None
    name: bytes | None
    is_attached: bool

    @property
    def is_text(self) -> bool:
        """Whether it is said to be what the mail says."""
        return self.media_type.startswith(b"text/") and self.name is None and not self.is_attached


def read_fields(header: bytes, *, default_type: bytes = b"text/plain") -> PartFields:
    """Return what a header says; of a field that occurs twice the first counts."""
    fields: dict[bytes, bytes] = {}
    for found in _FIELD.finditer(header):
        fields.setdefault(found[1].lower(), found[2])
    kind = fields.get(b"content-type", b"")
    disposition = fields.get(b"content-disposition", b"")
    media_type = kind.partition(b";")[0].strip().lower()
    if media_type.count(b"/") != 1:
        media_type = default_type
    parameters = _parameters(kind)
    boundary = parameters.get(b"boundary") if media_type.startswith(b"multipart/") else None
    name = _parameters(disposition).get(b"filename") or parameters.get(b"name")
    return PartFields(
        media_type,
        _coding(fields.get(b"content-transfer-encoding", b"")),
        boundary.rstrip() or None if boundary is not None else None,
        _WORD.sub(_decoded_word, name) if name else None,
        disposition.partition(b";")[0].strip().lower() == b"attachment",
    )


def _coding(field: bytes) -> bytes:
    """Return the one word that counts: some programs put quotes around it, or a comment or a parameter behind it."""
    found = _TOKEN.match(field)
    return b"" if found is None else found[1].lower()


def _parameters(field: bytes) -> dict[bytes, bytes]:
    """Return the parameters of a field, those in several pieces put together."""
    pieces: dict[bytes, dict[int, bytes]] = {}
    for found in _PARAMETER.finditer(field[:_LARGEST_PARAMETER]):
        quoted = found[2]
        value = found[3] if quoted is None else re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL)
        parts = _PIECE.fullmatch(found[1].lower())
        if parts is None:
            continue
        if parts[3]:
            value = unquote_to_bytes(
                value if parts[2] not in {None, b"0"} else _without_charset(value)
            )
        pieces.setdefault(parts[1], {}).setdefault(int(parts[2] or 0), value)
    return {key: b"".join(each[at] for at in sorted(each)) for key, each in pieces.items()}


def _without_charset(value: bytes) -> bytes:
    """Drop charset and language in front of a value (RFC 2231, section 4): the bytes stay as they are."""
    return value.split(b"'", 2)[-1]


def _decoded_word(word: re.Match[bytes]) -> bytes:
    text = word[2]
    try:
        if word[1] in b"bB":
            return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return word[0]
    return binascii.a2b_qp(text.replace(b"_", b" "))
