"""Read a hash set of EnCase in its older, single file form: MD5 values behind a header."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.errors import ListFormatError, ListTornError
from rempart.lists.source_text import SourceBytes
from rempart.lists.trusted import checked_draft
from rempart.lists.values import digest_bytes
from rempart.model.fingerprint import DIGEST_BYTES, MD5
from rempart.model.lists import BadRecord, EntryDraft

SIGNATURE: Final = b"HASH\r\n\xff\0"
"""The first bytes of such a file."""

_NAME_AT: Final = 1032
_NAME_BYTES: Final = 2 * 39
_RECORDS_AT: Final = 1152
_RECORD_BYTES: Final = 18


def read_encase(
    source: SourceBytes, *, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each record; the set's name is kept beside it.

    Args:
        source: the bytes of the file.
        on_bad: receives each record that was refused.

    Raises:
        ListFormatError: it does not begin as such a file does.
        ListTornError: it ends within its header or within a record.
    """
    chunks = source.chunks()
    waiting = b""
    while len(waiting) < _RECORDS_AT and (chunk := next(chunks, b"")):
        waiting += chunk
    raw = _kept(waiting)
    waiting = waiting[_RECORDS_AT:]
    number = 0
    while True:
        whole = len(waiting) - len(waiting) % _RECORD_BYTES
        for start in range(0, whole, _RECORD_BYTES):
            number += 1
            try:
                found = digest_bytes(MD5, waiting[start : start + DIGEST_BYTES[MD5]])
            except BadRecordError as bad:
                on_bad(_refused(number, bad.code, bad.message))
                continue
            yield checked_draft(number, (found,), raw=raw)
        chunk = next(chunks, b"")
        waiting = waiting[whole:] + chunk
        if not chunk:
            break
    if waiting:
        raise _torn(where=f"within record {number + 1}")


def _kept(head: bytes) -> str | None:
    if not head.startswith(SIGNATURE):
        msg = "The list is no hash set of EnCase: it does not begin with its signature."
        raise ListFormatError(msg, hint="Check the file and --format.")
    if len(head) < _RECORDS_AT:
        raise _torn(where="within its header")
    name = head[_NAME_AT : _NAME_AT + _NAME_BYTES].decode("utf-16-le", "replace")
    shown = "".join(char for char in name.partition("\0")[0] if char.isprintable()).strip()
    return msgspec.json.encode({"set": shown}).decode() if shown else None


def _refused(number: int, code: BadCode, message: str) -> BadRecord:
    return BadRecord(number=number, code=code.value, message=f"record {number}: {message}")


def _torn(*, where: str) -> ListTornError:
    return ListTornError(
        f"The list ends {where}.", hint="Get the complete file; nothing was changed."
    )
