"""Tell the format of a list from its first bytes."""

import codecs
from typing import BinaryIO, Final

from rempart.lists import database, encase_reader
from rempart.lists.errors import FormatUndecidedError
from rempart.lists.hashkeeper_reader import is_hashkeeper_records, is_hashkeeper_sets
from rempart.lists.icse_reader import is_icse_header
from rempart.lists.kdb_reader import is_kdb
from rempart.lists.nsrl_database import is_nsrl_database
from rempart.lists.nsrl_text import is_nsrl_header
from rempart.lists.plain_reader import looks_plain
from rempart.lists.source_text import refuse_utf16
from rempart.lists.url_list_reader import looks_like_urls

CSV: Final = "csv"
PLAIN: Final = "plain"
VICS: Final = "vics"
CAID: Final = "caid"
ICSE: Final = "icse"
NSRL: Final = "nsrl"
KDB: Final = "kdb"
HASHKEEPER: Final = "hashkeeper"
ENCASE: Final = "encase"
URLS: Final = "urls"

_PACKED: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"\xfd7zXZ\0",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
)
"""How zip, gzip, 7z, xz, bzip2 and zstd begin."""

_OWN_TYPE: Final = b"type"
_OWN_VALUE: Final = b"value"
_DELIMITERS: Final = (b",", b";", b"\t", b"|")


def detect(head: bytes, stream: BinaryIO) -> str:
    """Return the name of the format of a list; CAID files are `vics`, whose envelope they use.

    Args:
        head: the first bytes of the list.
        stream: where they come from; only a database is opened, by its file, to see which one it is.

    Raises:
        FormatUndecidedError: the content fits none of them; the message says what it looks like.
        ListEncodingError: it is UTF-16.
        NeedsFileError: it is a database that is no file.
        ListRefusedError: it is a database that cannot be read.
    """
    if head.startswith(database.SIGNATURE):
        return _of_database(stream)
    if head.startswith(encase_reader.SIGNATURE):
        return ENCASE
    if head.startswith(_PACKED):
        msg = "The list is packed in an archive."
        raise FormatUndecidedError(msg, hint="Unpack it, and name the file of the list in it.")
    refuse_utf16(head)
    text = head.removeprefix(codecs.BOM_UTF8)
    if text.lstrip().startswith(b"{"):
        return VICS
    for line in text.splitlines():
        if not line.strip() or line.startswith(b"#"):
            continue
        return _of_line(line)
    msg = "The list holds no record by which its format could be told."
    raise FormatUndecidedError(msg, hint="Check the file, or name its format with --format.")


def has_sets_of_hashkeeper(head: bytes) -> bool:
    """Tell whether a file of HashKeeper names sets and holds no records."""
    lines = head.removeprefix(codecs.BOM_UTF8).splitlines()
    return is_hashkeeper_sets(next((line for line in lines if line.strip()), b""))


def is_database(head: bytes) -> bool:
    """Tell whether a list is a database."""
    return head.startswith(database.SIGNATURE)


def _of_line(line: bytes) -> str:
    cells = {cell.strip(b' \t"') for cell in line.split(b",")}
    if {_OWN_TYPE, _OWN_VALUE} <= cells:
        return CSV
    if is_nsrl_header(line):
        return NSRL
    if is_icse_header(line):
        return ICSE
    if is_hashkeeper_records(line) or is_hashkeeper_sets(line):
        return HASHKEEPER
    if looks_plain(line):
        return PLAIN
    if looks_like_urls(line):
        return URLS
    raise _undecided(line)


def _of_database(stream: BinaryIO) -> str:
    with database.open_database(stream) as opened:
        if is_kdb(opened):
            return KDB
        if is_nsrl_database(opened):
            return NSRL
    msg = "The list is a database, but neither one of the NSRL nor one of Autopsy."
    raise FormatUndecidedError(msg, hint="Check the file, or name its format with --format.")


def _undecided(line: bytes) -> FormatUndecidedError:
    if any(delimiter in line for delimiter in _DELIMITERS):
        return FormatUndecidedError(
            "The list looks like a table, but like none that Rempart knows.",
            hint="Say with --columns which of its columns hold what.",
        )
    return FormatUndecidedError(
        "The format of the list could not be told from its first record.",
        hint="Name it with --format.",
    )
