"""The signs of containers that have no magic number at their start: tar, mail, and documents inside a zip."""

import re
from typing import Final

BLOCK_BYTES: Final = 512
"""Of a tar's header."""

_CHECKSUM: Final = slice(148, 156)
_SIGN_BIT: Final = 0x80
_FIELD: Final = re.compile(rb"([!-9;-~]{1,64}):[ \t]?[^\r\n]*\r?\n")
_FOLDED: Final = re.compile(rb"[ \t][^\r\n]*\r?\n")
MAILBOX_LINE: Final = re.compile(rb"From [^\n]{1,300}[0-9]:[0-9]{2}[^\n]{0,60}\n")
"""What stands before each mail of a mailbox: whom it is from, perhaps, and when it came."""

_PDF_BYTES: Final = 1024
_PDF: Final = re.compile(rb"%PDF-[12]\.[0-9][\r\n ]")
_COUNTED: Final = re.compile(rb"([0-9]{1,10})[ \t]*\r?\n")
_TRACES: Final = frozenset(
    {b"received", b"message-id", b"mime-version", b"return-path"}
    | {b"x-received", b"received-spf", b"authentication-results", b"dkim-signature", b"arc-seal"}
    | {b"arc-message-signature", b"arc-authentication-results"}
)
_WAY: Final = re.compile(rb"^received:[ \t\r\n]*(?:from|by|\()", re.IGNORECASE | re.MULTILINE)
"""What a server writes, and not a log that counts what was received."""

_AUTHORS: Final = frozenset({b"from", b"sender"})
_OTHERS: Final = frozenset(
    {b"date", b"to", b"subject", b"delivered-to", b"reply-to", b"cc", b"content-type"}
)
_LEAST_FIELDS: Final = 3
_LONG_HEADER_BYTES: Final = 3 * 1024
"""Of fields and nothing else, where mail programs left their traces, is a mail's header whatever comes behind."""
_ODF_MIMETYPE: Final = b"mimetype"
_ODF_PREFIX: Final = b"application/vnd.oasis.opendocument."


def is_tar_header(block: bytes) -> bool:
    """Tell whether the bytes begin with a tar header whose checksum fits; the checksum is tar's one reliable sign."""
    if len(block) < BLOCK_BYTES or block[0] == 0:
        return False
    try:
        expected = tar_number(block[_CHECKSUM])
    except ValueError:
        return False
    rest = block[: _CHECKSUM.start] + block[_CHECKSUM.stop : BLOCK_BYTES]
    unsigned = sum(rest) + 8 * 0x20
    if unsigned == expected:
        return True
    # Some old programs summed signed bytes.
    return unsigned - 256 * sum(each >= _SIGN_BIT for each in rest) == expected


def tar_number(field: bytes) -> int:
    """Return a number in octal digits, or in base 256 where the first bit is set.

    Raises:
        ValueError: it is neither.
    """
    if field[0] & _SIGN_BIT:
        value = int.from_bytes(field, "big")
        whole = 1 << 8 * len(field)
        return value - whole if field[0] & _SIGN_BIT >> 1 else value - (whole >> 1)
    digits = field.partition(b"\0")[0].strip(b" ")
    if digits and not digits.isdigit():
        raise ValueError
    return int(digits, 8) if digits else 0


def is_mail(head: bytes) -> bool:
    """Tell whether the bytes begin with the header of an Internet message (RFC 5322), and not like any other text.

    Every whole line of the header must be a field or go on with one; among the fields must be one that only programs
    write, and three in all that belong to mail. What the servers on its way wrote may be longer than what is seen here,
    and the author's fields come behind it: then one suffices.
    """
    begin = 0 if (counted := _COUNTED.match(head)) is None else counted.end()
    names: set[bytes] = set()
    at = begin
    while at < len(head) and (
        line := _FIELD.match(head, at) or (_FOLDED.match(head, at) if names else None)
    ):
        if line.re is _FIELD:
            names.add(line[1].lower())
        at = line.end()
    is_cut = b"\n" not in head[at:]
    if not names & _TRACES or not (is_cut or head.startswith((b"\n", b"\r\n"), at)):
        return False
    known = names & (_TRACES | _AUTHORS | _OTHERS)
    if len(known) >= _LEAST_FIELDS:
        return True
    is_long = is_cut and len(head) >= _LONG_HEADER_BYTES
    return is_long and (names & _TRACES != {b"received"} or _WAY.search(head) is not None)


def mail_extent(head: bytes, size: int) -> tuple[int, int]:
    """Return where a mail begins and ends in a file: Apple Mail writes its length before it and a list behind it.

    Args:
        head: the first bytes.
        size: of the file; the mail may be said to go on behind that.
    """
    counted = _COUNTED.match(head)
    return (0, size) if counted is None else (counted.end(), counted.end() + int(counted[1]))


def is_mailbox(head: bytes) -> bool:
    """Tell whether the bytes begin with the line before a mail, and then a mail."""
    line = MAILBOX_LINE.match(head)
    return line is not None and is_mail(head[line.end() :])


def is_late_pdf(head: bytes) -> bool:
    """Tell whether a PDF begins behind other bytes, as its readers allow, and not a text that speaks of one."""
    found = _PDF.search(head[:_PDF_BYTES])
    return found is not None and b" obj" in head[found.end() :]


def odf_type(head: bytes) -> str | None:
    """Return the type that an OpenDocument file names in its first member, which is stored (ODF 1.3, part 2, 3.3)."""
    name_bytes = int.from_bytes(head[26:28], "little")
    start = 30 + name_bytes + int.from_bytes(head[28:30], "little")
    if head[30 : 30 + name_bytes] != _ODF_MIMETYPE or head[8:10] != b"\0\0":
        return None
    content = head[start : start + int.from_bytes(head[22:26], "little")]
    if not content.startswith(_ODF_PREFIX) or len(content) > len(_ODF_PREFIX) + 64:
        return None
    return content.decode("ascii", "replace") if content.isascii() else None
