"""Lists with one fingerprint, or what stands for one, on a line: which lines count, and what becomes of a bad one."""

from collections.abc import Callable, Iterator

from rempart.lists.bad_records import BadRecordError
from rempart.lists.byte_lines import byte_lines
from rempart.lists.source_text import SourceBytes
from rempart.lists.trusted import checked_draft
from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import BadRecord, EntryDraft


def line_drafts(
    source: SourceBytes,
    read: Callable[[bytes], tuple[Fingerprint, ...]],
    *,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    """Yield one entry for each line; its number is that of the line.

    Blank lines and those that begin with `#` are skipped.

    Args:
        source: the bytes of the list.
        read: returns the fingerprints of a line; raises BadRecordError where it holds none.
        on_bad: receives each line that was refused.

    Raises:
        ListEncodingError: a NUL is among the bytes.
        ListLimitError: a line is too long.
    """
    for number, line in enumerate(byte_lines(source), start=1):
        if not line or line.isspace() or line.startswith(b"#"):
            continue
        try:
            found = read(line)
        except BadRecordError as bad:
            text = f"line {number}: {bad.message}"
            on_bad(BadRecord(number=number, code=bad.code.value, message=text))
            continue
        yield checked_draft(number, found)
