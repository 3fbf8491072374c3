"""Tell the format of a list from its first bytes."""

import codecs
from typing import Final

from rempart.lists.errors import FormatUndecidedError
from rempart.lists.plain_reader import looks_plain
from rempart.lists.source_text import refuse_utf16

CSV: Final = "csv"
PLAIN: Final = "plain"
VICS: Final = "vics"

_OWN_TYPE: Final = b"type"
_OWN_VALUE: Final = b"value"
_DELIMITERS: Final = (b",", b";", b"\t", b"|")


def detect(head: bytes) -> str:
    """Return `vics`, `csv` or `plain` for the first bytes of a list.

    Raises:
        FormatUndecidedError: the content fits none of them; the message says what it looks like.
        ListEncodingError: it is UTF-16.
    """
    refuse_utf16(head)
    text = head.removeprefix(codecs.BOM_UTF8)
    if text.lstrip().startswith(b"{"):
        return VICS
    for line in text.splitlines():
        if not line.strip() or line.startswith(b"#"):
            continue
        cells = {cell.strip(b' \t"') for cell in line.split(b",")}
        if {_OWN_TYPE, _OWN_VALUE} <= cells:
            return CSV
        if looks_plain(line):
            return PLAIN
        raise _undecided(line)
    msg = "The list holds no record by which its format could be told."
    raise FormatUndecidedError(msg, hint="Check the file, or name its format with --format.")


def _undecided(line: bytes) -> FormatUndecidedError:
    if any(delimiter in line for delimiter in _DELIMITERS):
        return FormatUndecidedError(
            "The list looks like a table, but not like Rempart's own CSV.",
            hint="Say with --columns which of its columns hold what.",
        )
    return FormatUndecidedError(
        "The format of the list could not be told from its first record.",
        hint="Name it with --format csv, vics or plain.",
    )
